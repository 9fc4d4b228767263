//! Nothing is answered that is not paid for.

use super::*;

fn persons() -> Plan {
    plan(Tree::flat(3), Measure::Persons, 1, HALF)
}

#[test]
fn a_question_is_paid_for_before_it_is_answered() {
    let mut purse = Purse::of(2 * HALF);
    let rows = [(Some(1), 0, 0), (Some(2), 2, 0)];
    for _ in 0..2 {
        let paid = pay(vec![persons()], &mut purse).unwrap();
        let price = paid.prices().next().unwrap().nano_rho;
        assert!(price <= HALF && price > HALF - HALF / 100, "{price}");
        let released = draw(sealed(&persons(), &rows), paid).unwrap();
        assert_eq!(released.protection(), crate::Protection::Noise);
        let answer = &released.content()[0];
        assert_eq!((answer.nano_rho, answer.levels[0].cells.len()), (price, 3));
    }
    let spent = purse.spent;
    let refused = pay(vec![persons()], &mut purse);
    assert!(matches!(refused, Err(NoiseError::Refused(Refusal::Exhausted { .. }))));
    assert_eq!((purse.spent, purse.reservations), (spent, 2));
}

#[test]
fn years_of_one_question_are_charged_each_to_its_own() {
    struct Charged(Vec<Charge>);
    impl Ledger for Charged {
        fn reserve(&mut self, charges: &[Charge]) -> Result<Reservation, Refusal> {
            self.0.extend_from_slice(charges);
            Ok(Reservation(String::new()))
        }
    }
    let other = Lineage { year: 2023, ..LINEAGE };
    let later = Plan::new(other, Tree::flat(2), Measure::Records, 1, HALF).unwrap();
    let mut ledger = Charged(Vec::new());
    let paid = pay(vec![persons(), later, persons()], &mut ledger).unwrap();
    let price = paid.prices().next().unwrap().nano_rho;
    let charged: Vec<_> = ledger.0.iter().map(|one| (one.lineage.year, one.nano_rho)).collect();
    assert_eq!(charged, [(2023, paid.prices().nth(1).unwrap().nano_rho), (2024, 2 * price)]);
}

#[test]
fn what_was_paid_stays_spent_whatever_fails_after() {
    let mut purse = Purse::of(10 * HALF);
    let other = plan(Tree::flat(3), Measure::Persons, 2, HALF);
    let wrong: [Sealed<Ask, Vec<Contributions>>; 3] = [
        sealed(&other, &[]),
        Sealed::new(grant(2024), Vec::new()),
        Sealed::new(grant(2023), vec![bounded(&persons(), &[])]),
    ];
    for sealed in wrong {
        let spent = purse.spent;
        let paid = pay(vec![persons()], &mut purse).unwrap();
        assert!(matches!(draw(sealed, paid), Err(NoiseError::Mismatch(_))));
        assert!(purse.spent > spent);
    }
}

#[test]
fn a_ledger_that_fails_lets_nothing_through() {
    struct Broken;
    impl Ledger for Broken {
        fn reserve(&mut self, _: &[Charge]) -> Result<Reservation, Refusal> {
            Err(Refusal::Unavailable("gone".into()))
        }
    }
    let paid = pay(vec![persons()], &mut Broken);
    assert!(matches!(paid, Err(NoiseError::Refused(Refusal::Unavailable(_)))));
}

#[test]
fn a_rehearsal_costs_nothing_and_says_so() {
    let made_up = vec![bounded(&persons(), &[(Some(1), 0, 0)])];
    let released = rehearse(vec![persons()], made_up).unwrap();
    assert_eq!(released.protection(), crate::Protection::NoneNeeded);
}

#[test]
fn prices_are_rounded_up_and_never_more_than_asked() {
    for nano_rho in [1, 2, 7, 1000, 12_345_678, 333_333_333, 1_000_000_000, MAX_NANO_RHO] {
        for bound in [1, 2, 3, 1000] {
            for tree in [Tree::flat(5), country(3)] {
                let measures = [
                    Measure::Persons,
                    Measure::Records,
                    Measure::Sum(clamp(-7, 1_000_000)),
                    Measure::Mean(clamp(0, 999)),
                    Measure::Quantile {
                        clamp: clamp(0, 99),
                        ten_thousandths: 9000,
                        candidates: 12,
                    },
                ];
                for measure in measures {
                    for guarantee in [Guarantee::Concentrated, Guarantee::Pure] {
                        let plan = plan(tree.clone(), measure, bound, nano_rho).under(guarantee);
                        let price = price(&plan).unwrap();
                        assert!((1..=nano_rho).contains(&price.nano_rho), "{plan:?}");
                        assert!(price.nano_rho as f64 > nano_rho as f64 * 0.97 - 8.0, "{price:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn absurd_prices_and_bounds_are_refused() {
    let made =
        |bound, nano_rho| Plan::new(LINEAGE, Tree::flat(3), Measure::Persons, bound, nano_rho);
    assert_eq!(made(1, 0), Err(PlanError::Price { nano_rho: 0 }));
    assert!(matches!(made(1, u64::MAX), Err(PlanError::Price { .. })));
    assert_eq!(made(0, 1), Err(PlanError::Bound { bound: 0 }));
    assert!(matches!(made(MAX_BOUND + 1, 1), Err(PlanError::Bound { .. })));
    let large = Plan::new(LINEAGE, Tree::flat(MAX_CELLS + 1), Measure::Persons, 1, 1);
    assert!(matches!(large, Err(PlanError::TooManyCells { .. })));
    for (low, high) in [(3, 3), (4, 1), (i64::MIN, 0), (0, i64::MAX)] {
        assert_eq!(Clamp::new(low, high), Err(PlanError::Clamp { low, high }));
    }
    let below = plan(Tree::flat(3), Measure::Sum(clamp(-1, 1)), 1, HALF).non_negative();
    assert_eq!(below, Err(PlanError::NonNegative));
    for (ten_thousandths, candidates) in [(10_001, 5), (5000, 1), (5000, 100_000)] {
        let measure = Measure::Quantile { clamp: clamp(0, 9), ten_thousandths, candidates };
        assert!(Plan::new(LINEAGE, Tree::flat(3), measure, 1, HALF).is_err());
    }
}

#[test]
fn epsilon_grows_with_what_is_spent() {
    let small = epsilon(1_000_000, DELTA).unwrap();
    let large = epsilon(HALF, DELTA).unwrap();
    assert!(small < large, "{small} {large}");
    // ρ + 2·√(ρ·ln(1/δ)) is a bound that is easily checked by hand.
    let bound = 0.5 + 2.0 * (0.5 * (1e6_f64).ln()).sqrt();
    assert!((0.8 * bound..=bound).contains(&large), "{large} {bound}");
    assert!(epsilon(HALF, -1.0).is_err());
}
