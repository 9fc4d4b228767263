//! Opening what was sealed, drawing noise, and making levels agree.

use super::{
    Contributions, Guarantee, Measure, MechanismUsed, NoiseError, Noisy, NoisyCell, NoisyLevel,
    Number, Paid, Plan, PostProcessing, Tree,
    choice::Choice,
    contribution::Cells,
    ledger::with_prices,
    mechanism::Additive,
    price::{Drawn, LevelPrice, Priced, alphas, width},
    ratio::{self, Part},
    tree::{self, Levels},
};
use crate::{Protection, Release, Sealed};
use hjemmel_policy::Ask;

/// The number of standard deviations that 95 of 100 lie within.
const NORMAL95: f64 = 1.959_964;

/// Adds the noise that was paid for. One answer for each plan, in the same order.
///
/// # Guarantee
/// See [the module](super). Whatever fails from here on, what was paid stays spent.
///
/// # Errors
/// When the contributions are not those of the plans, or noise cannot be drawn.
pub fn draw(
    sealed: Sealed<Ask, Vec<Contributions>>,
    paid: Paid,
) -> Result<Release<Vec<Noisy>>, NoiseError> {
    let (grant, contributions) = sealed.open();
    let asked = grant.resource();
    for plan in paid.plans() {
        let lineage = plan.lineage();
        if asked.form != lineage.form || !asked.years.contains(&lineage.year) {
            return Err(NoiseError::Mismatch("the permission is for another form or year"));
        }
    }
    let answers = answers(&paid.into_plans(), contributions)?;
    Ok(Release::new(answers, Protection::Noise, None))
}

/// What [`draw`] would say of made-up records, for nothing: to try a question on before a budget is spent.
///
/// Only who has records in the clear can have contributions that are not sealed, and the registers give none.
///
/// # Errors
/// As [`draw`].
pub fn rehearse(
    plans: Vec<Plan>,
    made_up: Vec<Contributions>,
) -> Result<Release<Vec<Noisy>>, NoiseError> {
    let answers = answers(&with_prices(plans)?, made_up)?;
    Ok(Release::new(answers, Protection::NoneNeeded, None))
}

fn answers(
    plans: &[(Plan, Priced)],
    contributions: Vec<Contributions>,
) -> Result<Vec<Noisy>, NoiseError> {
    if plans.len() != contributions.len() {
        return Err(NoiseError::Mismatch("more or fewer plans were paid for"));
    }
    let pairs = plans.iter().zip(contributions);
    pairs.map(|((plan, priced), held)| answer(plan, priced, held)).collect()
}

/// The noisy answer to one plan.
pub(super) fn answer(
    plan: &Plan,
    priced: &Priced,
    held: Contributions,
) -> Result<Noisy, NoiseError> {
    let of_plan = (held.lineage, held.measure, held.bound);
    if of_plan != (plan.lineage(), plan.measure(), plan.bound()) {
        return Err(NoiseError::Mismatch("they were read for another plan"));
    }
    let (tree, price) = (plan.tree(), &priced.price);
    let parts = (held.cells, priced.drawn.as_slice(), price.parts.as_slice());
    let (levels, post_processing) = match parts {
        (Cells::Numbers(leaves), [Drawn::Numbers { levels, .. }], [told]) => {
            let estimated = estimate(tree, leaves, levels, plan.is_non_negative())?;
            (numbers(tree, levels, &told.levels, &estimated)?, estimated.done)
        }
        (
            Cells::Means(counts, sums),
            [Drawn::Numbers { levels: of_counts, .. }, Drawn::Numbers { levels: of_sums, .. }],
            _,
        ) => {
            let counts = estimate(tree, counts, of_counts, false)?;
            let sums = estimate(tree, sums, of_sums, false)?;
            let mut done = counts.done.clone();
            done.push(PostProcessing::Ratio);
            let parts = [(&counts, of_counts.as_slice()), (&sums, of_sums.as_slice())];
            (means(plan, parts)?, done)
        }
        (Cells::Values(leaves), [Drawn::Quantiles { levels }], [told]) => {
            (quantiles(tree, leaves, levels, &told.levels)?, Vec::new())
        }
        _ => return Err(NoiseError::Mismatch("they were read for another measure")),
    };
    Ok(Noisy {
        lineage: plan.lineage(),
        levels,
        mechanism: used(plan, &priced.drawn),
        contribution_bound: plan.bound(),
        clamp: plan.measure().clamp(),
        nano_rho: price.nano_rho,
        epsilon: price.epsilon,
        delta: price.delta,
        post_processing,
    })
}

fn used(plan: &Plan, drawn: &[Drawn]) -> MechanismUsed {
    let guarantee = plan.guarantee();
    let name = match (plan.measure(), guarantee) {
        (Measure::Quantile { .. }, _) => "private-quantile",
        (_, Guarantee::Concentrated) => "discrete-gaussian",
        (_, Guarantee::Pure) => "discrete-laplace",
    };
    let scales = drawn.iter().map(|drawn| match drawn {
        Drawn::Numbers { levels, .. } => levels.iter().map(|noise| noise.scale()).collect(),
        Drawn::Quantiles { levels } => levels.iter().map(|choice| choice.scale).collect(),
    });
    MechanismUsed { name, guarantee, scales: scales.collect() }
}

/// Whole numbers of all levels with their variances.
struct Estimated {
    values: Levels<i64>,
    /// What intervals lie about: the values before any was raised, which moves all that were drawn with it.
    centres: Levels<i64>,
    variances: Levels<f64>,
    done: Vec<PostProcessing>,
}

/// Noise on every level, then agreement between them.
fn estimate(
    tree: &Tree,
    leaves: Vec<i64>,
    levels: &[Additive],
    non_negative: bool,
) -> Result<Estimated, NoiseError> {
    if leaves.len() != tree.leaves() {
        return Err(NoiseError::Mismatch("they have more or fewer cells"));
    }
    let exact = tree.totals(leaves);
    let drawn = exact.iter().zip(levels).map(|(cells, noise)| noise.draw(cells));
    let drawn = drawn.collect::<Result<Levels<i64>, _>>()?;
    drop(exact);
    let noise: Vec<f64> = levels.iter().map(|noise| noise.variance()).collect();
    let estimates = tree::consistent(tree, &drawn, &noise);
    let centres = tree::whole(tree, &estimates, false);
    let mut done = if levels.len() > 1 { vec![PostProcessing::Consistent] } else { Vec::new() };
    let values = if non_negative {
        done.push(PostProcessing::NonNegative);
        tree::whole(tree, &estimates, true)
    } else {
        centres.clone()
    };
    Ok(Estimated { values, centres, variances: estimates.variances, done })
}

/// Intervals reach as far as was told with the price, those of more exact cells less far.
#[expect(clippy::cast_precision_loss, reason = "bounds of an interval need not be exact")]
fn numbers(
    tree: &Tree,
    noise: &[Additive],
    told: &[LevelPrice],
    estimated: &Estimated,
) -> Result<Vec<NoisyLevel>, NoiseError> {
    let values = estimated.values.iter().zip(&estimated.centres).zip(&estimated.variances);
    let each = values.zip(noise.iter().zip(told));
    each.map(|(((values, centres), variances), (noise, told))| {
        let widest = variances.iter().copied().fold(0.0, f64::max);
        let mut known = (widest, told.half_width95);
        let simultaneous = told.simultaneous95;
        let mut cells = Vec::with_capacity(values.len());
        for ((&value, &centre), &variance) in values.iter().zip(centres).zip(variances) {
            if known.0.to_bits() != variance.to_bits() {
                known = (variance, width(tree, *noise, variance, alphas(tree)[0])?);
            }
            let about = |reach: f64| Some([centre as f64 - reach, centre as f64 + reach]);
            cells.push(NoisyCell {
                value: Some(Number::Whole(value)),
                standard_deviation: Some(variance.sqrt()),
                interval95: about(known.1),
                simultaneous95: about(simultaneous),
            });
        }
        let simultaneous_half_width = Some(simultaneous);
        Ok(NoisyLevel { simultaneous_half_width, rank_half_widths: None, cells })
    })
    .collect()
}

/// Means of noisy sums and noisy numbers.
#[expect(clippy::cast_precision_loss, reason = "a mean is not exact")]
fn means(
    plan: &Plan,
    [(counts, of_counts), (sums, of_sums)]: [(&Estimated, &[Additive]); 2],
) -> Result<Vec<NoisyLevel>, NoiseError> {
    let parts = |estimated: &Estimated, noise: &[Additive]| -> Levels<Part> {
        let levels = estimated.values.iter().zip(&estimated.variances).zip(noise);
        let level = |((values, variances), noise): ((&Vec<i64>, &Vec<f64>), &Additive)| {
            let cells = values.iter().zip(variances);
            let part = |(&value, &variance)| Part { value: value as f64, variance, noise: *noise };
            cells.map(part).collect()
        };
        levels.map(level).collect()
    };
    let levels = parts(counts, of_counts).into_iter().zip(parts(sums, of_sums));
    levels
        .map(|(counts, sums)| {
            let cells = counts.into_iter().zip(sums).map(|(count, sum)| mean(plan, count, sum));
            let cells = cells.collect::<Result<_, _>>()?;
            Ok(NoisyLevel { simultaneous_half_width: None, rank_half_widths: None, cells })
        })
        .collect()
}

/// The mean of one cell. Where the number of values could as well be none, there is no mean.
#[expect(clippy::cast_precision_loss, reason = "a mean is not exact")]
fn mean(plan: &Plan, count: Part, sum: Part) -> Result<NoisyCell, NoiseError> {
    let is_some = count.value >= 1.0 && count.value > NORMAL95 * count.variance.sqrt();
    let Some(clamp) = plan.measure().clamp().filter(|_| is_some) else {
        return Ok(NoisyCell {
            value: None,
            standard_deviation: None,
            interval95: None,
            simultaneous95: None,
        });
    };
    let from_middle = sum.value / count.value;
    let spread = sum.variance + from_middle * from_middle * count.variance;
    let (low, high) = (clamp.low() as f64, clamp.high() as f64);
    let middle = clamp.middle() as f64;
    let half_width = |part: Part, alpha| width(plan.tree(), part.noise, part.variance, alpha);
    let interval = |alpha: f64| -> Result<[f64; 2], NoiseError> {
        let found = ratio::interval(sum, count, alpha, half_width)?;
        Ok(found.map_or([low, high], |ends| ends.map(|end| (middle + end).clamp(low, high))))
    };
    let [own, all] = alphas(plan.tree());
    Ok(NoisyCell {
        value: Some(Number::Real((middle + from_middle).clamp(low, high))),
        standard_deviation: Some(spread.sqrt() / count.value),
        interval95: Some(interval(own)?),
        simultaneous95: Some(interval(all)?),
    })
}

/// Quantiles of every level, each of the values of its own cells.
fn quantiles(
    tree: &Tree,
    leaves: Vec<Vec<i64>>,
    levels: &[Choice],
    prices: &[LevelPrice],
) -> Result<Vec<NoisyLevel>, NoiseError> {
    if leaves.len() != tree.leaves() {
        return Err(NoiseError::Mismatch("they have more or fewer cells"));
    }
    let mut gathered = leaves;
    let mut told = Vec::with_capacity(levels.len());
    for (level, (choice, price)) in levels.iter().zip(prices).enumerate().rev() {
        let cells = choice.draw(&gathered)?.into_iter().map(|value| NoisyCell {
            value: Some(Number::Whole(value)),
            standard_deviation: None,
            interval95: None,
            simultaneous95: None,
        });
        let cells = cells.collect();
        let rank_half_widths = Some([price.half_width95, price.simultaneous95]);
        told.push(NoisyLevel { simultaneous_half_width: None, rank_half_widths, cells });
        if let Some(parents) = tree.parents(level) {
            let above = tree.sizes().get(level.wrapping_sub(1)).copied().unwrap_or_default();
            let mut joined = vec![Vec::new(); above];
            for (values, &parent) in gathered.into_iter().zip(parents) {
                if let Some(cell) = joined.get_mut(parent as usize) {
                    cell.extend(values);
                }
            }
            gathered = joined;
        }
    }
    told.reverse();
    Ok(told)
}
