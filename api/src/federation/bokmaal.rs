//! In Norwegian, what the nodes of a round or a comparison say no with.

use hjemmel_federation::psi::{Broken, PairFault};
use hjemmel_federation::{Fault, NotCommon, PlanError, Repeat, Veto};

/// A node's own conditions.
pub(super) fn veto(veto: &Veto) -> String {
    match veto {
        Veto::Table(table) => format!("noden deltar ikke i `{table}`"),
        Veto::Recipient(table) => format!("noden gir ikke `{table}` til den mottakeren"),
        Veto::Coordinator(node) => format!("noden arbeider ikke med {node} som koordinator"),
        Veto::Trust(node) => format!("noden viser ikke sine egne summer til {node}"),
        Veto::Rule { threshold, percent } => {
            format!("noden krever en terskel på minst {threshold} og minst {percent} prosent")
        }
        Veto::Members(members) => format!("noden krever minst {members} noder"),
        Veto::Population => "noden svarer ikke for den befolkningen".to_owned(),
    }
}

/// What a plan breaks.
pub(super) fn plan(error: &PlanError) -> String {
    match error {
        PlanError::Members => {
            "en tabell over flere noder trenger minst to, og ikke for mange".to_owned()
        }
        PlanError::Coordinator => {
            "en koordinator med egen del trenger minst to andre noder".to_owned()
        }
        PlanError::Order => "nodene må nevnes én gang hver, etter nummer".to_owned(),
        PlanError::Cells => "tabellen har ingen celler, eller for mange".to_owned(),
        PlanError::Largest => "den største cellen gir ikke rom for en sum over nodene".to_owned(),
        PlanError::Rule => "terskelen eller prosenten er for lav".to_owned(),
        PlanError::Year(year) => format!("det finnes ingen inndeling av landet for {year}"),
        PlanError::NoPopulation(node) => format!("{node} nevner ingen kommune"),
        PlanError::Region { region, year } => {
            format!("`{region}` er ingen kommune og ingen bydel i {year}")
        }
        PlanError::Overlap { region, first, second } => {
            format!("{first} og {second} svarer begge for `{region}`")
        }
    }
}

/// Why a table cannot be made by some nodes.
pub(super) fn common(error: &NotCommon) -> String {
    match error {
        NotCommon::Year(table) => format!("`{table}` finnes ikke for året"),
        NotCommon::Region(region) => format!("`{region}` er ingen region i året"),
        NotCommon::NothingShared => "ingen region er delt mellom to av nodene".to_owned(),
    }
}

/// What a round would repeat.
pub(super) const fn repeat(repeat: Repeat) -> &'static str {
    match repeat {
        Repeat::OtherMembers => {
            "datasettet og året er lagt sammen over andre noder eller befolkninger før"
        }
        Repeat::OtherDefinition => "tabellen og året er lagt sammen med andre celler før",
        Repeat::OtherTable => "en annen tabell av datasettet og året er lagt sammen før",
        Repeat::TooOften => "maskerte summer av tabellen og året er sendt så ofte som de kan",
        Repeat::OtherRecords => "nodens poster var andre da tabellen ble lagt sammen før",
        Repeat::Published => "noden publiserer selv tabeller av datasettet og året",
        Repeat::SameRound => "maskerte summer i nettopp denne runden er sendt før",
    }
}

/// What is wrong with a message or a step.
pub(super) fn fault(fault: &Fault) -> String {
    match fault {
        Fault::Stranger(node) => format!("{node} er ikke kjent, eller deltar ikke i runden"),
        Fault::NotSigned(node) => format!("meldingen er ikke signert av {node}"),
        Fault::OtherRound => "meldingen er av en annen runde".to_owned(),
        Fault::Twice(node) => format!("{node} har sagt det før"),
        Fault::Missing(node) => format!("{node} mangler"),
        Fault::NotMine => {
            "det som er sagt å være nodens egen første melding, er det ikke".to_owned()
        }
        Fault::WeakKey(node) => format!("nøkkelen til {node} er ingen"),
        Fault::OutOfRange => "summene er ikke så mange eller så store som planen sier".to_owned(),
        Fault::Repeat(one) => repeat(*one).to_owned(),
        Fault::Memory => "det som gjøres, kan ikke huskes, og gjøres derfor ikke".to_owned(),
        Fault::Step(_) => "runden er på et annet trinn".to_owned(),
    }
}

/// What two registers were compared in before.
pub(super) const fn pair(fault: PairFault) -> &'static str {
    match fault {
        PairFault::Again => {
            "de to registrene er sammenlignet for denne regionen og dette året før; de kan skille seg med noen få"
        }
        PairFault::OtherStrata => "de to registrene er sammenlignet over andre regioner i året før",
        PairFault::Pair => "en sammenligning er mellom to ulike noder, etter nummer",
        PairFault::Stratum => "regionen er ikke i listen det er enighet om",
    }
}

/// What is wrong with points.
pub(super) const fn broken(broken: Broken) -> &'static str {
    match broken {
        Broken::NotCommitted => "punktene er ikke de det ble forpliktet til",
        Broken::NotPoints => "punktene er ingen, eller ett er der to ganger",
        Broken::Count => "det kom tilbake et annet antall punkter enn det ble sendt",
        Broken::NotHeld => "det som skal sammenlignes om personene, er ikke der til å sammenlignes",
        Broken::TooMany => "det er for mange punkter",
    }
}
