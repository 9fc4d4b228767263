//! Counts by leaf codes, for suppression and for the holders of a permission to exact cells.
//!
//! The engine scans; counting is a loop over dictionary codes, since a query plan that groups strings and
//! joins persons back costs many times as much.

mod count;

use crate::{
    EditionRef, Error, Registers,
    filter::{column, in_regions, of_population},
    schema::PERSON_NUMBER,
};
use count::{Counts, Tally};
use datafusion::{dataframe::DataFrame, logical_expr::Expr};
use futures::StreamExt;
use hjemmel_disclosure::{Axis, Microcube, Sealed};
use hjemmel_policy::{Grant, Protect, ReadTable};
use std::sync::Arc;

/// The rows of an edition that a permission to exact cells names; none of an edition it is not for.
pub(crate) fn permitted(
    grant: &Grant<ReadTable>,
    edition: &EditionRef,
) -> Result<Vec<Expr>, Error> {
    let (asked, obligations, year) = (grant.resource(), grant.obligations(), edition.year);
    let allowed = asked.years.contains(&year) && obligations.years.contains(&year);
    if asked.form != edition.form || !allowed {
        return Err(Error::Mismatch("it is for another form or year"));
    }
    let regions = asked.regions.as_ref().map(in_regions);
    Ok(regions.into_iter().chain(of_population(&obligations.population)).collect())
}

impl Registers {
    /// Counts of a whole edition by leaf codes, to be protected.
    ///
    /// # Errors
    /// When the edition is not the permitted one or not readable, an axis is not a column of codes, or the
    /// data hold a code its axis does not list.
    pub async fn cube(
        &self,
        grant: Grant<Protect>,
        edition: &EditionRef,
        axes: Vec<Axis>,
    ) -> Result<Sealed<Protect, Microcube>, Error> {
        let asked = grant.resource();
        if asked.form != edition.form || asked.year != edition.year {
            return Err(Error::Mismatch("it is for another form or year"));
        }
        let cube = self.counts(edition, axes, Vec::new()).await?;
        Ok(Sealed::new(grant, cube))
    }

    /// Counts by leaf codes, of the regions the permission names, one cube for each edition in turn.
    ///
    /// # Errors
    /// As [`Registers::cube`], and when an axis is a column the permission does not name.
    pub async fn table(
        &self,
        grant: Grant<ReadTable>,
        editions: Vec<(EditionRef, Vec<Axis>)>,
    ) -> Result<Sealed<ReadTable, Vec<(u16, Microcube)>>, Error> {
        let asked = grant.resource();
        let mut cubes = Vec::with_capacity(editions.len());
        for (edition, axes) in editions {
            let filters = permitted(&grant, &edition)?;
            if let Some(axis) = axes.iter().find(|axis| !asked.columns.contains(&axis.column)) {
                return Err(Error::column(&axis.column, "is not covered by the permission"));
            }
            cubes.push((edition.year, self.counts(&edition, axes, filters).await?));
        }
        Ok(Sealed::new(grant, cubes))
    }

    async fn counts(
        &self,
        edition: &EditionRef,
        axes: Vec<Axis>,
        filters: Vec<Expr>,
    ) -> Result<Microcube, Error> {
        let counted = self.tally(edition, axes, filters).await?;
        let (axes, codes, counts, repeats) = counted.into_parts();
        Microcube::new(axes, codes, counts, repeats)
            .map_err(|_| Error::Mismatch("the counts do not fit the axes"))
    }

    /// The counts before they are sealed.
    pub(crate) async fn tally(
        &self,
        edition: &EditionRef,
        axes: Vec<Axis>,
        filters: Vec<Expr>,
    ) -> Result<Counts, Error> {
        let file = self.opened(edition)?;
        let mut frame = self.engine().in_parallel(&file).await?;
        for filter in filters {
            frame = frame.filter(filter)?;
        }
        let names = axes.iter().map(|axis| axis.column.as_str()).chain([PERSON_NUMBER]);
        let known = names.clone().find(|name| file.schema.field_with_name(name).is_err());
        if let Some(name) = known {
            return Err(Error::column(name, "does not exist that year"));
        }
        let frame = frame.select(names.map(column).collect::<Vec<_>>())?;
        self.run(frame, Arc::new(axes)).await
    }

    async fn run(&self, frame: DataFrame, axes: Arc<Vec<Axis>>) -> Result<Counts, Error> {
        let engine = self.engine().handle();
        let cut = |_| Error::Mismatch("the query was cut short");
        let started = engine.spawn(frame.execute_stream_partitioned());
        let partitions = started.await.map_err(cut)??;
        let scans: Vec<_> = partitions
            .into_iter()
            .map(|mut batches| {
                let axes = Arc::clone(&axes);
                engine.spawn(async move {
                    let mut tally = Tally::new(&axes)?;
                    while let Some(batch) = batches.next().await {
                        tally.add(&axes, &batch?)?;
                    }
                    Ok::<_, Error>(tally)
                })
            })
            .collect();
        let mut tallies = Vec::with_capacity(scans.len());
        for scan in scans {
            tallies.push(scan.await.map_err(cut)??);
        }
        let axes = Arc::try_unwrap(axes).unwrap_or_else(|shared| shared.as_ref().clone());
        let joined = engine.spawn_blocking(move || Counts::join(axes, &tallies));
        joined.await.map_err(cut)?
    }
}

#[cfg(test)]
mod tests;

/// Rows of a cube, for the figures.
#[cfg(test)]
pub(crate) async fn count_for_figures(
    registers: &Registers,
    edition: &EditionRef,
    axes: Vec<Axis>,
) -> usize {
    let (_, _, counts, _) = registers.tally(edition, axes, Vec::new()).await.unwrap().into_parts();
    counts.len()
}
