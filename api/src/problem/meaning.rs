//! What each kind of failure means, in a sentence or two.

use super::Kind;
use hjemmel_kostra::Text;

impl Kind {
    /// What the problem page says about it, for a person who looks the type up.
    #[must_use]
    pub fn meaning(self) -> Text {
        match self {
            Self::NotSignedIn => Text::new(
                "Send et token fra Maskinporten i hodet Authorization: Bearer …",
                "Send a Maskinporten token in the header Authorization: Bearer …",
            ),
            Self::InvalidToken => Text::new(
                "Tokenet er utløpt, feil adressert eller ikke til å stole på. Hent et nytt.",
                "The token is expired, addressed to someone else or not to be trusted. Get a new one.",
            ),
            Self::NoLegalBasis => Text::new(
                "Ingen aktiv tilgang med hjemmel dekker dette. De vernede tabellene er åpne for alle.",
                "No active grant with a legal basis covers this. The protected tables are open to all.",
            ),
            Self::OutsideGrant => Text::new(
                "Tilgangen dekker noe av dette, men ikke alt. Det som er utenfor, er nevnt ved navn.",
                "The grant covers some of this, not all. What is outside is named.",
            ),
            Self::NotFound => Text::new(
                "Adressen peker ikke på noe som finnes.",
                "The address points at nothing that exists.",
            ),
            Self::ParameterError => Text::new(
                "En parameter er ukjent eller kan ikke tolkes; detail sier hvilken og hva som er nærmest.",
                "A parameter is unknown or cannot be read; detail says which and what comes nearest.",
            ),
            Self::TooManyCells => Text::new(
                "Utvalget er større enn ett svar kan være. Del det opp.",
                "The selection is larger than one answer may be. Split it.",
            ),
            Self::NotAcceptable => Text::new(
                "Ingen av mediatypene i Accept, eller kodingene i Accept-Encoding, kan lages for denne ressursen.",
                "None of the media types in Accept, or of the codings in Accept-Encoding, can be made for this resource.",
            ),
            Self::MethodNotAllowed => Text::new(
                "Ressursen finnes, men ikke med denne metoden.",
                "The resource exists, but not with this method.",
            ),
            Self::TooLarge => Text::new(
                "Forespørselen er større enn tjenesten tar imot.",
                "The request is larger than the service accepts.",
            ),
            Self::NotPublished => Text::new(
                "Det finnes ingen publisert utgave av dette for året.",
                "There is no published edition of this for the year.",
            ),
            Self::NotPermitted => Text::new(
                "Du er kjent, men kan ikke gjøre dette; det som åpner for noe, krever flere personer.",
                "You are known, but may not do this; what opens anything takes several persons.",
            ),
            Self::WrongState => Text::new(
                "Det kan ikke gjøres i den tilstanden saken er i; detail sier hvilken.",
                "It cannot be done in the state the case is in; detail says which.",
            ),
            Self::Stale => Text::new(
                "Noen har endret saken etter at du leste den. Les den på nytt og prøv igjen.",
                "Somebody has changed the case since you read it. Read it again and try again.",
            ),
            Self::VersionNeeded => Text::new(
                "Send hodet If-Match med ETag fra saken slik du leste den.",
                "Send the header If-Match with the ETag of the case as you read it.",
            ),
            Self::HardRule => Text::new(
                "En fast regel som ingen kan sette til side, er brutt; `rules` sier hvilken og hvor.",
                "A hard rule that nobody can set aside is broken; `rules` says which and where.",
            ),
            Self::MayNotAsk => Text::new(
                "Spørsmål som svares med støy, koster et budsjett: de stilles av forskere for et registrert prosjekt. Forhåndsvisning og `\"dummy\": true` er åpne for alle.",
                "Questions answered with noise cost a budget: they are asked by researchers for a registered project. Previews and `\"dummy\": true` are open to anyone.",
            ),
            Self::BudgetExhausted => Text::new(
                "Et budsjett rekker ikke til spørsmålet. Det fylles ikke på med tiden. Ingenting er lest eller trukket.",
                "A budget does not hold what the question costs. Time does not refill it. Nothing was read or charged.",
            ),
            Self::DeliveryRefused => Text::new(
                "Kontrollene fant feil som avviser filen, og ingenting av den er beholdt. `delivery` sier hvilke, og hva som skal gjøres.",
                "The controls found faults that refuse the file, and nothing of it is kept. `delivery` says which, and what to do.",
            ),
            Self::LimitReached => Text::new(
                "Avtalen setter en grense for hvor mange poster som kan hentes om dagen. Den er nådd; dagen begynner ved midnatt UTC.",
                "The agreement limits how many records may be fetched in a day. The limit is reached; the day begins at midnight UTC.",
            ),
            Self::TooManyRequests => Text::new(
                "For mange kall på kort tid. Vent så mange sekunder som Retry-After sier.",
                "Too many calls in a short time. Wait as many seconds as Retry-After says.",
            ),
            Self::Unavailable => Text::new(
                "Tjenesten kan ikke bruke databasen, reglene eller loggen sin nå. Ingenting er utlevert. Prøv igjen.",
                "The service cannot use its database, policy or record now. Nothing was released. Try again.",
            ),
            Self::NodeUnavailable => Text::new(
                "Noden som har dette, svarer ikke eller godtar ikke spørsmålet. Ingenting er utlevert. Se /v1/nodes.",
                "The node that holds this does not answer, or does not accept the question. Nothing was released. See /v1/nodes.",
            ),
            Self::Internal => Text::new(
                "En feil hos oss. Ingenting er utlevert. Feilen er logget.",
                "A fault of ours. Nothing was released. It has been logged.",
            ),
        }
    }
}
