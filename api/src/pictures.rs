//! What is published, now and at each moment to come that is known already.
//!
//! A picture is made for every moment something opens, before it comes. So what opens on 15 March at eight o'clock is
//! there in the first instant of that second, in every answer, list, feed and cache alike, and in none before it.

use crate::shelf::Shelf;
use chrono::{DateTime, Utc};
use hjemmel_kostra::Form;
use hjemmel_store::{Edition, Publication};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The pictures, each from its moment on.
pub struct Pictures {
    first: Arc<Shelf>,
    later: Vec<(DateTime<Utc>, Arc<Shelf>)>,
}

impl Default for Pictures {
    fn default() -> Self {
        Self { first: Arc::new(Shelf::default()), later: Vec::new() }
    }
}

impl Pictures {
    /// A picture of now, and those of later moments in their order.
    #[must_use]
    pub const fn new(first: Arc<Shelf>, later: Vec<(DateTime<Utc>, Arc<Shelf>)>) -> Self {
        Self { first, later }
    }

    /// What is published at a moment.
    #[must_use]
    pub fn at(&self, now: DateTime<Utc>) -> &Arc<Shelf> {
        let come = self.later.iter().rev().find(|(from, _)| *from <= now);
        come.map_or(&self.first, |(_, shelf)| shelf)
    }

    /// What will be published once every moment that is known has come.
    #[must_use]
    pub fn ahead(&self) -> &Arc<Shelf> {
        self.later.last().map_or(&self.first, |(_, shelf)| shelf)
    }
}

/// What is on the shelf at one moment: the newest of each form-year that is public by then.
pub struct At {
    /// The releases.
    pub releases: Vec<Publication>,
    /// The editions.
    pub editions: Vec<Edition>,
}

/// What is on the shelf now.
#[must_use]
pub fn at(moment: DateTime<Utc>, publications: &[Publication], editions: &[Edition]) -> At {
    // Both come with the oldest version first, so that later ones take the place of earlier ones.
    let mut releases: BTreeMap<(Form, u16), &Publication> = BTreeMap::new();
    for one in publications.iter().filter(|one| one.at <= moment) {
        releases.insert((one.form, one.year), one);
    }
    let mut newest: BTreeMap<(Form, u16), &Edition> = BTreeMap::new();
    for one in editions.iter().filter(|one| one.public_from <= moment) {
        newest.insert((one.form, one.year), one);
    }
    At {
        releases: releases.into_values().cloned().collect(),
        editions: newest.into_values().cloned().collect(),
    }
}

/// The moments to come at which something opens.
#[must_use]
pub fn moments(
    now: DateTime<Utc>,
    publications: &[Publication],
    editions: &[Edition],
) -> BTreeSet<DateTime<Utc>> {
    let releases = publications.iter().map(|one| one.at);
    let all = releases.chain(editions.iter().map(|one| one.public_from));
    all.filter(|at| *at > now).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hjemmel_kostra::calendar;
    use hjemmel_store::{EditionKind, EditionStatus};
    use std::collections::HashMap;
    use uuid::Uuid;

    const YEAR: u16 = 2025;

    fn edition(version: u32, public_from: DateTime<Utc>) -> Edition {
        Edition {
            id: Uuid::from_u128(version.into()),
            form: Form::F11,
            year: YEAR,
            version,
            kind: EditionKind::Preliminary,
            status: EditionStatus::Superseded,
            records: 1,
            parquet_sha256: String::new(),
            created_at: public_from,
            missing_regions: Vec::new(),
            public_from,
            reason: None,
        }
    }

    fn published(version: u128, at: DateTime<Utc>) -> Publication {
        Publication { id: Uuid::from_u128(version), form: Form::F11, year: YEAR, at }
    }

    #[test]
    fn each_opens_at_its_second_and_a_later_version_takes_its_place_at_its_own() {
        let (march, june) = (calendar::preliminary(YEAR), calendar::revised(YEAR));
        let second = chrono::TimeDelta::seconds(1);
        let editions = [edition(1, march), edition(2, march), edition(3, june)];
        let publications = [published(1, march), published(2, june)];
        let version = |moment| {
            let at = at(moment, &publications, &editions);
            let edition = at.editions.first().map(|one| one.version);
            (edition, at.releases.first().map(|one| one.id.as_u128()))
        };
        assert_eq!(version(march - second), (None, None));
        assert_eq!(version(march), (Some(2), Some(1)));
        assert_eq!(version(june - second), (Some(2), Some(1)));
        assert_eq!(version(june), (Some(3), Some(2)));
        let now = march - second;
        assert_eq!(moments(now, &publications, &editions), [march, june].into());
        assert_eq!(moments(march, &publications, &editions), [june].into());
    }

    #[test]
    fn the_picture_of_a_moment_holds_until_the_next() {
        let (march, june) = (calendar::preliminary(YEAR), calendar::revised(YEAR));
        let shelf =
            |stamp| Arc::new(Shelf::new(stamp, Vec::new(), HashMap::new(), |_, _| Uuid::nil()));
        let pictures = Pictures::new(shelf(1), vec![(march, shelf(2)), (june, shelf(3))]);
        let instant = chrono::TimeDelta::microseconds(1);
        for (moment, stamp) in
            [(march - instant, 1), (march, 2), (june - instant, 2), (june, 3), (june + instant, 3)]
        {
            assert_eq!(pictures.at(moment).stamp, stamp, "{moment}");
        }
        assert_eq!(pictures.ahead().stamp, 3);
        assert_eq!(Pictures::default().ahead().stamp, 0);
    }
}
