//! The measure of a question as it is written.

use super::{AskMeasure, Words, scaled};
use crate::Text;
use crate::question::mistake::What;
use crate::question::{Clamp, MOST_BINS, Measure, Mistake};
use std::collections::BTreeSet;

impl AskMeasure {
    /// What is to be computed.
    pub(super) fn resolve(&self, words: &Words) -> Result<Measure, Mistake> {
        let named =
            [&self.count, &self.sum, &self.mean, &self.median, &self.quantile, &self.histogram];
        if named.iter().filter(|name| name.is_some()).count() != 1 {
            return Err(Mistake::shape(
                "`measure` må ha nøyaktig én av count, sum, mean, median, quantile og histogram",
                "`measure` must have exactly one of count, sum, mean, median, quantile and histogram",
            ));
        }
        self.check_companions()?;
        if let Some(counted) = &self.count {
            return match counted.as_str() {
                "persons" => Ok(Measure::CountPersons),
                "records" => Ok(Measure::CountRecords),
                _ => Err(Mistake::unknown(
                    What::Counted,
                    counted,
                    ["persons", "records"].into_iter(),
                )),
            };
        }
        let name = named.into_iter().skip(1).flatten().next().map_or("", String::as_str);
        let (variable, domain, usual) = words.amount(name)?;
        if self.histogram.is_some() {
            return self.histogram(variable, domain);
        }
        let clamp =
            Clamp { from: self.from.unwrap_or(usual.from), to: self.to.unwrap_or(usual.to) };
        if clamp.from < domain.from || clamp.to > domain.to || clamp.from >= clamp.to {
            let (from, to) = (domain.from, domain.to);
            return Err(Mistake::shape(
                format!("grensene for {variable} må være from < to mellom {from} og {to}"),
                format!("the bounds of {variable} must be from < to between {from} and {to}"),
            ));
        }
        Ok(if self.sum.is_some() {
            Measure::Sum { variable, clamp }
        } else if self.mean.is_some() {
            Measure::Mean { variable, clamp }
        } else {
            Measure::Quantile { variable, clamp, permille: self.permille()? }
        })
    }

    /// Members that mean nothing beside the measure would be a question other than the caller thinks.
    fn check_companions(&self) -> Result<(), Mistake> {
        let bounded = self.sum.is_some()
            || self.mean.is_some()
            || self.quantile.is_some()
            || self.median.is_some();
        let stray = [
            ("at", self.at.is_some() && self.quantile.is_none()),
            ("edges", !self.edges.is_empty() && self.histogram.is_none()),
            ("from", self.from.is_some() && !bounded),
            ("to", self.to.is_some() && !bounded),
        ];
        match stray.into_iter().find(|(_, stray)| *stray) {
            Some((member, _)) => Err(Mistake::shape(
                format!("`{member}` hører ikke til dette målet"),
                format!("`{member}` does not belong to this measure"),
            )),
            None => Ok(()),
        }
    }

    fn permille(&self) -> Result<u16, Mistake> {
        let Some(at) = self.at else {
            let lacking = || {
                Mistake::shape(
                    "`quantile` mangler `at`, fra 0 til 1",
                    "`quantile` lacks `at`, from 0 to 1",
                )
            };
            return if self.median.is_some() { Ok(500) } else { Err(lacking()) };
        };
        let outside = || Mistake::Range {
            member: "at",
            allowed: Text::new("fra 0 til 1 i hele tusendeler", "from 0 to 1 in whole thousandths"),
        };
        let permille = if at == 0.0 { Some(0) } else { scaled(at, 3) };
        let permille = permille.and_then(|permille| u16::try_from(permille).ok());
        permille
            .filter(|permille| {
                *permille <= 1000 && (f64::from(*permille) / 1000.0 - at).abs() < 1e-9
            })
            .ok_or_else(outside)
    }

    fn histogram(&self, variable: String, domain: Clamp) -> Result<Measure, Mistake> {
        let edges: BTreeSet<i64> = self.edges.iter().copied().collect();
        if edges.len() > MOST_BINS {
            return Err(Mistake::TooMany(What::Bins));
        }
        let inside = |edge: &i64| (domain.from..=domain.to).contains(edge);
        if edges.is_empty() || !edges.iter().all(inside) {
            let (from, to) = (domain.from, domain.to);
            return Err(Mistake::shape(
                format!("`edges` må ha minst én grense mellom {from} og {to}"),
                format!("`edges` must have at least one edge between {from} and {to}"),
            ));
        }
        Ok(Measure::Histogram { variable, edges: edges.into_iter().collect() })
    }
}
