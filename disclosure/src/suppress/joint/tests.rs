//! Tables over nodes that exist in this process alone.

use super::*;
use crate::entitled::tests::{now, policy};
use crate::{Cell, Microcube};
use ed25519_dalek::SigningKey;
use hjemmel_federation::mask::Memory;
use hjemmel_federation::{Agreed, Bytes, Directory, Fault, Hellos, Joined, Member, NodeId, Plan};
use hjemmel_federation::{Round, Rule as RoundRule};
use hjemmel_kostra::Form;
use hjemmel_kostra::regions::Division;
use hjemmel_policy::ProtectTables;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

const YEAR: u16 = 2024;
const SOURCES: [&str; 3] = ["1", "3", "5"];

struct Forgetful;

impl Memory for Forgetful {
    fn enter(&mut self, _: &Agreed) -> Result<(), Fault> {
        Ok(())
    }
}

fn node(at: usize) -> NodeId {
    NodeId::parse(&(100_000_000 + at).to_string()).unwrap()
}

fn members(populations: &[&[&str]]) -> Vec<Member> {
    let of = |population: &&[&str]| population.iter().map(|&region| region.to_owned()).collect();
    let each = populations.iter().enumerate();
    each.map(|(at, population)| Member { node: node(at), population: of(population) }).collect()
}

fn grant() -> Grant<Protect> {
    policy().permit_protection(ProtectTables { form: Form::F11, year: YEAR }, now())
}

/// Records of municipalities by three sources of income.
fn sealed(records: &[(&str, [u64; 3])]) -> Sealed<Protect, Microcube> {
    let regions = Division::of(YEAR).unwrap().leaves().to_vec();
    let sources: Vec<String> = (1..=9).map(|code| code.to_string()).collect();
    let (mut of_region, mut of_source, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for (region, by_source) in records {
        let at = regions.iter().position(|leaf| leaf == region).unwrap();
        for (source, count) in SOURCES.iter().zip(by_source) {
            of_region.push(u32::try_from(at).unwrap());
            let at = sources.iter().position(|code| code == source).unwrap();
            of_source.push(u32::try_from(at).unwrap());
            counts.push(*count);
        }
    }
    let axes = vec![
        Axis { column: "REGION".to_owned(), codes: regions },
        Axis { column: "VKLO".to_owned(), codes: sources },
    ];
    let cube = Microcube::new(axes, vec![of_region, of_source], counts, Vec::new()).unwrap();
    Sealed::new(grant(), cube)
}

fn common(members: &[Member]) -> Common {
    Common::of(hjemmel_kostra::table("S1101").unwrap(), YEAR, members).unwrap()
}

/// A round from the nodes' sums to what may be published.
fn settled(members: &[Member], common: &Common, partials: Vec<Partial>) -> Settled {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let key = |at: usize| SigningKey::from_bytes(&[u8::try_from(at).unwrap() + 1; 32]);
    let directory: Directory =
        (0..members.len()).map(|at| (node(at), key(at).verifying_key())).collect();
    let plan = Plan {
        nonce: Bytes([1; 16]),
        coordinator: node(99),
        dataset: "skjema-11".to_owned(),
        table: "S1101".to_owned(),
        year: YEAR,
        definition: common.definition(),
        cells: u32::try_from(common.sums()).unwrap(),
        largest: 1 << 32,
        rule: RoundRule { threshold: 4, percent: 10 },
        recipient: None,
        trusted: false,
        members: members.to_vec(),
    };
    let agreed = plan.check().unwrap();
    let mut round = Round::invite(agreed.clone(), directory.clone());
    let mut joined = Vec::new();
    for (at, partial) in partials.into_iter().enumerate() {
        let (one, hello) =
            Joined::new(agreed.clone(), node(at), partial, &key(at), &mut rng).unwrap();
        round.hello(hello).unwrap();
        joined.push(one);
    }
    let hellos = Hellos::gather(&agreed, &directory, round.hellos().unwrap()).unwrap();
    let mut sent = Vec::new();
    for (at, one) in joined.into_iter().enumerate() {
        let (one, masked) = one.mask(&hellos, &key(at), &mut Forgetful).unwrap();
        round.masked(&masked).unwrap();
        sent.push(one);
    }
    let totals = round.sum().unwrap();
    let offer = totals.offer(&mut rng);
    let verdicts: Vec<_> = sent
        .into_iter()
        .enumerate()
        .map(|(at, one)| one.judge(&offer, &key(at)).unwrap())
        .collect();
    totals.settle(&verdicts, &directory).unwrap()
}

/// The sums of nodes with these records.
fn partials(parts: &[Vec<(&str, [u64; 3])>], members: &[Member], common: &Common) -> Vec<Partial> {
    let each = parts.iter().zip(members);
    each.map(|(records, member)| sums(sealed(records), common, &member.population).unwrap())
        .collect()
}

fn cells(common: &Common, protected: &Protected) -> BTreeMap<(String, String), Cell> {
    let of = |at: usize| {
        let values = common.table().dimensions.get(at).unwrap().values_of(YEAR);
        values.iter().map(|value| value.code.clone()).collect::<Vec<_>>()
    };
    let (regions, sources) = (of(0), of(1));
    let each = regions.iter().flat_map(|region| sources.iter().map(move |s| (region, s)));
    let shown = &protected.release.content().first().unwrap().cells;
    each.map(|(region, source)| (region.clone(), source.clone())).zip(shown.clone()).collect()
}

#[test]
fn totals_over_nodes_are_protected_like_any_table() {
    // Three nodes; two have parts of Østfold and Rogaland, one of both.
    let members = members(&[&["3101", "1103"], &["3103", "1108"], &["3105", "1106"]]);
    let common = common(&members);
    let parts = [
        vec![("3101", [40, 30, 2]), ("1103", [50, 20, 30])],
        vec![("3103", [30, 40, 1]), ("1108", [60, 30, 25])],
        vec![("3105", [35, 35, 0]), ("1106", [40, 0, 30])],
    ];
    let settled = settled(&members, &common, partials(&parts, &members, &common));
    let made = joint(grant(), settled, &common, &Rule::default(), &|_, _, _| {}).unwrap();
    assert_eq!(made.release.protection(), crate::Protection::Suppressed);
    let cells = cells(&common, &made);
    let at = |region: &str, source: &str| cells[&(region.to_owned(), source.to_owned())];
    assert_eq!(at("EAK", "00"), Cell::Shown(40 + 30 + 2 + 100 + 71 + 115 + 70 + 70));
    assert_eq!(at("EKA31", "arbeid"), Cell::Shown(105));
    // Three persons of two nodes, and what would give them away.
    assert_eq!(at("EKA31", "soshjelp"), Cell::Withheld);
    let of_region = cells.iter().filter(|((region, _), _)| region == "EKA31");
    let withheld = of_region.filter(|(_, cell)| **cell == Cell::Withheld).count();
    assert!(withheld >= 2, "one alone could be computed: {cells:?}");
    // Nobody has anything: that is shown.
    assert_eq!(at("EKA31", "annet"), Cell::Shown(0));
    assert!(!cells.keys().any(|(region, _)| region == "3101"), "a node's own region");
}

#[test]
fn what_one_node_has_alone_or_nearly_alone_is_withheld() {
    let members = members(&[&["3101", "1103"], &["3103", "1108"]]);
    let common = common(&members);
    let parts = [
        vec![("3101", [400, 90, 30]), ("1103", [50, 20, 30])],
        vec![("3103", [3, 80, 0]), ("1108", [60, 30, 25])],
    ];
    let settled = settled(&members, &common, partials(&parts, &members, &common));
    let made = joint(grant(), settled, &common, &Rule::default(), &|_, _, _| {}).unwrap();
    let cells = cells(&common, &made);
    let at = |region: &str, source: &str| cells[&(region.to_owned(), source.to_owned())];
    assert_eq!(at("EKA31", "arbeid"), Cell::Withheld, "the first would learn the second's three");
    assert_eq!(at("EKA31", "soshjelp"), Cell::Withheld, "it is the first's alone");
    let told = [at("EAK", "arbeid"), at("EKA11", "arbeid")];
    assert!(told.contains(&Cell::Withheld), "with Rogaland the country would tell Østfold");
}

#[test]
fn records_of_others_are_not_added_up() {
    let members = members(&[&["3101"], &["3103"]]);
    let common = common(&members);
    let own = &members[0].population;
    assert!(sums(sealed(&[("3101", [9, 9, 9])]), &common, own).is_ok());
    assert!(sums(sealed(&[("3103", [0, 0, 0])]), &common, own).is_ok());
    let refused = sums(sealed(&[("3101", [9, 9, 9]), ("3103", [0, 1, 0])]), &common, own);
    assert!(matches!(refused, Err(Error::OutsidePopulation { .. })));
}

#[test]
fn sums_that_contradict_each_other_are_refused() {
    let members = members(&[&["3101", "1103"], &["3103", "1108"]]);
    let common = common(&members);
    let half = common.cells();
    let lies: [&dyn Fn(usize) -> u64; 4] = [
        // A total that is not that of its parts.
        &|cell| if cell % half == 0 { 90 } else { 0 },
        // Persons without records.
        &|cell| if cell == half { 90 } else { 0 },
        // More persons than records.
        &|cell| if cell >= half { 90 } else { 80 },
        // Parts larger than the whole.
        &|cell| u64::try_from(cell).unwrap(),
    ];
    for lie in lies {
        let honest = sums(sealed(&[("3103", [20, 20, 20])]), &common, &members[1].population);
        let lying = Partial::new((0..common.sums()).map(lie).collect());
        let settled = settled(&members, &common, vec![lying, honest.unwrap()]);
        let made = joint(grant(), settled, &common, &Rule::default(), &|_, _, _| {});
        assert!(matches!(made, Err(Error::Contradictory)));
    }
}
