//! A delivery as it is told: to its sender with what stands in the fields, to the house without.

use chrono::SecondsFormat;
use hjemmel_kostra::controls::Quote;
use hjemmel_kostra::sheet::Sheet;
use hjemmel_kostra::text::nynorsk;
use hjemmel_kostra::{Division, Language, Layout, Text};
use hjemmel_store::{MunicipalDelivery, MunicipalStatus};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// How much of a delivery is told.
#[derive(Clone, Copy)]
pub enum For<'a> {
    /// Its sender, in the answer to the sending itself: with this run's sums and what stands in the fields.
    SenderNow(&'a Value, &'a [Quote]),
    /// Its sender, later.
    Sender,
    /// Those who look after the installation: who sent, when and what became of it. How many records a small
    /// municipality has is not for them.
    House,
}

/// A delivery as it is told.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its id.
    pub id: Uuid,
    /// `accepted`, `waiting` or `refused`.
    pub status: &'static str,
    /// What that means and what to do.
    pub text: String,
    /// The dataset.
    pub dataset: &'static str,
    /// The form.
    pub form: &'static str,
    /// The reporting year.
    pub year: u16,
    /// The month, where the form is sent for each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month: Option<u8>,
    /// The municipality's number.
    pub kommune: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it came.
    pub received_at: String,
    /// When its sender let its warnings pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<String>,
    /// The data processor that sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
    /// The digest of the file, unpacked.
    pub sha256: String,
    /// Its size, unpacked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// How many records it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// What the controls found.
    pub findings: Vec<Finding>,
    /// How many findings more there were.
    pub omitted: u64,
    /// Another year whose layout fits better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What the records add up to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Value>,
}

/// One finding as it is told.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// `WARNING`, `ERROR` or `FATAL`.
    pub severity: String,
    /// The control.
    pub control: String,
    /// The line, from 1; of JSON the place in the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The journal number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<String>,
    /// The fields it is about.
    pub fields: Vec<Field>,
    /// What is wrong and what to do.
    pub text: String,
    /// How many further lines it is said of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alike: Option<u64>,
}

/// One field of a finding.
#[derive(Debug, Clone, Serialize)]
pub struct Field {
    /// Its name in the layout.
    pub name: String,
    /// Its plain name.
    pub title: String,
    /// The position of its first character, from 1, in a record file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// How many characters it has there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<usize>,
    /// What stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// What became of a delivery, which is told in whole sentences: words alone do not make them nynorsk.
const NYNORSK: [(&str, &str); 3] = [
    ("accepted", "Leveringa er godteken. Ho gjeld til kommunen får ei ny godteken."),
    (
        "waiting",
        "Leveringa har åtvaringar og tel ikkje enno. Sjå på dei. Er fila rett, stadfest ho; er ho ikkje det, send ei ny.",
    ),
    (
        "refused",
        "Leveringa er avvist, og ingenting av innhaldet er teke vare på. Rett feila og send fila på nytt. Det som var godteke før, gjeld framleis.",
    ),
];

/// Bands and sums in nynorsk.
fn labels_in_nynorsk(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if name == "label" || name == "title" => {
                        *text = nynorsk::of(text);
                    }
                    _ => labels_in_nynorsk(value),
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(labels_in_nynorsk),
        _ => {}
    }
}

impl Delivery {
    /// The same in nynorsk, where it is told in bokmål.
    #[must_use]
    pub fn in_nynorsk(mut self) -> Self {
        if let Some(own) = NYNORSK.iter().find(|(status, _)| *status == self.status) {
            own.1.clone_into(&mut self.text);
        }
        if let Some(summary) = &mut self.summary {
            labels_in_nynorsk(summary);
        }
        for finding in &mut self.findings {
            finding.text = nynorsk::of(&finding.text);
        }
        self.hint = self.hint.map(|hint| nynorsk::of(&hint));
        self
    }

    /// A stored delivery, told to somebody in a language.
    #[must_use]
    pub fn told(stored: &MunicipalDelivery, whom: For<'_>, language: Language) -> Self {
        let (report, quotes) = match whom {
            For::SenderNow(report, quotes) => (report, quotes),
            For::Sender | For::House => (&stored.report, &[][..]),
        };
        let asked = (Layout::of(stored.form, stored.year), Sheet::of(stored.form));
        let is_sender = !matches!(whom, For::House);
        let list = report.get("findings").and_then(Value::as_array);
        let findings = list.into_iter().flatten().enumerate();
        let findings =
            findings.map(|(at, found)| finding(found, asked, quotes.get(at), language)).collect();
        let moment =
            |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        Self {
            id: stored.id,
            status: stored.status.as_str(),
            text: meaning(stored.status).in_language(language).to_owned(),
            dataset: stored.form.dataset(),
            form: stored.form.number(),
            year: stored.year,
            month: (stored.period > 0).then_some(stored.period),
            kommune: stored.kommune.clone(),
            name: name(stored.year, &stored.kommune),
            received_at: moment(stored.received_at),
            confirmed_at: stored.confirmed_at.map(moment),
            supplier: stored.supplier.clone(),
            sha256: stored.sha256.clone(),
            bytes: is_sender.then_some(stored.bytes),
            records: is_sender.then_some(stored.records),
            findings,
            omitted: report.get("omitted").and_then(Value::as_u64).unwrap_or_default(),
            hint: report.get("hint").and_then(|hint| words(hint.get("text")?, language)),
            summary: report.get("summary").map(|summary| in_one_language(summary, language)),
        }
    }
}

/// The name of a municipality.
#[must_use]
pub fn name(year: u16, kommune: &str) -> Option<String> {
    let division = Division::of(year)?;
    division.kommuner.iter().find(|one| one.code == kommune).map(|one| one.name.clone())
}

fn meaning(status: MunicipalStatus) -> Text {
    match status {
        MunicipalStatus::Accepted => Text::new(
            "Leveringen er godtatt. Den gjelder til kommunen får en ny godtatt.",
            "The delivery is accepted. It counts until a later one of the municipality is.",
        ),
        MunicipalStatus::Waiting => Text::new(
            "Leveringen har advarsler og teller ikke ennå. Se på dem. Er filen riktig, bekreft den; er den ikke, send en ny.",
            "The delivery has warnings and does not count yet. Look at them. If the file is right, confirm it; if not, send another.",
        ),
        MunicipalStatus::Refused => Text::new(
            "Leveringen er avvist, og ingenting av den er beholdt. Rett feilene og send filen på nytt. Det som var godtatt før, gjelder fortsatt.",
            "The delivery is refused, and nothing of it is kept. Correct the faults and send the file again. What was accepted before still counts.",
        ),
    }
}

fn finding(
    found: &Value,
    (layout, sheet): (Option<&'static Layout>, Option<&'static Sheet>),
    quote: Option<&Quote>,
    language: Language,
) -> Finding {
    let text = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let names = found.get("fields").and_then(Value::as_array).into_iter().flatten();
    let fields = names.filter_map(Value::as_str).enumerate();
    let field = |(at, name): (usize, &str)| {
        let known = layout.and_then(|layout| layout.field(name));
        let title = known.map(|field| field.title.in_language(language));
        let asked = || super::sheets::plain_name(sheet?, name, language);
        Field {
            name: name.to_owned(),
            title: title.or_else(asked).unwrap_or(name).to_owned(),
            position: known.map(|field| field.start + 1),
            length: known.map(|field| field.length),
            value: quote.and_then(|quote| quote.value(at)).map(str::to_owned),
        }
    };
    let journal = quote.map(Quote::journal).filter(|journal| !journal.is_empty());
    Finding {
        severity: text("severity"),
        control: text("rule"),
        line: found.get("line").and_then(Value::as_u64),
        journal: journal.map(str::to_owned),
        fields: fields.map(field).collect(),
        text: found.get("text").and_then(|text| words(text, language)).unwrap_or_default(),
        alike: found.get("alike").and_then(Value::as_u64),
    }
}

/// One language of a text that was written down in both.
fn words(text: &Value, language: Language) -> Option<String> {
    let name = match language {
        Language::Nb => "nb",
        Language::En => "en",
    };
    text.get(name)?.as_str().map(ToOwned::to_owned)
}

/// Every text of a value in one language alone.
fn in_one_language(value: &Value, language: Language) -> Value {
    match value {
        Value::Object(members) => match words(value, language) {
            Some(text) if members.len() == 2 => text.into(),
            _ => {
                let members = members.iter();
                members.map(|(name, one)| (name.clone(), in_one_language(one, language))).collect()
            }
        },
        Value::Array(all) => all.iter().map(|one| in_one_language(one, language)).collect(),
        other => other.clone(),
    }
}
