//! The catalogue as DCAT-AP-NO describes one: a dataset for each table and each register, how to get them, and by
//! which law whatever is not open may be given.

pub mod graph;

use crate::federation::Federation;
use crate::language::statbank_id;
use crate::pxweb::request::Format;
use crate::pxweb::subjects;
use crate::shelf::{Published, Shelf};
use graph::Graph;
use hjemmel_kostra::{Form, Language, Text};

/// The catalogue of organisations.
const ORGANISATIONS: &str =
    "https://organization-catalog.fellesdatakatalog.digdir.no/organizations";
/// Statistics Norway.
const SSB: &str = "971526920";
const AUTHORITY: &str = "http://publications.europa.eu/resource/authority";
const LICENCE: &str = "http://publications.europa.eu/resource/authority/licence/NLOD_2_0";
/// What kind of rule an act is.
const LAW: &str = "https://data.norge.no/vocabulary/legal-resource-type#act";
/// The acts that registers are collected and shared under.
const ACTS: [(&str, &str, &str); 2] = [
    ("https://lovdata.no/eli/lov/2019/06/21/32/nor/html", "Statistikkloven", "The Statistics Act"),
    (
        "https://lovdata.no/eli/lov/2009/12/18/131/nor/html",
        "Sosialtjenesteloven",
        "The Social Services Act",
    ),
];

/// Who publishes, and whom to ask.
struct Who {
    publisher: String,
    contact: String,
}

/// The catalogue of an installation at an address; of a node, that of the body that runs it.
#[must_use]
pub fn catalogue(shelf: &Shelf, address: &str, node: Option<&Federation>) -> Graph {
    let mut graph = Graph::default();
    let catalogue = format!("{address}/catalog");
    let contact = format!("{catalogue}#contact");
    let other = node.map(Federation::settings).filter(|one| one.organisation.as_str() != SSB);
    let number = other.map_or(SSB, |one| one.organisation.as_str());
    let (nb, en) = other.map_or(("Statistisk sentralbyrå", "Statistics Norway"), |one| {
        (one.name.as_str(), one.name.as_str())
    });
    let who = Who { publisher: format!("{ORGANISATIONS}/{number}"), contact };
    graph.about(who.publisher.as_str()).is("foaf:Agent").words("foaf:name", nb, en).value(
        "dct:identifier",
        number,
        None,
    );
    let mut asked = graph.about(who.contact.as_str());
    asked.is("vcard:Organization").words(
        "vcard:fn",
        &format!("KOSTRA, {nb}"),
        &format!("KOSTRA, {en}"),
    );
    if other.is_none() {
        asked.thing("vcard:hasEmail", "mailto:kostra-support@ssb.no");
    } else {
        asked.thing("vcard:hasURL", format!("{address}/docs/"));
    }
    for (act, nb, en) in ACTS {
        graph.about(act).is("eli:LegalResource").thing("dct:type", LAW).words("dct:title", nb, en);
    }
    service(&mut graph, address, &who);
    let mut datasets = Vec::new();
    for published in shelf.tables() {
        datasets.push(table(&mut graph, published, address, &who));
    }
    for form in Form::ALL.into_iter().filter(|form| !shelf.years(*form).is_empty()) {
        datasets.push(register(&mut graph, form, shelf, address, &who));
    }
    let mut about = graph.about(catalogue.as_str());
    about
        .is("dcat:Catalog")
        .words(
            "dct:title",
            "KOSTRA-data delt på hjemmel",
            "KOSTRA data shared on a legal basis",
        )
        .words(
            "dct:description",
            "Publiserte tabeller som er vernet mot avsløring, og registrene bak dem, som gis den som har hjemmel.",
            "Published tables protected against disclosure, and the registers behind them, given to whoever has a legal basis.",
        )
        .value("dct:identifier", catalogue.as_str(), None)
        .thing("dct:publisher", who.publisher.as_str())
        .thing("dcat:contactPoint", who.contact.as_str())
        .thing("dct:language", format!("{AUTHORITY}/language/NOB"))
        .thing("dct:language", format!("{AUTHORITY}/language/ENG"))
        .thing("dct:license", LICENCE)
        .thing("foaf:homepage", format!("{address}/docs/"))
        .thing("dcat:service", format!("{catalogue}#service"));
    for dataset in &datasets {
        about.thing("dcat:dataset", dataset.as_str());
    }
    graph.name_vocabularies(AUTHORITY);
    graph
}

fn service(graph: &mut Graph, address: &str, who: &Who) {
    graph
        .about(format!("{address}/catalog#service"))
        .is("dcat:DataService")
        .words("dct:title", "Tabeller som PxWebApi 2", "Tables as PxWebApi 2")
        .value("dct:identifier", format!("{address}/catalog#service"), None)
        .thing("dcat:endpointURL", format!("{address}{}", crate::routes::table_list::PREFIX))
        .thing("dcat:endpointDescription", format!("{address}/openapi.json"))
        .thing("dct:publisher", who.publisher.as_str())
        .thing("dcat:contactPoint", who.contact.as_str())
        .thing("dct:license", LICENCE)
        .thing("dct:accessRights", format!("{AUTHORITY}/access-right/PUBLIC"));
}

/// Media types and the authority's names of the formats.
fn file_type(format: &str) -> Option<(&'static str, &'static str)> {
    Some(match format {
        "json-stat2" => ("application/json", "JSON"),
        "csv" => ("text/csv", "CSV"),
        "xlsx" => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX"),
        "html" => ("text/html", "HTML"),
        "parquet" => ("application/vnd.apache.parquet", "PARQUET"),
        _ => return None,
    })
}

fn table(graph: &mut Graph, published: &Published, address: &str, who: &Who) -> String {
    let cube = &published.cube;
    let id = &cube.table.id;
    let place = format!("{address}{}/tables/{id}", crate::routes::table_list::PREFIX);
    let (nb, en) = (cube.title(Language::Nb), cube.title(Language::En));
    for format in Format::NAMES {
        let Some((media_type, kind)) = file_type(format) else { continue };
        graph
            .about(format!("{place}#{format}"))
            .is("dcat:Distribution")
            .words("dct:title", &format!("{nb} ({format})"), &format!("{en} ({format})"))
            .thing("dcat:accessURL", format!("{place}/data?outputFormat={format}"))
            .thing("dcat:downloadURL", format!("{place}/data?outputFormat={format}"))
            .thing(
                "dcat:mediaType",
                format!("https://www.iana.org/assignments/media-types/{media_type}"),
            )
            .thing("dct:format", format!("{AUTHORITY}/file-type/{kind}"))
            .thing("dct:license", LICENCE)
            .thing("dcat:accessService", format!("{address}/catalog#service"));
    }
    let notes = |language| published.notes(language).join(" ");
    let mut about = graph.about(place.as_str());
    about
        .is("dcat:Dataset")
        .words("dct:title", &nb, &en)
        .words(
            "dct:description",
            &format!("{nb}. {}", notes(Language::Nb)),
            &format!("{en}. {}", notes(Language::En)),
        )
        .value("dct:identifier", place.as_str(), None)
        .thing("dct:publisher", who.publisher.as_str())
        .thing("dcat:contactPoint", who.contact.as_str())
        .thing("dcat:theme", format!("{AUTHORITY}/data-theme/SOCI"))
        .thing("dct:accessRights", format!("{AUTHORITY}/access-right/PUBLIC"))
        .thing("dct:accrualPeriodicity", format!("{AUTHORITY}/frequency/ANNUAL"))
        .thing("dct:language", format!("{AUTHORITY}/language/NOB"))
        .thing("dct:language", format!("{AUTHORITY}/language/ENG"))
        .thing("dct:spatial", "http://publications.europa.eu/resource/authority/country/NOR")
        .value("dct:modified", published.updated(), Some("dateTime"))
        .thing("dcat:landingPage", format!("{place}?lang={}", statbank_id(Language::Nb)));
    for code in subjects::of(cube.table) {
        let word = |language| subjects::label(code, language);
        about.words("dcat:keyword", word(Language::Nb), word(Language::En));
    }
    for format in Format::NAMES.into_iter().filter(|format| file_type(format).is_some()) {
        about.thing("dcat:distribution", format!("{place}#{format}"));
    }
    of_years(graph, &place, &cube.years);
    place
}

/// The years a dataset is of, oldest first.
fn of_years(graph: &mut Graph, place: &str, years: &[u16]) {
    let (Some(first), Some(last)) = (years.first(), years.last()) else { return };
    let period = format!("{place}#period");
    graph.about(place).thing("dct:temporal", period.as_str());
    graph
        .about(period)
        .is("dct:PeriodOfTime")
        .value("dcat:startDate", format!("{first}-01-01"), Some("date"))
        .value("dcat:endDate", format!("{last}-12-31"), Some("date"));
}

/// The records themselves, which are given to whoever has a legal basis.
fn register(graph: &mut Graph, form: Form, shelf: &Shelf, address: &str, who: &Who) -> String {
    let id = form.dataset();
    let place = format!("{address}/v1/datasets/{id}");
    let title = Text::new(
        format!("KOSTRA skjema {}: enkeltopplysninger", form.number()),
        format!("KOSTRA form {}: unit records", form.number()),
    );
    graph
        .about(format!("{place}#records"))
        .is("dcat:Distribution")
        .words("dct:title", "Enkeltopplysninger", "Unit records")
        .thing("dcat:accessURL", format!("{place}/microdata"))
        .thing("dct:format", format!("{AUTHORITY}/file-type/PARQUET"));
    let years = shelf.years(form);
    let mut about = graph.about(place.as_str());
    about
        .is("dcat:Dataset")
        .words("dct:title", &title.nb, &title.en)
        .words(
            "dct:description",
            "Opplysninger om den enkelte, som bare gis den som har hjemmel, og bare det hjemmelen dekker.",
            "Records of single persons, given only to whoever has a legal basis, and only what it covers.",
        )
        .value("dct:identifier", place.as_str(), None)
        .thing("dct:publisher", who.publisher.as_str())
        .thing("dcat:contactPoint", who.contact.as_str())
        .thing("dcat:theme", format!("{AUTHORITY}/data-theme/SOCI"))
        .thing("dct:accessRights", format!("{AUTHORITY}/access-right/NON_PUBLIC"))
        .thing("dct:accrualPeriodicity", format!("{AUTHORITY}/frequency/ANNUAL"))
        .thing("dcat:distribution", format!("{place}#records"))
        .thing("dcat:landingPage", place.as_str());
    for (act, ..) in ACTS {
        about.thing("dcatap:applicableLegislation", act);
    }
    of_years(graph, &place, &years);
    place
}
