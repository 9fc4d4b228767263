//! A delivery's findings as comma separated values, for a spreadsheet.

use super::view::Delivery;
use crate::problem::{Kind, Problem};

/// One line a finding and field.
///
/// # Errors
/// When it cannot be encoded.
pub fn csv(delivery: &Delivery) -> Result<Vec<u8>, Problem> {
    let broken = |_| Problem::new(Kind::Internal);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let head = [
        "severity", "control", "line", "journal", "field", "title", "position", "value", "text",
        "alike",
    ];
    writer.write_record(head).map_err(broken)?;
    for found in &delivery.findings {
        let line = found.line.map(|line| line.to_string()).unwrap_or_default();
        let journal = as_text(found.journal.as_deref().unwrap_or_default());
        let alike = found.alike.unwrap_or_default().to_string();
        let mut write = |field: [&str; 4]| {
            let [name, title, position, value] = field;
            let before = [&found.severity, &found.control, line.as_str(), &journal];
            writer.write_record(before.into_iter().chain([
                name,
                title,
                position,
                value,
                &found.text,
                &alike,
            ]))
        };
        if found.fields.is_empty() {
            write([""; 4]).map_err(broken)?;
        }
        for field in &found.fields {
            let value = as_text(field.value.as_deref().unwrap_or_default());
            let position = field.position.map(|at| at.to_string()).unwrap_or_default();
            write([&field.name, &field.title, &position, &value]).map_err(broken)?;
        }
    }
    writer.into_inner().map_err(|_| Problem::new(Kind::Internal))
}

/// A spreadsheet runs what looks like a formula, and what stands in a record may be anything.
fn as_text(value: &str) -> String {
    let is_number = value.parse::<f64>().is_ok();
    let looks_run = value.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if looks_run && !is_number { format!("'{value}") } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_record_is_run_by_a_spreadsheet() {
        for (value, told) in
            [("=1+1", "'=1+1"), ("@x", "'@x"), ("-5", "-5"), ("-5+a", "'-5+a"), ("07", "07")]
        {
            assert_eq!(as_text(value), told);
        }
    }
}
