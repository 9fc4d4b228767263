//! What the controls say, in both languages: what is wrong, then what to do.

use super::plan::{Fault, FaultKind};
use crate::{
    Text,
    layout::{DateFormat, Field, Layout},
};

/// Lists longer than this are not written out.
const LISTED: usize = 15;

pub(super) fn no_records() -> Text {
    Text::new(
        "Filen har ingen poster, men avsenderen sier at den skal ha det. Send filen på nytt med \
         poster, eller meld at det ikke er noen.",
        "The file has no records, although the sender says it has. Send the file again with \
         records, or report that there are none.",
    )
}

pub(super) fn unexpected_records() -> Text {
    Text::new(
        "Avsenderen sier at det ikke er noen poster, men filen er ikke tom. Send en fil med ett \
         mellomrom, eller meld at filen har poster.",
        "The sender says there are no records, but the file is not empty. Send a file of one \
         space, or report that it has records.",
    )
}

pub(super) fn length(layout: &Layout, characters: usize) -> Text {
    let (form, year, wanted) = (layout.form, layout.year, layout.record_length);
    Text::new(
        format!(
            "Linjen har {characters} tegn, men skjema {form} for {year} skal ha {wanted}. Lag \
             filen på nytt etter filbeskrivelsen for {year}."
        ),
        format!(
            "The line has {characters} characters, but form {form} for {year} has {wanted}. Make \
             the file again after the record layout of {year}."
        ),
    )
}

pub(super) fn control_characters() -> Text {
    Text::new(
        "Linjen inneholder tabulator eller andre styretegn. Bytt dem ut med mellomrom.",
        "The line holds a tab or another control character. Put spaces in their place.",
    )
}

pub(super) fn unknown_kommune(layout: &Layout) -> Text {
    let year = layout.year;
    Text::new(
        format!(
            "Kommunenummeret finnes ikke i {year}. Skriv de fire sifrene kommunen hadde det året."
        ),
        format!(
            "There is no such municipality number in {year}. Write the four digits the \
             municipality had that year."
        ),
    )
}

pub(super) fn other_sender(sender: &str) -> Text {
    Text::new(
        format!(
            "Kommunenummeret er ikke avsenderens ({sender}). Rett nummeret, eller send posten fra \
             kommunen den gjelder."
        ),
        format!(
            "The municipality number is not the sender's ({sender}). Correct it, or send the \
             record from the municipality it is about."
        ),
    )
}

pub(super) fn bydel(in_oslo: bool) -> Text {
    if in_oslo {
        Text::new(
            "I Oslo må bydelsnummeret være 01 til 15. Fyll ut feltet.",
            "In Oslo the city district number must be 01 to 15. Fill in the field.",
        )
    } else {
        Text::new(
            "Bare Oslo har bydelsnummer. La feltet stå tomt.",
            "Only Oslo has city district numbers. Leave the field blank.",
        )
    }
}

pub(super) fn version(layout: &Layout) -> Text {
    let (year, short) = (layout.year, layout.year % 100);
    Text::new(
        format!(
            "Posten er ikke merket med rapporteringsåret {year}. Skriv {short:02}, eller send \
             filen for året den gjelder."
        ),
        format!(
            "The record is not marked with the reporting year {year}. Write {short:02}, or send \
             the file for the year it is about."
        ),
    )
}

pub(super) fn birth_date() -> Text {
    Text::new(
        "Fødselsdatoen mangler eller er ikke en virkelig dato. Skriv dag, måned og år med åtte \
         sifre.",
        "The date of birth is missing or is not a real date. Write day, month and year with eight \
         digits.",
    )
}

pub(super) fn number(has_duf: bool) -> Text {
    let (nb, en) = if has_duf {
        (", eller fyll ut et gyldig DUF-nummer", ", or fill in a valid DUF number")
    } else {
        ("", "")
    };
    Text::new(
        format!(
            "Fødselsnummeret mangler eller har feil kontrollsiffer. Rett nummeret. For en person \
             uten nummer: skriv fødselsdatoen med seks sifre og 00100 for mann eller 00200 for \
             kvinne{nb}."
        ),
        format!(
            "The identity number is missing or its check digits are wrong. Correct it. For a \
             person without a number: write the date of birth with six digits and 00100 for a man \
             or 00200 for a woman{en}."
        ),
    )
}

pub(super) fn test_number() -> Text {
    Text::new(
        "Nummeret tilhører en testperson. Bytt det ut med personens eget nummer.",
        "The number belongs to a test person. Put the person's own number in its place.",
    )
}

pub(super) fn same_person(first: u64) -> Text {
    Text::new(
        format!(
            "Samme person står også på linje {first}. Slå postene sammen, eller rett nummeret på \
             den som er feil."
        ),
        format!(
            "The same person is on line {first} as well. Merge the records, or correct the number \
             of the one that is wrong."
        ),
    )
}

pub(super) fn same_journal(first: u64) -> Text {
    Text::new(
        format!(
            "Samme journalnummer står også på linje {first}. Gi hver mottaker sitt eget \
             journalnummer."
        ),
        format!(
            "The same journal number is on line {first} as well. Give each recipient a journal \
             number of their own."
        ),
    )
}

pub(super) fn field(fault: &Fault) -> Text {
    let (name, title) = (&fault.field.name, &fault.field.title);
    let (nb, en) = match fault.kind {
        FaultKind::Missing => (
            format!("må fylles ut.{}", list(fault.field, "Gyldige koder", |text| &text.nb)),
            format!("must be filled in.{}", list(fault.field, "Valid codes", |text| &text.en)),
        ),
        FaultKind::NotInList => (
            format!("har ikke en gyldig kode.{}", list(fault.field, "Velg blant", |text| &text.nb)),
            format!("has no valid code.{}", list(fault.field, "Choose from", |text| &text.en)),
        ),
        FaultKind::NotInteger => (
            "skal være et helt tall. Skriv bare sifre, uten mellomrom, punktum eller komma.".into(),
            "must be a whole number. Write digits only, without spaces, points or commas.".into(),
        ),
        FaultKind::NotDate(format) => {
            let digits = match format {
                DateFormat::DdMmYy => ("seks", "six"),
                DateFormat::DdMmYyyy => ("åtte", "eight"),
            };
            (
                format!(
                    "skal være en virkelig dato. Skriv dag, måned og år med {} sifre.",
                    digits.0
                ),
                format!("must be a real date. Write day, month and year with {} digits.", digits.1),
            )
        }
    };
    Text::new(
        format!("Feltet «{}» ({name}) {nb}", title.nb),
        format!("The field “{}” ({name}) {en}", title.en),
    )
}

/// The code list of a field as a sentence; nothing where there is none or it is long.
fn list(field: &Field, lead: &str, label: impl Fn(&Text) -> &String) -> String {
    if field.codes.is_empty() || field.codes.len() > LISTED {
        return String::new();
    }
    let codes = field.codes.iter().map(|code| format!("{} ({})", code.code, label(&code.label)));
    format!(" {lead}: {}.", codes.collect::<Vec<_>>().join(", "))
}

pub(super) fn other_year(layout: &Layout, years: &[u16]) -> Text {
    let (form, year) = (layout.form, layout.year);
    let listed = years.iter().map(u16::to_string).collect::<Vec<_>>();
    Text::new(
        format!(
            "Linjene passer langt bedre til filbeskrivelsen av skjema {form} for {} enn for {year}. \
             Send filen for riktig år, eller lag den på nytt etter filbeskrivelsen for {year}.",
            listed.join(" eller ")
        ),
        format!(
            "The lines fit the record layout of form {form} for {} far better than that of {year}. \
             Send the file for the right year, or make it again after the layout of {year}.",
            listed.join(" or ")
        ),
    )
}
