//! Organisation numbers of the Norwegian Register of Legal Entities.

use serde::{Deserialize, Serialize};

/// A nine-digit organisation number whose check digit is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrganisationNumber([u8; 9]);

/// The text is not an organisation number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an organisation number (nine digits, the last a check digit modulo 11)")]
pub struct NotAnOrganisationNumber(pub String);

impl OrganisationNumber {
    /// Reads nine digits; the check digit is modulo 11 with weights 3 2 7 6 5 4 3 2
    /// (Brønnøysundregistrene's description of organisasjonsnummer).
    ///
    /// # Errors
    /// The text as given, when it is not such a number.
    pub fn parse(text: &str) -> Result<Self, NotAnOrganisationNumber> {
        let wrong = || NotAnOrganisationNumber(text.chars().take(40).collect());
        let digits: [u8; 9] = text.as_bytes().try_into().map_err(|_| wrong())?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(wrong());
        }
        let weights = [3u32, 2, 7, 6, 5, 4, 3, 2, 1];
        let sum: u32 = digits.iter().zip(weights).map(|(d, w)| u32::from(d - b'0') * w).sum();
        if sum.is_multiple_of(11) { Ok(Self(digits)) } else { Err(wrong()) }
    }

    /// The nine digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl TryFrom<String> for OrganisationNumber {
    type Error = NotAnOrganisationNumber;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<OrganisationNumber> for String {
    fn from(number: OrganisationNumber) -> Self {
        number.as_str().to_owned()
    }
}

impl std::fmt::Display for OrganisationNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
