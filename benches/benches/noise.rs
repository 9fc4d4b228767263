//! A histogram of one year with noise: region by main source of income, sex and age, 5 712 cells.
//!
//! First the numbers of persons, held to a bound, against Apache DataFusion's plain group-by of the same records; ours are
//! counted in columns that are in memory after the first question, which is timed too, and DataFusion reads the file; then
//! the noise against the sampler alone, on one core and on all; then what levels that agree gain.
//!
//! `BENCH_PERSONS` sets other numbers of persons, separated by commas. `BENCH_PYTHON` names a Python that has
//! `opendp[polars]`; then its processor time for a histogram of as many cells of the same records is measured too.

use chrono::Utc;
use datafusion::execution::context::SessionContext;
use datafusion::execution::options::ParquetReadOptions;
use datafusion::functions_aggregate::expr_fn::{count, count_distinct};
use datafusion::logical_expr::{Expr, col, lit};
use hjemmel_benches::clock::{by_turns, ratio};
use hjemmel_benches::own::processor_seconds;
use hjemmel_benches::place::{Place, YEAR};
use hjemmel_benches::{Result, records};
use hjemmel_disclosure::noise::{
    Charge, Gathered, Ledger, Lineage, Measure, NoisyCell, Number, Plan, Refusal, Reservation,
    Tree, draw, pay, price, rehearse,
};
use hjemmel_kostra::{Division, Form, Level};
use hjemmel_policy::{
    Ask, Asking, Caller, Decided, Grant, OrganisationNumber, Policy, Project, SCOPE_QUESTIONS,
    Subject,
};
use hjemmel_registers::{Grouping, Reading, Registers};
use opendp::domains::{AtomDomain, VectorDomain};
use opendp::measurements::make_gaussian;
use opendp::measures::ZeroConcentratedDivergence;
use opendp::metrics::L2Distance;
use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use tokio::runtime::Runtime;

const PERSONS: &str = "130000,2400000";
const ROUNDS: usize = 5;
/// The first argument that asks for the noise alone.
const DRAWS: &str = "draws";
/// Cells beside the region: four sources of income, two sexes, two age bands.
const ACROSS: usize = 16;
/// Who asks.
const ASKING: &str = "889640782";
/// ρ = 0.1.
const NANO_RHO: u64 = 100_000_000;

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == DRAWS) {
        return hjemmel_benches::run(draws);
    }
    hjemmel_benches::run(bench)
}

/// A ledger without end.
struct Endless;

impl Ledger for Endless {
    fn reserve(&mut self, _: &[Charge]) -> std::result::Result<Reservation, Refusal> {
        Ok(Reservation(String::new()))
    }
}

fn bench() -> Result<()> {
    let persons = std::env::var("BENCH_PERSONS").unwrap_or_else(|_| PERSONS.to_owned());
    for persons in persons.split(',') {
        println!("{persons} persons");
        counts(persons.parse()?)?;
    }
    let program = std::env::current_exe()?;
    for cores in ["0", "0-1"] {
        println!("cores {cores}");
        let status = Command::new("taskset").args(["-c", cores]).arg(&program).arg(DRAWS).status();
        if !status?.success() {
            return Err("the sampler could not be timed".into());
        }
    }
    levels()
}

/// The municipalities of the year in their order, and the county of each.
fn regions() -> Result<(HashMap<String, u32>, Vec<u32>, usize)> {
    let division = Division::of(YEAR).ok_or("no division")?;
    let of = |level| division.values().iter().filter(move |value| value.level == level);
    let counties: Vec<_> = of(Level::Fylke).collect();
    let (mut groups, mut parents) = (HashMap::new(), Vec::new());
    for (group, kommune) in (0..).zip(of(Level::Kommune)) {
        groups.extend(kommune.leaves.iter().map(|leaf| (leaf.clone(), group)));
        let holds = |leaves: &[String]| kommune.leaves.iter().all(|leaf| leaves.contains(leaf));
        let county = counties.iter().position(|county| holds(&county.leaves));
        parents.push(u32::try_from(county.ok_or("a municipality without a county")?)?);
    }
    Ok((groups, parents, counties.len()))
}

fn axes() -> Result<Vec<Grouping>> {
    let codes = |column: &str, groups: &[(&str, u32)]| Grouping::Codes {
        column: column.to_owned(),
        groups: groups.iter().map(|(code, group)| ((*code).to_owned(), *group)).collect(),
        size: groups.iter().map(|group| group.1 + 1).max().unwrap_or_default(),
    };
    let (groups, parents, _) = regions()?;
    let size = u32::try_from(parents.len())?;
    let sources = ["1", "3", "5", "2", "4", "6", "7", "8", "9"];
    let sources: Vec<_> = sources.into_iter().zip((0..3).chain(std::iter::repeat(3))).collect();
    let ages = [("00-17", 0), ("18-24", 0), ("25-44", 0), ("45-66", 1), ("67+", 1)];
    Ok(vec![
        Grouping::Codes { column: "REGION".to_owned(), groups, size },
        codes("VKLO", &sources),
        codes("KJONN", &[("1", 0), ("2", 1)]),
        codes("ALDERSGRUPPE", &ages),
    ])
}

fn flat() -> Result<Plan> {
    let cells = regions()?.1.len() * ACROSS;
    let lineage = Lineage { form: Form::F11, year: YEAR };
    Ok(Plan::new(lineage, Tree::flat(cells), Measure::Persons, 1, NANO_RHO)?)
}

fn counts(persons: u32) -> Result<()> {
    let folder = Place::open()?.year_of(persons)?;
    let (registers, _) = records::open(&folder)?;
    let path = records::file(&folder);
    let (runtime, policy) = (Runtime::new()?, policy()?);
    let axes = axes()?;
    let alone = |distinct| runtime.block_on(by_datafusion(&path, &axes, distinct));
    let times = by_turns(
        ROUNDS,
        &mut [
            (
                "ours, without the noise",
                Box::new(|| runtime.block_on(ours(&registers, &policy, &axes))),
            ),
            (
                "ours, the first question to an edition",
                Box::new(|| {
                    let (anew, _) = records::open(&folder)?;
                    runtime.block_on(ours(&anew, &policy, &axes))
                }),
            ),
            ("DataFusion, records", Box::new(|| alone(false))),
            ("DataFusion, records and persons", Box::new(|| alone(true))),
        ],
    )?;
    let [ours, first, plain, distinct] = times.as_slice() else {
        return Err("a side is missing".into());
    };
    ratio("histogram against DataFusion's of records", ours, plain, "at most 1.3");
    ratio("the first one, which reads the columns, against the same", first, plain, "none");
    ratio("histogram against DataFusion's with persons", ours, distinct, "none");
    match std::env::var_os("BENCH_PYTHON") {
        Some(python) => {
            peer(&python, &path, || runtime.block_on(whole(&registers, &policy, &axes)))
        }
        None => Ok(()),
    }
}

/// Processor seconds of whole answers, noise and all, against the peer's.
fn peer(python: &OsStr, path: &Path, answer: impl Fn() -> Result<()>) -> Result<()> {
    let (answers, before) = (20, processor_seconds()?);
    for _ in 0..answers {
        answer()?;
    }
    let ours = (processor_seconds()? - before) / f64::from(answers);
    let division = Division::of(YEAR).ok_or("no division")?;
    let quoted = |codes: &mut dyn Iterator<Item = &str>| -> String {
        codes.map(|code| format!("\"{code}\"")).collect::<Vec<_>>().join(",")
    };
    let kommuner = quoted(&mut division.kommuner.iter().map(|kommune| kommune.code.as_str()));
    let sources = quoted(&mut "1 2 3 4 5 6 7 8".split(' '));
    let asked = format!(
        "{{\"file\":\"{}\",\"rho\":0.1,\"codes\":{{\"KOMMUNE_NR\":[{kommuner}],\"VKLO\":[{sources}],\"KJONN\":[\"1\",\"2\"]}}}}",
        path.display()
    );
    let script = Path::new("peers/opendp_histogram.py");
    let mut child =
        Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    child.stdin.take().ok_or("the peer does not listen")?.write_all(asked.as_bytes())?;
    let told = String::from_utf8(child.wait_with_output()?.stdout)?;
    let [cells, theirs] = told.split_whitespace().collect::<Vec<_>>()[..] else {
        return Err(format!("the peer failed: {told}").into());
    };
    let theirs: f64 = theirs.parse()?;
    println!(
        "  processor seconds: ours {ours:.3}, OpenDP's Python library {theirs:.3} ({cells} cells)"
    );
    println!("OpenDP's Python library against ours: {:.1} (goal at least 20)", theirs / ours);
    Ok(())
}

async fn ours(registers: &Registers, policy: &Policy, axes: &[Grouping]) -> Result<()> {
    let paid = pay(vec![flat()?], &mut Endless)?;
    let edition = records::edition();
    let reading = Reading { edition, axes: axes.to_vec(), filters: Vec::new(), value: None };
    let grant = permit(policy)?;
    drop(black_box(registers.contributions(grant, &paid, vec![reading]).await?));
    Ok(())
}

async fn whole(registers: &Registers, policy: &Policy, axes: &[Grouping]) -> Result<()> {
    let paid = pay(vec![flat()?], &mut Endless)?;
    let edition = records::edition();
    let reading = Reading { edition, axes: axes.to_vec(), filters: Vec::new(), value: None };
    let sealed = registers.contributions(permit(policy)?, &paid, vec![reading]).await?;
    drop(black_box(draw(sealed, paid)?));
    Ok(())
}

fn permit(policy: &Policy) -> Result<Grant<Ask>> {
    let organisation = OrganisationNumber::parse(ASKING)?;
    let scopes = BTreeSet::from([SCOPE_QUESTIONS.to_owned()]);
    let caller = Caller::verified(Subject::Organisation { organisation }, scopes, None, None);
    let (years, columns) = ([YEAR].into(), BTreeSet::new());
    let asking = Asking { form: Form::F11, years, columns, project: None };
    match policy.decide_question(&caller, asking, Utc::now()) {
        Decided::Allowed(grant, _) => Ok(grant),
        Decided::Denied(_) => Err("the question was denied".into()),
    }
}

/// The policy of the demonstration with a project of one body.
fn policy() -> Result<Policy> {
    let project = Project {
        id: "bench".to_owned(),
        title: String::new(),
        sponsor: OrganisationNumber::parse(ASKING)?,
        issuer: String::new(),
        members: BTreeSet::new(),
        organisations: BTreeSet::new(),
    };
    Ok(records::policy()?.with_projects(vec![project]))
}

async fn by_datafusion(path: &Path, axes: &[Grouping], distinct: bool) -> Result<()> {
    let context = SessionContext::new();
    let path = path.to_string_lossy();
    let frame = context.read_parquet(path.as_ref(), ParquetReadOptions::default()).await?;
    let groups: Vec<Expr> = axes.iter().map(|axis| col(format!("\"{}\"", axis.column()))).collect();
    let mut counts = vec![count(lit(1))];
    if distinct {
        counts.push(count_distinct(col("_person_no")));
    }
    drop(black_box(frame.aggregate(groups, counts)?.collect().await?));
    Ok(())
}

/// The noise of the whole histogram against as many draws of the bare sampler on as many threads.
fn draws() -> Result<()> {
    let plan = flat()?;
    let cells = plan.tree().cells();
    let part = price(&plan)?.parts.into_iter().next().ok_or("no part")?;
    let scale = part.levels.first().ok_or("no level")?.scale;
    let times = by_turns(
        ROUNDS,
        &mut [
            (
                "ours",
                Box::new(|| {
                    drop(black_box(answer_to_nothing(&plan)?));
                    Ok(())
                }),
            ),
            ("the sampler alone", Box::new(|| sampler(cells, scale))),
        ],
    )?;
    let [ours, alone] = times.as_slice() else { return Err("a side is missing".into()) };
    #[expect(clippy::cast_precision_loss, reason = "a figure")]
    let rate = cells as f64 / ours.median();
    println!("  {rate:.0} draws a second of scale {scale}");
    ratio("draws a second against the sampler alone", alone, ours, "at least 0.9");
    Ok(())
}

/// Every cell of every level of an answer about nobody: noise alone.
fn answer_to_nothing(plan: &Plan) -> Result<Vec<Vec<NoisyCell>>> {
    let nobody = Gathered::new(Vec::new()).bound(plan, &HashMap::new())?;
    let released = rehearse(vec![plan.clone()], vec![nobody])?.into_content();
    let answer = released.into_iter().next().ok_or("no answer")?;
    Ok(answer.levels.into_iter().map(|level| level.cells).collect())
}

fn sampler(draws: usize, scale: f64) -> Result<()> {
    let threads = thread::available_parallelism()?.get();
    let share = draws.div_ceil(threads);
    let work = move || {
        let numbers = VectorDomain::new(AtomDomain::<i64>::default());
        let metric = L2Distance::<f64>::default();
        let noise = make_gaussian::<_, _, ZeroConcentratedDivergence>(numbers, metric, scale, None);
        noise.and_then(|noise| noise.invoke(&vec![0; share])).map(|all| all.len()).ok()
    };
    let running: Vec<_> = (0..threads).map(|_| thread::spawn(work)).collect();
    for thread in running {
        black_box(thread.join().ok().flatten().ok_or("the sampler failed")?);
    }
    Ok(())
}

/// What three levels that agree gain, from what is told and from the noise itself.
#[expect(clippy::cast_precision_loss, reason = "figures")]
fn levels() -> Result<()> {
    let (_, parents, counties) = regions()?;
    let leaves = parents.len() as f64;
    let tree = Tree::crossed(1, &[vec![0; counties], parents], ACROSS)?;
    let lineage = Lineage { form: Form::F11, year: YEAR };
    let plan = Plan::new(lineage, tree, Measure::Persons, 1, NANO_RHO)?;
    let part = price(&plan)?.parts.into_iter().next().ok_or("no part")?;
    let flat = price(&flat()?)?.parts.into_iter().next().ok_or("no part")?;
    let leaf = flat.levels.first().ok_or("no level")?.scale;
    let answer = answer_to_nothing(&plan)?;
    println!(
        "standard deviations for the same price: levels that agree, each level by itself, sums of the finest"
    );
    for ((name, level), cells) in
        ["country", "county", "municipality"].iter().zip(&part.levels).zip(&answer)
    {
        let told = level.standard_deviation.ok_or("no standard deviation")?;
        let squares = cells.iter().filter_map(|cell| match cell.value {
            Some(Number::Whole(value)) => Some((value as f64).powi(2)),
            _ => None,
        });
        let seen = (squares.sum::<f64>() / cells.len() as f64).sqrt();
        let below = (leaves * ACROSS as f64 / level.cells as f64).sqrt();
        println!(
            "  {name}: {told:.1} (seen {seen:.1} in {} cells), {:.1}, {:.1}",
            level.cells,
            level.scale,
            leaf * below
        );
    }
    Ok(())
}
