//! Why a node does not compare, in both languages.

use crate::federation::bokmaal;
use hjemmel_federation::psi::{Broken, PairFault};
use hjemmel_kostra::Text;

/// Why a node does not compare.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It compares nothing, or not this with that node.
    #[error("the node does not compare this register with that node")]
    NoPart,
    /// The regions are not those of the year, or commitments are missing.
    #[error("the proposal is not over the regions of the year, or commitments are missing")]
    Strata,
    /// Nothing counts of the register and year: a comparison with nobody would be spent.
    #[error("nothing is delivered of the register and year yet")]
    NotYet,
    /// No grant of the other body names what is to be compared of the persons.
    #[error("no legal basis names what is to be compared of the persons: {}", .0.en)]
    Basis(Text),
    /// There was one, and it holds no more.
    #[error("the legal basis for what is compared of the persons holds no more")]
    Withdrawn,
    /// What it remembers.
    #[error(transparent)]
    Pair(#[from] PairFault),
    /// It publishes tables of the register itself.
    #[error("the node publishes tables of the form and year itself")]
    Published,
    /// What was sent.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// Two would spoil each other.
    #[error("a comparison of these registers is under way")]
    Underway,
    /// Nothing is known of it.
    #[error("the comparison is not known here, or is over")]
    Unknown,
    /// Not now.
    #[error("the node cannot compare now")]
    Unavailable,
}

impl Refusal {
    /// The reason in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let nb = match self {
            Self::NoPart => "noden sammenligner ikke dette registeret med den noden".to_owned(),
            Self::Strata => {
                "forslaget er ikke over regionene i året, eller det mangler forpliktelser"
                    .to_owned()
            }
            Self::NotYet => "det er ikke levert noe av registeret og året ennå".to_owned(),
            Self::Basis(text) => {
                format!("ingen hjemmel nevner det som skal sammenlignes om personene: {}", text.nb)
            }
            Self::Withdrawn => {
                "hjemmelen for det som sammenlignes om personene, gjelder ikke lenger".to_owned()
            }
            Self::Pair(fault) => bokmaal::pair(*fault).to_owned(),
            Self::Published => "noden publiserer selv tabeller av skjemaet og året".to_owned(),
            Self::Broken(broken) => bokmaal::broken(*broken).to_owned(),
            Self::Underway => "en sammenligning av disse registrene er i gang".to_owned(),
            Self::Unknown => "sammenligningen er ikke kjent her, eller er over".to_owned(),
            Self::Unavailable => "noden kan ikke sammenligne nå".to_owned(),
        };
        Text::new(nb, self.to_string())
    }
}
