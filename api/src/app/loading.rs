//! The pictures of what is published, made from the store.

use super::{App, AppError, open, reference};
use crate::editions::kind_name;
use crate::pictures::{self, Pictures};
use crate::shelf::{Edition, OnShelf, Shelf};
use chrono::{DateTime, Utc};
use hjemmel_disclosure::archive;
use hjemmel_store::{DecisionRow, Publication};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use uuid::Uuid;

impl App {
    /// A picture of now and of every moment to come that is known.
    pub(super) fn load_pictures(
        &self,
        editions: &[hjemmel_store::Edition],
        publications: &[Publication],
        policy_version: u64,
        now: DateTime<Utc>,
    ) -> Result<Pictures, AppError> {
        let mut read = HashMap::new();
        let mut picture = |moment| {
            let then = pictures::at(moment, publications, editions);
            self.load_shelf(then, &mut read, policy_version, moment).map(Arc::new)
        };
        let first = picture(now)?;
        let moments = pictures::moments(now, publications, editions).into_iter();
        let later = moments.map(|moment| Ok((moment, picture(moment)?)));
        Ok(Pictures::new(first, later.collect::<Result<_, AppError>>()?))
    }

    fn on_shelf(&self, publication: &Publication) -> Result<OnShelf, AppError> {
        let stored = self.store.release(publication.id)?;
        let release = archive::unpack(&stored.archive, &self.archive_key)
            .map_err(|source| AppError::Release { id: stored.id, source })?;
        let edition = self.store.edition_by_id(stored.edition)?;
        Ok(OnShelf {
            id: stored.id,
            year: stored.year,
            published_at: publication.at,
            preliminary: edition.kind == hjemmel_store::EditionKind::Preliminary,
            edition: edition.version,
            missing: edition.missing_regions.into_iter().collect(),
            release: Arc::new(release),
        })
    }

    fn load_shelf(
        &self,
        then: pictures::At,
        read: &mut HashMap<Uuid, Arc<OnShelf>>,
        policy_version: u64,
        now: DateTime<Utc>,
    ) -> Result<Shelf, AppError> {
        let mut releases = Vec::new();
        for publication in &then.releases {
            let known = match read.get(&publication.id) {
                Some(known) => known.clone(),
                None => Arc::new(self.on_shelf(publication)?),
            };
            read.insert(publication.id, known.clone());
            releases.push(known);
        }
        let editions = then
            .editions
            .into_iter()
            .map(|edition| {
                let kept = Edition {
                    reference: reference(&edition),
                    kind: kind_name(edition.kind).to_owned(),
                    records: edition.records,
                    created_at: edition.created_at,
                    public_from: edition.public_from,
                    reason: edition.reason,
                };
                ((edition.form, edition.year), kept)
            })
            .collect::<HashMap<_, _>>();
        let stamp = self.stamp.fetch_add(1, Ordering::Relaxed) + 1;
        let mut open = Vec::new();
        let picture = Shelf::new(stamp, releases, editions, |table, ids| {
            let row = open::decision(table, ids, policy_version, now);
            let id = row.id;
            open.push(row);
            id
        });
        self.record_once(open)?;
        Ok(picture)
    }

    /// Records the decisions that let anyone read a table, each once: their ids follow from what they say.
    fn record_once(&self, rows: Vec<DecisionRow>) -> Result<(), AppError> {
        let mut new = Vec::new();
        for row in rows {
            match self.store.decision(row.id) {
                Ok(_) => {}
                Err(hjemmel_store::Error::NotFound(_)) => new.push(row),
                Err(error) => return Err(error.into()),
            }
        }
        match self.store.record_decisions(&new) {
            Ok(()) | Err(hjemmel_store::Error::Conflict(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
