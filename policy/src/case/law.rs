//! The law a case rests on, as the register of statutes has it: what a lawyer read must be what is law when
//! the grant comes into force.

use super::Case;
use crate::Violation;
use crate::terms::{HardRule, StatuteRef};
use hjemmel_kostra::Text;
use std::collections::BTreeMap;

/// The SHA-256 of each provision's text as it is now, by its name in the register; none where nobody has
/// taken it.
pub type Law = BTreeMap<String, Option<String>>;

impl Case {
    /// Binds the case to the text of the law as it is now, as the lawyer who reviews it reads it.
    pub fn bind(&mut self, law: &Law) {
        for statute in self.terms.statutes.iter_mut().chain(&mut self.terms.confidentiality_lift) {
            if let Some(Some(sha256)) = law.get(&statute.key()) {
                statute.text_sha256 = Some(sha256.clone());
            }
        }
    }

    /// The provisions whose text is no longer the one the case was bound to.
    #[must_use]
    pub fn changed_law(&self, law: &Law) -> Vec<Violation> {
        let changed = |statute: &&StatuteRef| {
            statute.text_sha256.is_some()
                && law
                    .get(&statute.key())
                    .is_some_and(|now| now.is_some() && *now != statute.text_sha256)
        };
        let all = self.terms.statutes.iter().chain(&self.terms.confidentiality_lift);
        all.filter(changed)
            .map(|statute| Violation {
                rule: HardRule::LegalBasis,
                field: "statutes".to_owned(),
                text: Text::new(
                    format!("{statute} er endret siden den ble vurdert; vurder på nytt"),
                    format!("{statute} has changed since it was reviewed; review again"),
                ),
            })
            .collect()
    }

    /// The provisions it rests on, by their names in the register.
    pub fn provisions(&self) -> impl Iterator<Item = String> {
        self.terms.statutes.iter().chain(&self.terms.confidentiality_lift).map(StatuteRef::key)
    }
}
