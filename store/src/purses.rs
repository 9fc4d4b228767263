//! The budgets themselves: what may be spent of them, and what has been.
//!
//! A purse belongs to the underlying data (form and year), to a project or to a body, and never to an account, a
//! client, a grant, a table or an edition: none of these is a way to a fresh one. Amounts are whole billionths
//! of ρ, rounded up before they come here.

use crate::connection::{AnyConnection, prepared_once};
use crate::schema::purses;
use crate::values::{number, stored};
use crate::{Error, Store};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use hjemmel_kostra::Form;
use std::collections::{BTreeMap, BTreeSet};

/// Whose purse it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PurseKind {
    /// The records of one form and year: shared by everybody who asks.
    DatasetYear,
    /// One project: shared by its members.
    Project,
    /// The body that answers for projects.
    Organisation,
}

impl PurseKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::DatasetYear, Self::Project, Self::Organisation];

    /// The word in addresses, answers and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DatasetYear => "dataset-year",
            Self::Project => "project",
            Self::Organisation => "organisation",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Which purse.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PurseId {
    /// Whose.
    pub kind: PurseKind,
    /// `skjema-11/2024`, a project's id, an organisation number.
    pub key: String,
}

impl PurseId {
    /// The purse of a form and year.
    #[must_use]
    pub fn of_data(form: Form, year: u16) -> Self {
        Self { kind: PurseKind::DatasetYear, key: format!("{}/{year}", form.dataset()) }
    }

    /// The form and year whose purse it is.
    pub(crate) fn data(&self) -> Result<(Form, u16), Error> {
        let parts = self.key.split_once('/').filter(|_| self.kind == PurseKind::DatasetYear);
        let data = parts.and_then(|(form, year)| Some((Form::parse(form)?, year.parse().ok()?)));
        data.ok_or_else(|| Error::Corrupt(format!("`{}` is no form and year", self.key)))
    }
}

/// A purse and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purse {
    /// Which.
    pub id: PurseId,
    /// What may be spent altogether.
    pub cap: u64,
    /// What has been.
    pub spent: u64,
}

impl Purse {
    /// What is left; nothing where the cap was lowered below what is spent.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.cap.saturating_sub(self.spent)
    }
}

/// The caps of purses that do not exist yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FirstCaps {
    /// Of each form and year.
    pub dataset_year: u64,
    /// Of each project.
    pub project: u64,
    /// Of each body.
    pub organisation: u64,
}

impl FirstCaps {
    /// The cap of a purse of a kind.
    #[must_use]
    pub const fn of(&self, kind: PurseKind) -> u64 {
        match kind {
            PurseKind::DatasetYear => self.dataset_year,
            PurseKind::Project => self.project,
            PurseKind::Organisation => self.organisation,
        }
    }
}

/// What a question takes of each form and year.
pub type OfData = BTreeMap<(Form, u16), u64>;

/// What a question takes altogether.
pub(crate) fn total(of_data: &OfData) -> u64 {
    of_data.values().fold(0, |sum, nano| sum.saturating_add(*nano))
}

/// What a question takes from each purse: from those of the data what each form and year costs, and all of it from the
/// project and from the body that answers for it.
#[must_use]
pub fn charges(of_data: &OfData, payers: Option<(&str, &str)>) -> BTreeMap<PurseId, u64> {
    let total = total(of_data);
    let of_data =
        of_data.iter().map(|((form, year), nano)| (PurseId::of_data(*form, *year), *nano));
    let payers = payers.into_iter().flat_map(|(project, sponsor)| {
        let payer = |kind, key: &str| (PurseId { kind, key: key.to_owned() }, total);
        [payer(PurseKind::Project, project), payer(PurseKind::Organisation, sponsor)]
    });
    of_data.chain(payers).collect()
}

type Raw = (String, String, i64, i64);

pub(crate) fn purse((kind, key, cap, spent): Raw) -> Result<Purse, Error> {
    let id = PurseId { kind: kind_of(&kind)?, key };
    Ok(Purse { id, cap: number(cap)?, spent: number(spent)? })
}

pub(crate) fn kind_of(text: &str) -> Result<PurseKind, Error> {
    PurseKind::parse(text).ok_or_else(|| Error::Corrupt(format!("`{text}` is no kind of purse")))
}

/// The purses of these ids that exist.
pub(crate) fn load<'a>(
    conn: &mut AnyConnection,
    ids: impl Iterator<Item = &'a PurseId>,
) -> Result<BTreeMap<PurseId, Purse>, Error> {
    let ids: BTreeSet<&PurseId> = ids.collect();
    let mut rows: Vec<Raw> = Vec::new();
    match conn {
        // A statement for one key is prepared once, and one for many each time.
        AnyConnection::Sqlite(c) => {
            for id in ids {
                let of_id = purses::table.find((id.kind.as_str(), &id.key));
                rows.extend(of_id.get_result::<Raw>(c).optional()?);
            }
        }
        AnyConnection::Postgres(c) => {
            let keys: Vec<&str> = ids.iter().map(|id| id.key.as_str()).collect();
            rows = purses::table.filter(purses::key.eq_any(keys)).load(c)?;
        }
    }
    rows.into_iter().map(|row| purse(row).map(|purse| (purse.id.clone(), purse))).collect()
}

/// Makes a purse that does not exist.
pub(crate) fn create(conn: &mut AnyConnection, id: &PurseId, cap: u64) -> Result<Purse, Error> {
    diesel::insert_into(purses::table)
        .values((
            purses::kind.eq(id.kind.as_str()),
            purses::key.eq(&id.key),
            purses::cap.eq(stored::<u64, i64>(cap)?),
            purses::spent.eq(0_i64),
        ))
        .execute(conn)?;
    Ok(Purse { id: id.clone(), cap, spent: 0 })
}

/// Writes what a purse has come to.
pub(crate) fn spend(conn: &mut SqliteConnection, purse: &Purse) -> Result<(), Error> {
    let rows = Spent { purse, spent: stored(purse.spent)? }.execute(conn)?;
    if rows == 1 { Ok(()) } else { Err(Error::NotFound("purse")) }
}

struct Spent<'a> {
    purse: &'a Purse,
    spent: i64,
}

prepared_once!(Spent);

impl QueryFragment<Sqlite> for Spent<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("UPDATE purses SET spent = ");
        out.push_bind_param::<BigInt, _>(&self.spent)?;
        out.push_sql(" WHERE key = ");
        out.push_bind_param::<Text, str>(&self.purse.id.key)?;
        out.push_sql(" AND kind = ");
        out.push_bind_param::<Text, str>(self.purse.id.kind.as_str())
    }
}

impl Store {
    /// Every purse there is, by kind and key. One that nobody has spent from may not exist yet.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn purses(&self) -> Result<Vec<Purse>, Error> {
        let rows: Vec<Raw> =
            self.read(|conn| Ok(purses::table.order((purses::kind, purses::key)).load(conn)?))?;
        rows.into_iter().map(purse).collect()
    }
}
