//! Made-up rows to try a question on: the same shape, no budget, nobody's data.

use hjemmel_disclosure::noise::{Contributions, Gathered, NoiseError, Part, Plan};
use std::collections::HashMap;

/// Made-up persons in each answer.
const PERSONS: u32 = 5_000;

/// Contributions of made-up persons to each plan: a record each, spread over cells and values by a fixed rule.
///
/// # Errors
/// When a plan has no cells.
pub fn contributions(plans: &[Plan]) -> Result<Vec<Contributions>, NoiseError> {
    plans.iter().map(of_plan).collect()
}

fn of_plan(plan: &Plan) -> Result<Contributions, NoiseError> {
    let leaves = u64::try_from(plan.tree().leaves()).unwrap_or(u64::MAX).max(1);
    let cells: Vec<u32> =
        (0..PERSONS).map(|person| u32::try_from(mixed(person) % leaves).unwrap_or(0)).collect();
    let mut part = Part::default();
    part.extend((0..PERSONS).map(Some), &cells);
    if let Some(clamp) = plan.measure().clamp() {
        let width = u64::try_from(clamp.high() - clamp.low()).unwrap_or(0) + 1;
        let value = |person: u32| {
            let within = i64::try_from(mixed(person.rotate_left(16)) % width).unwrap_or(0);
            clamp.low() + within
        };
        part.extend_values((0..PERSONS).map(value));
    }
    Gathered::new(vec![part]).bound(plan, &HashMap::new())
}

/// A number that looks drawn and never changes (the finaliser of `SplitMix64`).
const fn mixed(number: u32) -> u64 {
    let mut mixed = (number as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
