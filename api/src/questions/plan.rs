//! From a question to what is drawn: one plan for each year, and the price of each.

use crate::problem::{Kind, Problem};
use hjemmel_disclosure::noise::{
    Clamp, Guarantee, Lineage, Measure, NoiseError, Plan, PlanError, Tree, for_accuracy,
};
use hjemmel_kostra::question::{self, Layer, MOST_NANO_RHO, MOST_RECORDS, Precision, Question};
use std::collections::HashMap;

/// Candidates of a quantile times cells.
const MOST_SCORES: usize = 200_000;
/// Candidates of a quantile.
const MOST_CANDIDATES: usize = 1001;

/// One plan for each year, in order.
///
/// # Errors
/// When no plan can be made, or none is as exact as asked.
pub fn plans(question: &Question) -> Result<Vec<Plan>, NoiseError> {
    question.years().iter().map(|year| plan(question, *year)).collect()
}

fn plan(question: &Question, year: u16) -> Result<Plan, NoiseError> {
    let layers = question.layers_of(year);
    let tree = tree(question, &layers)?;
    let measure = measure(question.measure(), tree.cells())?;
    let lineage = Lineage { form: question.form(), year };
    let nano_rho = match question.precision() {
        Precision::NanoRho(nano) => nano,
        Precision::MilliHalfWidth(_) => 1_000_000,
    };
    let mut plan = Plan::new(lineage, tree, measure, MOST_RECORDS, nano_rho)?;
    if question.is_pure() {
        plan = plan.under(Guarantee::Pure);
    }
    if question.is_non_negative() {
        plan = plan.non_negative()?;
    }
    match question.precision() {
        Precision::NanoRho(_) => Ok(plan),
        Precision::MilliHalfWidth(milli) => match for_accuracy(&plan, thousandths(milli))? {
            dear if dear.nano_rho() > MOST_NANO_RHO => Err(NoiseError::TooExact),
            plan => Ok(plan),
        },
    }
}

#[expect(clippy::cast_precision_loss, reason = "an accuracy need not be exact beyond 2^53")]
fn thousandths(milli: u64) -> f64 {
    milli as f64 / 1000.0
}

fn measure(asked: &question::Measure, cells: usize) -> Result<Measure, PlanError> {
    let clamp = |clamp: &question::Clamp| Clamp::new(clamp.from, clamp.to);
    Ok(match asked {
        question::Measure::CountPersons => Measure::Persons,
        question::Measure::CountRecords | question::Measure::Histogram { .. } => Measure::Records,
        question::Measure::Sum { clamp: of, .. } => Measure::Sum(clamp(of)?),
        question::Measure::Mean { clamp: of, .. } => Measure::Mean(clamp(of)?),
        question::Measure::Quantile { clamp: of, permille, .. } => {
            let width = usize::try_from(of.to - of.from + 1).unwrap_or(MOST_CANDIDATES);
            let most = (MOST_SCORES / cells.max(1)).clamp(2, MOST_CANDIDATES);
            let candidates = u32::try_from(most.min(width)).unwrap_or(2);
            let ten_thousandths = permille * 10;
            Measure::Quantile { clamp: clamp(of)?, ten_thousandths, candidates }
        }
    })
}

/// The cells as they are drawn. Levels of regions, which come first, hang together; all else is flat.
fn tree(question: &Question, layers: &[Layer]) -> Result<Tree, PlanError> {
    let [coarsest, finer @ ..] = layers else { return Ok(Tree::flat(0)) };
    if !question.is_hierarchical() {
        return Ok(Tree::flat(coarsest.len()));
    }
    let regions = |layer: &Layer| layer.dimensions.first().map_or(0, |side| side.values.len());
    let first = regions(coarsest);
    let across = coarsest.len().checked_div(first).unwrap_or_default();
    let mut above = coarsest;
    let mut parents = Vec::with_capacity(finer.len());
    for layer in finer {
        parents.push(above_each(above, layer));
        above = layer;
    }
    Tree::crossed(first, &parents, across)
}

/// For each region of a layer, the one of the layer above that holds its leaves.
fn above_each(above: &Layer, layer: &Layer) -> Vec<u32> {
    let holders = above.dimensions.first().map_or(&[][..], |side| &side.values);
    let of_leaf: HashMap<&str, u32> = (0..)
        .zip(holders)
        .flat_map(|(at, value)| value.leaves.iter().map(move |leaf| (leaf.as_str(), at)))
        .collect();
    let regions = layer.dimensions.first().map_or(&[][..], |side| &side.values);
    let holder = |leaves: &[String]| leaves.first().and_then(|leaf| of_leaf.get(leaf.as_str()));
    // A region that lies in none is refused by the tree.
    regions.iter().map(|value| holder(&value.leaves).copied().unwrap_or(u32::MAX)).collect()
}

/// What is wrong with a question that cannot be planned.
#[must_use]
pub fn unplannable(error: &NoiseError) -> Problem {
    let (nb, en) = match error {
        NoiseError::TooExact => (
            "ingen budsjetter kan kjøpe denne nøyaktigheten; be om en videre, eller oppgi `rho`"
                .to_owned(),
            "no budget can buy this accuracy; ask for a wider one, or say `rho`".to_owned(),
        ),
        NoiseError::Plan(PlanError::MeanAccuracy) => (
            "hvor nøyaktig et gjennomsnitt blir, avhenger av hvor mange det er av; oppgi `rho`"
                .to_owned(),
            "how exact a mean is depends on how many there are; say `rho`".to_owned(),
        ),
        NoiseError::Plan(PlanError::NonNegative) => (
            "`nonNegative` gjelder bare antall og summer".to_owned(),
            "`nonNegative` is for counts and sums only".to_owned(),
        ),
        NoiseError::Plan(PlanError::TooManyCells { cells, most }) => {
            return Problem::new(Kind::TooManyCells).detail(
                format!("spørsmålet har {cells} celler; dette målet kan ha {most}"),
                format!("the question has {cells} cells; this measure may have {most}"),
            );
        }
        NoiseError::Plan(error) => {
            (format!("spørsmålet kan ikke besvares: {error}"), error.to_string())
        }
        NoiseError::NoPrice => (
            "det finnes ingen endelig pris for dette spørsmålet; be om en annen `rho`".to_owned(),
            "there is no finite price for this question; ask for another `rho`".to_owned(),
        ),
        NoiseError::Refused(_) | NoiseError::Mismatch(_) | NoiseError::Sampler(_) => {
            return Problem::new(Kind::Internal);
        }
    };
    Problem::new(Kind::ParameterError).detail(nb, en)
}
