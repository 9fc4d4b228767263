//! What this node took part in with other nodes. Whether it may again is judged by what is remembered, and remembered in
//! the same transaction, before anything of it is sent.

use crate::connection::AnyConnection;
use crate::schema::node_rounds;
use crate::values::text;
use crate::{DecisionRow, Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use hjemmel_kostra::Form;

/// What is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundKind {
    /// Masked sums that were sent.
    Sums,
    /// Totals that were made of others' masked sums.
    Coordinated,
    /// Two registers that were compared.
    Comparison,
}

impl RoundKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Sums => "sums",
            Self::Coordinated => "coordinated",
            Self::Comparison => "comparison",
        }
    }
}

/// One thing this node takes part in.
#[derive(Debug, Clone)]
pub struct RoundRow {
    /// What kind.
    pub kind: RoundKind,
    /// The digest of what was agreed, in hexadecimal.
    pub id: String,
    /// The form and year.
    pub of: (Form, u16),
    /// What is judged the next time.
    pub body: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Whether a node takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// It does, and remembers it.
    Yes,
    /// What it remembers speaks against it.
    Refused,
    /// It publishes tables of the form and year itself.
    Published,
}

/// Judges by everything remembered of the same subject, the oldest first.
pub type Judge<'a> = &'a mut dyn FnMut(&[String]) -> bool;

/// Whether sums of a form and year have been sent, or its persons compared.
pub(crate) fn are_there(conn: &mut AnyConnection, form: Form, year: u16) -> Result<bool, Error> {
    let sums = remembered(conn, RoundKind::Sums, form, year)?;
    Ok(!sums.is_empty() || !remembered(conn, RoundKind::Comparison, form, year)?.is_empty())
}

fn remembered(
    conn: &mut AnyConnection,
    kind: RoundKind,
    form: Form,
    year: u16,
) -> Result<Vec<String>, Error> {
    let of = node_rounds::table
        .filter(node_rounds::kind.eq(kind.word()))
        .filter(node_rounds::subject.eq(subject(form, year)))
        .order((node_rounds::at.asc(), node_rounds::id.asc()));
    Ok(of.select(node_rounds::body).load(conn)?)
}

fn subject(form: Form, year: u16) -> String {
    format!("{}/{year}", form.number())
}

impl Store {
    /// Takes part, if `judge` allows it by what is remembered and, unless only others' sums are added up, no table of the form
    /// and year is or will be published by this node. Together with the event of the record, or not at all.
    ///
    /// # Errors
    /// It could not be written down; nothing may be sent then.
    pub fn enter_round(
        &self,
        round: &RoundRow,
        event: &DecisionRow,
        judge: Judge<'_>,
    ) -> Result<Entered, Error> {
        let (kind, (form, year)) = (round.kind.word(), round.of);
        // The same lock as publishing: neither comes between the other's looking and writing.
        self.write("releases", |conn| {
            if round.kind != RoundKind::Coordinated
                && !crate::releases::published_of(conn, &[form], year)?.is_empty()
            {
                return Ok(Entered::Published);
            }
            if !judge(&remembered(conn, round.kind, form, year)?) {
                return Ok(Entered::Refused);
            }
            diesel::insert_into(node_rounds::table)
                .values((
                    node_rounds::kind.eq(kind),
                    node_rounds::id.eq(&round.id),
                    node_rounds::subject.eq(subject(form, year)),
                    node_rounds::body.eq(text(&round.body)),
                    node_rounds::at.eq(round.at.timestamp_micros()),
                ))
                .execute(conn)?;
            crate::decisions::append(conn, std::slice::from_ref(event))?;
            Ok(Entered::Yes)
        })
    }

    /// What is remembered of a kind, form and year, the oldest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn rounds_of(&self, kind: RoundKind, form: Form, year: u16) -> Result<Vec<String>, Error> {
        self.read(|conn| remembered(conn, kind, form, year))
    }
}
