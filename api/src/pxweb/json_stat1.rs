//! JSON-stat 1.2, which clients of Statbank's first interface still ask for: the same cube, named otherwise.

use super::frame::Frame;
use super::jsonstat;
use super::provenance::Provenance;
use super::selection::Selected;
use hjemmel_disclosure::Cell;
use serde_json::{Map, Value};

/// The document.
///
/// # Errors
/// When it cannot be encoded.
pub fn write(
    frame: &Frame<'_>,
    selected: &Selected,
    cells: &[Option<Cell>],
    provenance: &Provenance,
) -> serde_json::Result<Vec<u8>> {
    let text = jsonstat::data(frame, selected, cells, provenance)?;
    let mut set: Map<String, Value> = serde_json::from_slice(&text)?;
    let mut dimension = set.remove("dimension").unwrap_or_default();
    if let Some(dimension) = dimension.as_object_mut() {
        for name in ["id", "size", "role"] {
            dimension.insert(name.to_owned(), set.remove(name).unwrap_or_default());
        }
    }
    let mut dataset = Map::new();
    dataset.insert("dimension".to_owned(), dimension);
    for name in ["label", "source", "updated", "value", "status", "note", "extension"] {
        if let Some(value) = set.remove(name) {
            dataset.insert(name.to_owned(), value);
        }
    }
    serde_json::to_vec(&serde_json::json!({ "dataset": dataset }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pxweb::example::Example;
    use crate::pxweb::jsonstat::tests::provenance;
    use hjemmel_kostra::Language;

    #[test]
    fn the_dimensions_hold_their_order_sizes_and_roles() {
        let example = Example::new();
        let frame = example.frame(Language::En);
        let text = write(&frame, &example.selected, &example.cells, &provenance(4)).unwrap();
        let set: Value = serde_json::from_slice(&text).unwrap();
        let dimension = &set["dataset"]["dimension"];
        let ids = serde_json::json!(["Region", "HovedInntekt", "ContentsCode", "Tid"]);
        assert_eq!(dimension["id"], ids);
        assert_eq!(dimension["size"], serde_json::json!([1, 2, 1, 2]));
        assert_eq!(dimension["role"]["time"], serde_json::json!(["Tid"]));
        assert_eq!(set["dataset"]["value"], serde_json::json!([7, null, null, null]));
        assert_eq!(set["dataset"]["status"]["1"], ":");
    }
}
