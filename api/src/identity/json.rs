//! JSON in which no object names a member twice.
//!
//! Parsers differ on which of two equal members counts, so one that checks and one that uses may
//! see two tokens in one; RFC 8725 section 2.4 and RFC 7519 section 4 let us refuse them.

use super::Reason;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

/// Reads one object; members are compared after their escapes are undone.
pub(super) fn object(bytes: &[u8]) -> Result<Map<String, Value>, Reason> {
    if repeated_member(bytes).is_some() {
        return Err(Reason::DuplicateMember);
    }
    serde_json::from_slice(bytes).map_err(|_| Reason::TokenMalformed)
}

/// The first member that an object names twice; none where there is none before what is no JSON.
#[must_use]
pub fn repeated_member(bytes: &[u8]) -> Option<String> {
    let repeated = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    // What is no JSON is found by whoever reads it.
    let _ = Unique { repeated: &repeated }.deserialize(&mut reader);
    repeated.into_inner()
}

/// Walks a value and stops at the first repeated member.
#[derive(Clone, Copy)]
struct Unique<'a> {
    repeated: &'a RefCell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for Unique<'_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated members")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if let Some(name) = seen.replace(name) {
                *self.repeated.borrow_mut() = Some(name);
                return Err(A::Error::custom("repeated member"));
            }
            members.next_value_seed(self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_members_are_refused_at_any_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"a":2}}"#,
            r#"{"x":[1,{"y":[{"a":null,"b":2.5,"a":true}]}]}"#,
        ] {
            assert_eq!(object(text.as_bytes()), Err(Reason::DuplicateMember), "{text}");
        }
    }

    #[test]
    fn equal_names_in_different_objects_are_fine() {
        let text = r#"{"a":{"a":1},"b":[{"a":1},{"a":2}],"c":-1,"d":1e3,"e":null,"f":false}"#;
        assert_eq!(object(text.as_bytes()).unwrap().len(), 6);
    }

    #[test]
    fn what_is_not_one_object_is_malformed() {
        let deep = format!("{}{}", "[".repeat(400), "]".repeat(400));
        let nested = format!("{{\"a\":{deep}}}");
        for text in
            ["", "[]", "1", "null", "{", r#"{"a":1}{"#, r#"{"a":1} x"#, "\u{feff}{}", &nested]
        {
            assert_eq!(object(text.as_bytes()), Err(Reason::TokenMalformed), "{text}");
        }
        assert_eq!(object(b"{\"a\":\"\xff\"}"), Err(Reason::TokenMalformed));
    }
}
