//! Paying before anything is looked at.

use super::{Lineage, NoiseError, Plan, Price, price::Priced, price::priced};
use std::collections::BTreeMap;

/// What one question takes from one lineage's budgets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// The data.
    pub lineage: Lineage,
    /// Billionths of ρ.
    pub nano_rho: u64,
}

/// What a ledger remembers a reservation by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation(pub String);

/// Why a ledger reserved nothing.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// A budget does not reach.
    #[error("budget `{budget}` has {remaining_nano_rho} billionths of ρ left")]
    Exhausted {
        /// Which.
        budget: String,
        /// What is left of it.
        remaining_nano_rho: u64,
    },
    /// The ledger cannot be reached or trusted; nothing is answered then.
    #[error("the ledger is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Where budgets are kept.
///
/// There is deliberately no way to give anything back.
pub trait Ledger {
    /// Takes all charges or none, and returns when that would survive a crash.
    ///
    /// # Errors
    /// When a budget does not reach, or the ledger fails; nothing is taken then.
    fn reserve(&mut self, charges: &[Charge]) -> Result<Reservation, Refusal>;
}

/// Proof that plans are paid for. It cannot be cloned: one payment buys one answer.
///
/// ```compile_fail,E0451
/// fn forge() -> hjemmel_disclosure::noise::Paid {
///     hjemmel_disclosure::noise::Paid { plans: Vec::new(), reservation: unimplemented!() }
/// }
/// ```
#[must_use]
pub struct Paid {
    plans: Vec<(Plan, Priced)>,
    reservation: Reservation,
}

impl Paid {
    /// The plans, in the order they were given.
    #[must_use]
    pub fn plans(&self) -> impl ExactSizeIterator<Item = &Plan> {
        self.plans.iter().map(|(plan, _)| plan)
    }

    /// Their prices.
    #[must_use]
    pub fn prices(&self) -> impl ExactSizeIterator<Item = &Price> {
        self.plans.iter().map(|(_, priced)| &priced.price)
    }

    pub(super) fn into_plans(self) -> Vec<(Plan, Priced)> {
        self.plans
    }

    /// What the ledger remembers it by.
    #[must_use]
    pub const fn reservation(&self) -> &Reservation {
        &self.reservation
    }
}

/// Plans with their prices, before anybody has paid.
#[must_use]
pub struct Bill {
    plans: Vec<(Plan, Priced)>,
    charges: Vec<Charge>,
}

impl Bill {
    /// Of plans that are paid together.
    ///
    /// # Errors
    /// When there is no finite price.
    pub fn of(plans: Vec<Plan>) -> Result<Self, NoiseError> {
        let plans = with_prices(plans)?;
        let mut charges: BTreeMap<Lineage, u64> = BTreeMap::new();
        for (plan, priced) in &plans {
            let charge = charges.entry(plan.lineage()).or_default();
            *charge = charge.checked_add(priced.price.nano_rho).ok_or(NoiseError::NoPrice)?;
        }
        let charges = charges.into_iter().map(|(lineage, nano_rho)| Charge { lineage, nano_rho });
        let charges = charges.collect();
        Ok(Self { plans, charges })
    }

    /// What is to be taken, from each lineage's budgets once.
    #[must_use]
    pub fn charges(&self) -> &[Charge] {
        &self.charges
    }

    /// Reserves it, all or nothing, before anything is looked at.
    ///
    /// # Errors
    /// When the ledger refuses.
    pub fn pay(self, ledger: &mut dyn Ledger) -> Result<Paid, NoiseError> {
        let reservation = ledger.reserve(&self.charges)?;
        Ok(Paid { plans: self.plans, reservation })
    }
}

/// Reserves the price of plans, all or nothing, before anything is looked at.
///
/// # Errors
/// When there is no finite price or the ledger refuses.
pub fn pay(plans: Vec<Plan>, ledger: &mut dyn Ledger) -> Result<Paid, NoiseError> {
    Bill::of(plans)?.pay(ledger)
}

pub(super) fn with_prices(plans: Vec<Plan>) -> Result<Vec<(Plan, Priced)>, NoiseError> {
    let pair = |plan: Plan| priced(&plan).map(|priced| (plan, priced));
    plans.into_iter().map(pair).collect()
}
