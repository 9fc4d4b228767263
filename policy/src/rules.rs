//! The uses that may be granted at all, kept in casbin: role × product × action × purpose × chain × tier.
//!
//! The engine scans every row at each question, so it is asked about every use there is when the rules are
//! loaded, and a decision looks its answer up: the uses are a closed set and nothing can change the rules.
//! What the engine leaves open is closed here. Rows are read strictly, the row count is compared after loading, the
//! model is compared with what was meant, a model or set of rows that lets an unknown request through
//! is refused, and so are rules under which the engine fails at any use.

use crate::Error;
use crate::terms::{Chain, PurposeClass};
use crate::{Action, Compare, ReadMicrodata, ReadTable, Tier};
use casbin::{CoreApi, DefaultModel, Enforcer, Model, NullAdapter};
use hjemmel_kostra::Form;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

const MODEL: &str = include_str!("../model.conf");
const ROWS: &str = include_str!("../rules.csv");
const REQUEST: &str = "role, product, action, purpose, chain, tier";
const EFFECT: &str = "some(where (p_eft == allow)) && !some(where (p_eft == deny))";
const ROLES: [&str; 2] = ["organisation", "person"];
const ACTIONS: [&str; 3] = [ReadTable::NAME, ReadMicrodata::NAME, Compare::NAME];
const TIERS: [Tier; 4] = [Tier::Protected, Tier::Exact, Tier::Pseudonymised, Tier::Identified];

/// One use to be judged; every field comes from a closed set, so none can be missing or empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Use {
    pub(crate) role: &'static str,
    pub(crate) product: Form,
    pub(crate) action: &'static str,
    pub(crate) purpose: PurposeClass,
    pub(crate) chain: Chain,
    pub(crate) tier: Tier,
}

impl Use {
    fn all() -> impl Iterator<Item = Self> {
        let kinds = ROLES.into_iter().flat_map(|role| ACTIONS.map(|action| (role, action)));
        let kinds = kinds.flat_map(|kind| Form::ALL.map(|product| (kind, product)));
        let kinds = kinds.flat_map(|kind| PurposeClass::ALL.map(|purpose| (kind, purpose)));
        let kinds = kinds.flat_map(|kind| Chain::ALL.map(|chain| (kind, chain)));
        kinds.flat_map(|((((role, action), product), purpose), chain)| {
            TIERS.map(|tier| Self { role, product, action, purpose, chain, tier })
        })
    }

    /// The use as the engine is asked about it.
    const fn words(&self) -> [&'static str; 6] {
        [
            self.role,
            self.product.number(),
            self.action,
            self.purpose.code(),
            self.chain.code(),
            self.tier.code(),
        ]
    }
}

/// The loaded rules.
pub(crate) struct Rules {
    enforcer: Enforcer,
    /// What the engine said of every use; empty if it failed at one.
    verdicts: HashMap<Use, bool>,
}

/// The engine failed while judging; treated as a denial.
#[derive(Debug)]
pub(crate) struct Fault;

impl Rules {
    /// The rules of the house, loaded once for every snapshot.
    pub(crate) fn shared() -> Result<Arc<Self>, Error> {
        static RULES: OnceLock<Arc<Rules>> = OnceLock::new();
        if let Some(rules) = RULES.get() {
            return Ok(Arc::clone(rules));
        }
        let rules = Arc::new(Self::standard()?);
        Ok(Arc::clone(RULES.get_or_init(|| rules)))
    }

    /// The rules of the house.
    pub(crate) fn standard() -> Result<Self, Error> {
        Self::load(MODEL, ROWS)
    }

    pub(crate) fn load(model: &str, rows: &str) -> Result<Self, Error> {
        let rows = parse(rows)?;
        let mut model = ready(DefaultModel::from_str(model))?;
        check_model(&model)?;
        for (line, row) in &rows {
            if !model.add_policy("p", "p", row.clone()) {
                return refuse(*line, "the row is there twice, or the model takes no rows");
            }
        }
        let rules = Self::of(ready(Enforcer::new_raw(model, NullAdapter))?);
        rules.check(rows.len())?;
        Ok(rules)
    }

    /// An engine that fails at every question.
    #[cfg(test)]
    pub(crate) fn broken() -> Self {
        let model = MODEL.replace("p.eft == allow", "p.eft==allow");
        let model = ready(DefaultModel::from_str(&model)).expect("reads");
        Self::of(ready(Enforcer::new_raw(model, NullAdapter)).expect("loads"))
    }

    /// Asks the engine about every use.
    fn of(enforcer: Enforcer) -> Self {
        let mut rules = Self { enforcer, verdicts: HashMap::new() };
        let verdicts = Use::all().map(|of| Ok((of, rules.judge(of.words())?)));
        let verdicts: Result<_, Fault> = verdicts.collect();
        rules.verdicts = verdicts.unwrap_or_default();
        rules
    }

    fn check(&self, rows: usize) -> Result<(), Error> {
        let loaded = self.enforcer.get_model().get_policy("p", "p").len();
        if loaded == 0 || loaded != rows {
            return refuse(0, "the engine holds no rows, or other than were given");
        }
        if !self.enforcer.is_enabled() {
            return refuse(0, "the engine is switched off");
        }
        if self.verdicts.is_empty() {
            return refuse(0, "the engine fails at a use that may be asked for");
        }
        for value in ["", "unknown"] {
            if self.judge([value; 6]).unwrap_or(true) {
                return refuse(0, "a request nobody could make is allowed, or breaks the engine");
            }
        }
        Ok(())
    }

    /// Whether such a use may be granted.
    pub(crate) fn permit(&self, of: Use) -> Result<bool, Fault> {
        if !self.enforcer.is_enabled() {
            return Err(Fault);
        }
        self.verdicts.get(&of).copied().ok_or(Fault)
    }

    fn judge(&self, request: [&str; 6]) -> Result<bool, Fault> {
        if !self.enforcer.is_enabled() {
            return Err(Fault);
        }
        let request: Vec<String> = request.into_iter().map(str::to_owned).collect();
        // The engine panics on some models; a panic while deciding must be a denial like any other fault.
        catch_unwind(AssertUnwindSafe(|| self.enforcer.enforce(request)))
            .map_err(|_| Fault)?
            .map_err(|_| Fault)
    }
}

fn refuse<T>(line: usize, text: &str) -> Result<T, Error> {
    Err(Error::Rules { line, text: text.to_owned() })
}

/// Drives a constructor of the engine, which is asynchronous in name only: nothing here waits.
fn ready<T>(future: impl Future<Output = casbin::Result<T>>) -> Result<T, Error> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done.map_err(|error| Error::Engine(Box::new(error))),
        Poll::Pending => refuse(0, "the engine waits for something while it is built"),
    }
}

fn check_model(model: &DefaultModel) -> Result<(), Error> {
    let value = |section: &str| {
        model.get_model().get(section).and_then(|keys| keys.get(section)).map(|a| a.value.as_str())
    };
    let row = format!("{REQUEST}, eft");
    if value("r") != Some(REQUEST) || value("p") != Some(row.as_str()) {
        return refuse(0, "the model must ask about the fields this crate fills in");
    }
    if value("e") != Some(EFFECT) {
        return refuse(0, "the model must let a deny win over every allow");
    }
    if model.get_model().contains_key("g") {
        return refuse(0, "roles within roles are cut at a depth, so there are none");
    }
    let matcher = value("m").unwrap_or_default();
    let clause = |field| format!(r#"(p_{field} == "*" || r_{field} == p_{field})"#);
    let mut found: Vec<_> = matcher.split(" && ").map(str::to_owned).collect();
    let mut meant: Vec<_> = REQUEST.split(", ").map(clause).collect();
    found.sort_unstable();
    meant.sort_unstable();
    if found != meant {
        return refuse(0, "the matcher must compare each field once, for equality or `*`");
    }
    Ok(())
}

fn parse(text: &str) -> Result<Vec<(usize, Vec<String>)>, Error> {
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let row: Vec<String> = line.split(',').map(|value| value.trim().to_owned()).collect();
        check_row(index + 1, &row)?;
        rows.push((index + 1, row));
    }
    if rows.is_empty() {
        return refuse(0, "there are no rows; an empty set would be judged as one empty row");
    }
    Ok(rows)
}

fn check_row(line: usize, row: &[String]) -> Result<(), Error> {
    let [role, product, action, purpose, chain, tier, effect] = row else {
        return refuse(
            line,
            "a row has seven values: role, product, action, purpose, chain, tier, effect",
        );
    };
    let known = [
        (role, ROLES.to_vec()),
        (product, Form::ALL.map(Form::number).to_vec()),
        (action, ACTIONS.to_vec()),
        (purpose, PurposeClass::ALL.map(PurposeClass::code).to_vec()),
        (chain, Chain::ALL.map(Chain::code).to_vec()),
        (tier, TIERS.map(Tier::code).to_vec()),
    ];
    for (value, words) in known {
        if value != "*" && !words.contains(&value.as_str()) {
            return refuse(line, &format!("`{value}` is none of: *, {}", words.join(", ")));
        }
    }
    if effect != "allow" && effect != "deny" {
        return refuse(
            line,
            &format!("the effect `{effect}` must be `allow` or `deny`, in small letters"),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests;
