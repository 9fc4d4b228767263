//! Form 11B and the introduction register of a year, drawn so that they disagree as registers do.
//!
//! Of a hundred persons about eighty are alike in both. In the register four have another start date, five another benefit and
//! two both; five are in form 11B alone and four in the register alone. One in fifty of those in both is registered in another
//! municipality than the one that delivered. Six records of each delivery have a stand-in number, which nobody can be found by.

use super::super::Failure;
use super::fill::NIR_YEAR;
use super::place::SENDERS;
use chrono::{Days, NaiveDate};
use hjemmel_kostra::identity::{Sex, stand_in, synthetic};
use hjemmel_kostra::{Form, Layout};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Participants in each municipality that delivers.
const PARTICIPANTS: [usize; 4] = [140, 180, 260, 220];
/// Records with a stand-in number in each delivery.
const STAND_INS: usize = 6;

/// What is delivered.
pub struct Drawn {
    /// Form 11B, by the organisation number of the municipality.
    pub delivered: BTreeMap<&'static str, String>,
    /// The register's extract.
    pub extract: String,
}

/// Draws both: the same persons each time, whose numbers are synthetic.
pub fn draw() -> Result<Drawn, Failure> {
    let mut numbers = numbers();
    let mut delivered = BTreeMap::new();
    let mut extract = "KOMMUNE_NR;AAR;PERSON_FODSELSNR;STARTDATO;SLUTTDATO;STONAD".to_owned();
    for ((organisation, kommune, _), persons) in SENDERS.into_iter().zip(PARTICIPANTS) {
        let mut lines = String::new();
        for at in 0..persons {
            let number = numbers.next().ok_or_else(|| Failure::new("there are too few numbers"))?;
            let kroner = 14_000 + u32::try_from(at % 40 * 50)?;
            let (in_form, in_register) = (at % 100 < 96, !(91..96).contains(&(at % 100)));
            if in_form {
                lines.push_str(&line(kommune, &number, kroner)?);
            }
            if in_register {
                let start =
                    if (80..86).contains(&(at % 100)) { "2016-03-01" } else { "2016-02-01" };
                let kroner = if (84..91).contains(&(at % 100)) { kroner + 500 } else { kroner };
                let moved = SENDERS.iter().find(|(_, other, _)| at % 50 == 7 && *other != kommune);
                let kommune = moved.map_or(kommune, |(_, other, _)| other);
                write!(extract, "\n{kommune};{NIR_YEAR};{number};{start};;{kroner}")?;
            }
        }
        let birth = NaiveDate::from_ymd_opt(1985, 1, 1).unwrap_or_default();
        for at in 0..STAND_INS {
            let birth = birth + Days::new(u64::try_from(at)?);
            lines.push_str(&line(kommune, &stand_in(birth, Sex::Woman), 14_000)?);
        }
        delivered.insert(organisation, lines);
    }
    Ok(Drawn { delivered, extract })
}

/// Persons that are nobody, each once.
fn numbers() -> impl Iterator<Item = String> {
    let first = NaiveDate::from_ymd_opt(1972, 1, 3).unwrap_or_default();
    let births = (0..1_200).filter_map(move |at| first.checked_add_days(Days::new(11 * at)));
    births.filter_map(|birth| (0..40).find_map(|individual| synthetic(birth, individual)))
}

/// A line of form 11B.
fn line(kommune: &str, number: &str, kroner: u32) -> Result<String, Failure> {
    let layout = Layout::of(Form::F11B, NIR_YEAR);
    let layout = layout.ok_or_else(|| Failure::new("form 11B has no layout"))?;
    let mut line = " ".repeat(layout.record_length);
    let kroner = format!("{kroner:07}");
    let year = format!("{:02}", NIR_YEAR % 100);
    for (name, value) in [
        ("felt_1", kommune),
        ("felt_2", &year),
        ("felt_5", "QJ7"),
        ("felt_6", number),
        ("felt_8", "2"),
        ("felt_9", "1"),
        ("felt_10", "010216"),
        ("felt_11", "2"),
        ("felt_12_2", "02"),
        ("felt_13", "06"),
        ("felt_15_11", "11"),
        ("felt_15_12", "12"),
        ("felt_16_1", &kroner),
    ] {
        let field = layout.field(name).ok_or_else(|| Failure::new("form 11B lacks a field"))?;
        line.replace_range(field.start..field.start + value.len(), value);
    }
    line.push('\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_registers_disagree_as_is_said() {
        let drawn = draw().unwrap();
        let numbers = |text: &str, at: fn(&str) -> &str| -> Vec<String> {
            text.lines().map(|line| at(line).to_owned()).collect()
        };
        let field = Layout::of(Form::F11B, NIR_YEAR).unwrap().field("felt_6").unwrap();
        let of_form: Vec<String> = drawn
            .delivered
            .values()
            .flat_map(|text| text.lines())
            .map(|line| line[field.start..field.start + 11].to_owned())
            .collect();
        let of_register = numbers(&drawn.extract, |line| line.split(';').nth(2).unwrap());
        let both = of_form.iter().filter(|number| of_register.contains(number)).count();
        let alone = of_register[1..].iter().filter(|number| !of_form.contains(number)).count();
        let stand_ins = of_form.iter().filter(|number| number.ends_with("00200")).count();
        assert_eq!((stand_ins, of_form.len(), of_register.len() - 1), (24, 776 + 24, 770));
        assert_eq!((both, alone), (746, 24));
        let registered: Vec<Vec<&str>> =
            drawn.extract.lines().skip(1).map(|line| line.split(';').collect()).collect();
        let later = registered.iter().filter(|row| row[3] == "2016-03-01").count();
        assert_eq!(later, 42, "six of a hundred of each of the first hundreds");
    }
}
