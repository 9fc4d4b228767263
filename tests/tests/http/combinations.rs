//! Whatever is asked of the tables, in any selection, by any code list, in any format, through either interface,
//! directly or by a saved query, by one caller or by two who share what they get: together it is nothing but cells
//! of the releases, and no withheld cell is a combination of them.

use crate::answer::{Answer, Cell};
use crate::node::{Caller, shared};
use crate::row_space::{ASSISTANCE, Attacked, Columns, PRIMES, Row, Space, agreements};
use hjemmel_kostra::regions::changes::{Before, before};
use hjemmel_kostra::{code_list, code_lists, table};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How many questions are asked.
const QUESTIONS: usize = 120;
/// The years whose cells are put together.
const YEARS: [u16; 2] = [2023, 2024];

/// A cell's codes by variable.
type Codes = BTreeMap<String, String>;

/// Chance that is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.roll(all.len())]
    }
}

/// One question: for each variable its code list and its values, or nothing where it is left out.
struct Question {
    table: &'static str,
    parts: Vec<(String, Option<&'static str>, Vec<String>)>,
}

fn ask_at_random(dice: &mut Dice) -> Question {
    let id = *dice.pick(&ASSISTANCE);
    let definition = table(id).unwrap();
    let mut parts = Vec::new();
    for dimension in &definition.dimensions {
        let own = dimension.values_of(2024);
        let lists: Vec<&str> = code_lists()
            .iter()
            .filter(|list| list.column == dimension.column)
            .map(|list| list.id.as_str())
            .collect();
        let some = |dice: &mut Dice, codes: &[String]| -> Vec<String> {
            (0..=dice.roll(6)).map(|_| dice.pick(codes).clone()).collect()
        };
        match dice.roll(5) {
            0 => {}
            1 => parts.push((dimension.code.clone(), None, vec!["*".to_owned()])),
            2 if !lists.is_empty() => {
                let list = *dice.pick(&lists);
                let items = &code_list(list).unwrap().items;
                let codes: Vec<String> = items.iter().map(|item| item.code.clone()).collect();
                let values =
                    if dice.roll(2) == 0 { vec!["*".to_owned()] } else { some(dice, &codes) };
                parts.push((dimension.code.clone(), Some(list), values));
            }
            3 => parts.push((dimension.code.clone(), None, vec!["top(3)".to_owned()])),
            _ => {
                let codes: Vec<String> = own.iter().map(|value| value.code.clone()).collect();
                let values = some(dice, &codes);
                parts.push((dimension.code.clone(), None, values));
            }
        }
    }
    parts.push(("ContentsCode".to_owned(), None, vec!["Antall".to_owned()]));
    parts.push(("Tid".to_owned(), None, YEARS.map(|year| year.to_string()).to_vec()));
    Question { table: id, parts }
}

impl Question {
    fn selection(&self) -> Value {
        let parts = self.parts.iter().map(|(code, list, values)| {
            json!({ "variableCode": code, "codelist": list, "valueCodes": values })
        });
        json!({ "selection": parts.collect::<Vec<_>>() })
    }

    /// The same for the first interface, where a list names its values.
    fn first(&self, format: &str) -> Value {
        let parts = self.parts.iter().map(|(code, list, values)| {
            let filter = match list {
                Some(list) => list.replacen('_', ":", 1),
                None if values.iter().any(|value| value.contains('*')) => "all".to_owned(),
                None => "item".to_owned(),
            };
            json!({ "code": code, "selection": { "filter": filter, "values": values } })
        });
        json!({ "query": parts.collect::<Vec<_>>(), "response": { "format": format } })
    }

    /// Asks in one of the ways there are, and reads what comes.
    fn answer(&self, dice: &mut Dice, caller: &Caller<'_>) -> Vec<Cell> {
        let data = format!("/pxwebapi/v2/tables/{}/data", self.table);
        let first = format!("/api/v0/en/table/{}", self.table);
        let body = self.selection().to_string();
        let all = self.parts.iter().map(|(code, ..)| code.as_str()).collect::<Vec<_>>().join(",");
        let answer = match dice.roll(6) {
            0 => caller.post(&format!("{data}?outputFormat=json-stat2"), &body),
            1 => {
                let mut asked: Value = self.selection();
                asked["placement"] = json!({ "stub": all.split(',').collect::<Vec<_>>() });
                caller.post(&format!("{data}?outputFormat=csv"), &asked.to_string())
            }
            2 => caller.post(&format!("{data}?outputFormat=json-px"), &body),
            3 => caller.post(&first, &self.first("json-stat2").to_string()),
            4 => caller.post(&first, &self.first("csv3").to_string()),
            _ => {
                let query = json!({ "tableId": self.table, "selection": self.selection() });
                let kept = caller.post("/pxwebapi/v2/savedqueries", &query.to_string());
                if kept.status != 201 {
                    return refused(&kept);
                }
                let id = kept.json()["id"].as_str().unwrap().to_owned();
                caller.get(&format!("/pxwebapi/v2/savedqueries/{id}/data"))
            }
        };
        if answer.status != 200 {
            return refused(&answer);
        }
        assert_eq!(answer.header("hjemmel-protection"), "suppressed");
        match answer.header("content-type") {
            "text/csv; charset=utf-8" => of_csv(&answer),
            _ if answer.json()["data"].is_array() => of_json_px(&answer),
            _ => answer.cells(),
        }
    }
}

/// What is refused tells nothing but that, and why.
fn refused(answer: &Answer) -> Vec<Cell> {
    let problem = answer.problem(400, "parameter-error");
    assert!(problem.get("value").is_none());
    Vec::new()
}

fn cell(at: Codes, text: &str) -> Cell {
    Cell { at, value: text.parse().map_err(|_| text.to_owned()) }
}

fn of_csv(answer: &Answer) -> Vec<Cell> {
    let mut reader = csv::Reader::from_reader(answer.body.as_slice());
    let names: Vec<String> = reader.headers().unwrap().iter().map(ToOwned::to_owned).collect();
    let variables = names.len() - 1;
    let rows = reader.records().map(Result::unwrap);
    rows.map(|row| {
        let codes = names.iter().zip(row.iter()).take(variables);
        let at = codes.map(|(name, code)| (name.clone(), code.to_owned())).collect();
        cell(at, &row[variables])
    })
    .collect()
}

fn of_json_px(answer: &Answer) -> Vec<Cell> {
    let set = answer.json();
    let columns = set["columns"].as_array().unwrap();
    let names: Vec<&str> = columns
        .iter()
        .filter(|column| column["type"] != "c")
        .map(|column| column["code"].as_str().unwrap())
        .collect();
    let rows = set["data"].as_array().unwrap().iter();
    rows.map(|row| {
        let codes = row["key"].as_array().unwrap().iter().map(|code| code.as_str().unwrap());
        let at = names.iter().zip(codes).map(|(name, code)| ((*name).to_owned(), code.to_owned()));
        cell(at.collect(), row["values"][0].as_str().unwrap())
    })
    .collect()
}

/// The cell of the release that an answered one stands for: variables left out are their totals, and today's
/// municipality is the one it was.
fn own(question: &Question, answered: &Cell) -> (u16, Codes) {
    let year: u16 = answered.at["Tid"].parse().unwrap();
    let definition = table(question.table).unwrap();
    let mut at = BTreeMap::new();
    for dimension in &definition.dimensions {
        let list = question.parts.iter().find(|(code, ..)| *code == dimension.code);
        let today = matches!(list, Some((_, Some("agg_today"), _)));
        let code = match answered.at.get(&dimension.code) {
            None => dimension.total.clone().unwrap(),
            Some(code) if today => match before(code, year) {
                Some(Before::Same(old)) => old.clone(),
                other => panic!("a number for {code} in {year}, which was {other:?}"),
            },
            Some(code) => code.clone(),
        };
        at.insert(dimension.code.clone(), code);
    }
    (year, at)
}

/// Only the codes of the table's own dimensions: contents and year are the same for all.
fn key(table: &Attacked, cell: &Cell) -> Codes {
    let codes = table.dimensions.iter().map(|d| (d.code.clone(), cell.at[&d.code].clone()));
    codes.collect()
}

#[test]
fn everything_that_can_be_asked_is_together_nothing_but_the_releases_own_cells() {
    let node = shared();
    let mut dice = Dice(0x5eed_0fc0);
    let mut known: BTreeMap<u16, Vec<(usize, Codes)>> = BTreeMap::new();
    let releases: BTreeMap<u16, Vec<Attacked>> = YEARS
        .iter()
        .map(|year| (*year, ASSISTANCE.map(|id| Attacked::fetch(node, id, *year)).into()))
        .collect();
    let shown: BTreeMap<(u16, &str, Codes), &Cell> = releases
        .iter()
        .flat_map(|(year, tables)| tables.iter().map(move |table| (*year, table)))
        .flat_map(|(year, table)| {
            table.cells.iter().map(move |cell| ((year, table.id.as_str(), key(table, cell)), cell))
        })
        .collect();
    let (mut answered, mut numbers) = (0, 0);
    for _ in 0..QUESTIONS {
        let question = ask_at_random(&mut dice);
        // The one has no token, the other one that grants nothing of these tables; they share what they get.
        let caller = if dice.roll(2) == 0 { node.anyone() } else { node.caller("bld") };
        let cells = question.answer(&mut dice, &caller);
        answered += usize::from(!cells.is_empty());
        for cell in cells {
            let Ok(value) = cell.value else { continue };
            let (year, at) = own(&question, &cell);
            let of_release = shown.get(&(year, question.table, at.clone()));
            let said = of_release.map(|cell| cell.value.clone());
            assert_eq!(said, Some(Ok(value)), "{} {year} {at:?}", question.table);
            let place = ASSISTANCE.iter().position(|id| *id == question.table).unwrap();
            known.entry(year).or_default().push((place, at));
            numbers += 1;
        }
    }
    assert!(answered > QUESTIONS / 3 && numbers > 1_000, "{answered} answers, {numbers} numbers");
    for (year, told) in known {
        let tables = &releases[&year];
        let mut columns = Columns { known: BTreeSet::new(), at: HashMap::new() };
        for (place, at) in &told {
            if let [atom] = tables[*place].atoms(&named(at)).as_slice() {
                columns.known.insert((*place, atom.clone()));
            }
        }
        let mut rows = agreements(tables, &mut columns);
        for (place, at) in &told {
            rows.push(row(&tables[*place], *place, at, &mut columns));
        }
        let withheld: Vec<(String, Row)> = tables
            .iter()
            .enumerate()
            .flat_map(|(place, table)| table.cells.iter().map(move |cell| (place, table, cell)))
            .filter(|(.., cell)| cell.value.is_err())
            .map(|(place, table, cell)| {
                let name = format!("{} {:?}", table.id, cell.at);
                (name, row(table, place, &key(table, cell), &mut columns))
            })
            .collect();
        assert!(withheld.len() >= 20, "only {} are withheld", withheld.len());
        for prime in PRIMES {
            let mut space = Space::of(rows.clone(), columns.at.len(), prime);
            for (name, row) in &withheld {
                assert!(!space.reduce(row).is_empty(), "{name} can be computed for {year}");
            }
        }
    }
}

fn row(table: &Attacked, place: usize, at: &Codes, columns: &mut Columns) -> Row {
    let mut row = Row::new();
    columns.row(place, table.atoms(&named(at)), 1, &mut row);
    row
}

fn named(at: &Codes) -> Cell {
    Cell { at: at.clone(), value: Ok(0) }
}
