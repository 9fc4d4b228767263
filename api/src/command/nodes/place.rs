//! Where a node of the demonstration lives, who it is, and what its settings say.

use super::super::demo::issuer_text;
use super::super::installation::{self, Installation};
use super::super::{Failure, policy, token};
use super::fill::{NIR_YEAR, YEAR};
use crate::identity::{DevIssuer, NodeKey};
use hjemmel_kostra::Form;
use hjemmel_kostra::regions::{Division, OSLO};
use hjemmel_registers::Keys;
use hjemmel_store::Store;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Statistics Norway, which has KOSTRA.
pub const SSB: usize = 0;
/// The directorate that holds the introduction register.
pub const IMDI: usize = 1;
/// The welfare administration, which has monthly figures.
pub const NAV: usize = 2;

/// Who a node is.
struct Body {
    name: &'static str,
    number: &'static str,
    title: &'static str,
    /// Forms others may ask it for.
    gives: &'static [&'static str],
}

const BODIES: [Body; 3] = [
    Body {
        name: "ssb",
        number: "971526920",
        title: "Statistisk sentralbyrå",
        gives: &["skjema-11C"],
    },
    Body {
        name: "imdi",
        number: "987879696",
        title: "Integrerings- og mangfoldsdirektoratet",
        gives: &[],
    },
    Body {
        name: "nav",
        number: "889640782",
        title: "Arbeids- og velferdsetaten",
        gives: &["skjema-11M"],
    },
];

/// Municipalities that deliver in the demonstration: organisation number, and their number in the two years.
pub const SENDERS: [(&str, &str, &str); 4] = [
    ("940039541", "0106", "3107"),
    ("964965226", "1103", "1103"),
    ("964338531", "1201", "4601"),
    ("942110464", "1601", "5001"),
];

/// A node's folder.
pub struct Place {
    /// Its short name.
    pub name: &'static str,
    /// The number of the body that runs it.
    pub number: &'static str,
    folder: PathBuf,
    port: u16,
}

impl Place {
    /// A file of it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Where it answers.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What its callers' tokens are made out to.
    pub fn audience(&self) -> String {
        format!("https://hjemmel.invalid/{}", self.name)
    }

    /// What it works on.
    pub fn installation(&self) -> Result<Installation, Failure> {
        Installation::open(&self.file("hjemmel.toml"))
    }

    /// The token of one of its callers.
    pub fn token(&self, name: &str) -> Result<String, Failure> {
        let file = self.folder.join("tokens").join(format!("{name}.jwt"));
        std::fs::read_to_string(&file).map_err(Failure::at("read", &file))
    }
}

/// Whether a node answers for a municipality's form 11: one in three is the welfare administration's.
pub fn answers(node: usize, kommune: &str) -> bool {
    let kommuner = kommuner();
    let at = kommuner.iter().position(|one| one == kommune).unwrap_or_default();
    let is_nav = at % 3 == 1 && kommune != OSLO;
    (node == NAV && is_nav) || (node == SSB && !is_nav)
}

fn kommuner() -> Vec<String> {
    let leaves = Division::of(YEAR).map(Division::leaves).unwrap_or_default();
    let mut all: Vec<String> =
        leaves.iter().map(|leaf| leaf.get(..4).unwrap_or_default().to_owned()).collect();
    all.dedup();
    all
}

/// Makes the folders that are not there, and writes the settings, which know where each of the three is now.
pub fn all(dir: &Path, ports: [u16; 3]) -> Result<Vec<Place>, Failure> {
    let dir = std::path::absolute(dir)?;
    let at = |(body, port): (&Body, u16)| Place {
        name: body.name,
        number: body.number,
        folder: dir.join(body.name),
        port,
    };
    let places: Vec<Place> = BODIES.iter().zip(ports).map(at).collect();
    let issuing = dir.join("issuer");
    let is_new = !issuing.exists();
    if is_new {
        std::fs::create_dir_all(&issuing).map_err(Failure::at("make", &issuing))?;
        DevIssuer::create(&issuing, &mut rand::rng())?;
        let keys: Vec<String> = places.iter().map(found).collect::<Result<_, _>>()?;
        for place in &places {
            std::fs::copy(issuing.join("jwks.json"), place.file("jwks.json"))?;
            // What the three have exchanged by hand: the public keys of all.
            for (other, keys) in places.iter().zip(&keys) {
                std::fs::write(place.file(&format!("{}-keys.json", other.name)), keys)?;
            }
        }
    }
    let issuer = DevIssuer::open(&issuing)?;
    for (node, place) in places.iter().enumerate() {
        let file = place.file("hjemmel.toml");
        let text = settings_text(&places, node, &issuer)?;
        std::fs::write(&file, text).map_err(Failure::at("write", &file))?;
        let settings = installation::settings(&file)?;
        Store::open(&settings.store.url, 1)?.migrate()?;
        let tokens = place.file("tokens");
        std::fs::create_dir_all(&tokens)?;
        for (name, token) in token::for_everyone(&issuer, &place.audience())? {
            std::fs::write(tokens.join(format!("{name}.jwt")), token)?;
        }
    }
    if is_new {
        grant(&places)?;
    }
    Ok(places)
}

/// What has been decided when the story begins: SSB's grants, and that each of the two holders lets its register be compared
/// with the other's, by dates and benefits.
fn grant(places: &[Place]) -> Result<(), Failure> {
    let further = policy::parse(hjemmel_policy::DEMO_NODE_GRANTS)?;
    let of = |form| further.iter().filter(move |grant| grant.product == form).cloned();
    let mut of_ssb = policy::parse(hjemmel_policy::DEMO_GRANTS)?;
    of_ssb.extend(of(Form::F11B));
    for (node, grants) in [(SSB, of_ssb), (IMDI, of(Form::Nir).collect())] {
        if let Some(place) = places.get(node) {
            policy::apply(&place.installation()?.store, &grants, "demo", None)?;
        }
    }
    Ok(())
}

/// A folder with keys of its own; gives the public part of the node's.
fn found(place: &Place) -> Result<String, Failure> {
    std::fs::create_dir_all(&place.folder).map_err(Failure::at("make", &place.folder))?;
    Keys::create(&place.file("keys"))?;
    Ok(NodeKey::create(&place.file("node.pem"), &mut rand::rng())?.key_set().to_string())
}

fn settings_text(places: &[Place], node: usize, issuer: &DevIssuer) -> Result<String, Failure> {
    let (Some(place), Some(body)) = (places.get(node), BODIES.get(node)) else {
        return Err(Failure::new("there is no such node"));
    };
    let mut text = format!(
        "# The settings of a node of a demonstration, written at each start.\n\
         test_installation = true\n\n[server]\naddress = \"127.0.0.1:{}\"\n\n[store]\nurl = \"sqlite:hjemmel.db\"\n\n\
         [registers]\nfolder = \"registers\"\n\n[keys]\nfile = \"keys\"\n",
        place.port
    );
    for (organisation, then, now) in SENDERS {
        let (kommune, years) = match node {
            SSB => (then, format!("to = {NIR_YEAR}")),
            NAV => (now, format!("from = {YEAR}")),
            _ => continue,
        };
        let sender = format!(
            "\n[[deliveries.senders]]\norganisation = {organisation:?}\nkommune = {kommune:?}\n{years}\n"
        );
        text.push_str(&sender);
    }
    if node == IMDI {
        let number = body.number;
        write!(text, "\n[[deliveries.registers]]\norganisation = {number:?}\nform = \"NIR\"\n")?;
    }
    let leaves = Division::of(YEAR).map(Division::leaves).unwrap_or_default();
    let population: Vec<&String> =
        leaves.iter().filter(|leaf| answers(node, leaf.get(..4).unwrap_or_default())).collect();
    write!(
        text,
        "\n[federation]\norganisation = {:?}\nname = {:?}\naddress = {:?}\nkey = \"node.pem\"\npopulation = {population:?}\n",
        body.number,
        body.title,
        place.address()
    )?;
    text.push_str(&stance_text(node));
    for (other, its) in places.iter().zip(&BODIES).filter(|(other, _)| other.name != place.name) {
        write!(
            text,
            "\n[[federation.peers]]\norganisation = {:?}\nname = {:?}\naddress = {:?}\n\
             jwks = {{ file = \"{}-keys.json\" }}\naudience = {:?}\nwe_ask = {:?}\nthey_ask = {:?}\n",
            its.number,
            its.title,
            other.address(),
            other.name,
            other.audience(),
            its.gives,
            body.gives,
        )?;
    }
    for config in issuer.configs(&place.audience()) {
        text.push_str(&issuer_text(&config));
    }
    Ok(text)
}

/// What a node puts up with: the tables it adds its own sums to, and the registers it compares.
fn stance_text(node: usize) -> String {
    let imdi = BODIES.get(IMDI).map_or("", |body| body.number);
    let ssb = BODIES.get(SSB).map_or("", |body| body.number);
    let stance = |tables: &str| {
        format!(
            "\n[federation.stance]\ncoordinators = [{imdi:?}]\nthreshold = 4\npercent = 10\nmembers = 2\n\n\
             [federation.stance.tables]\n{tables}"
        )
    };
    match node {
        SSB => {
            let tables = stance("S1101 = [\"*\"]\nS1102 = [\"*\"]\n");
            format!("{tables}\n[federation.compare]\n\"skjema-11B\" = [{imdi:?}]\n")
        }
        NAV => stance("S1101 = [\"*\"]\n"),
        _ => format!("\n[federation.compare]\nnir = [{ssb:?}]\n"),
    }
}
