use super::*;
use crate::record::Notary;
use tlog_tiles::tlog::node_hash;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn leaf(number: u8) -> Hash {
    Hash([number; 32])
}

/// The tree over the first leaves, as RFC 6962 has it.
fn root(size: u8) -> Root {
    fn of(leaves: &[Hash]) -> Hash {
        if let [leaf] = leaves {
            *leaf
        } else {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(of(left), of(right))
        }
    }
    let leaves: Vec<Hash> = (0..size).map(leaf).collect();
    Root { size: size.into(), hash: of(&leaves).0 }
}

fn notary() -> Notary {
    Notary::of([7; 32]).unwrap()
}

fn witness() -> Witness {
    Witness::new("revisor.example.no", &[9; 32], at(1_795_608_000)).unwrap()
}

#[test]
fn a_witness_signs_what_grew_and_nothing_else() {
    let (notary, witness) = (notary(), witness());
    let sign = |root: &Root| notary.sign(root).unwrap();
    // From three leaves to four: the hashes of RFC 6962 section 2.1.2.
    let proof = [leaf(2).0, leaf(3).0, node_hash(leaf(0), leaf(1)).0];
    let (three, four) = (root(3), root(4));
    let new = witness.cosign(&sign(&four), notary.key(), Some(&three), &proof).unwrap();
    let (seen, line) = cosigned(&new, notary.key(), witness.key()).unwrap();
    assert_eq!(seen, four);
    assert!(line.starts_with("— revisor.example.no "), "{line}");
    witness.cosign(&sign(&three), notary.key(), Some(&three), &[]).unwrap();
    witness.cosign(&sign(&three), notary.key(), None, &[]).unwrap();

    let refused = |note: &str, seen: &Root, proof: &[[u8; 32]]| {
        witness.cosign(note, notary.key(), Some(seen), proof).unwrap_err()
    };
    assert!(refused(&sign(&three), &four, &proof).contains("had 4 events and has 3"));
    let other = Root { hash: [1; 32], ..three };
    assert!(refused(&sign(&four), &other, &proof).contains("first 3 events"));
    assert!(refused(&sign(&other), &three, &[]).contains("first 3 events"));
    assert!(refused(&sign(&four), &three, &[]).contains("first 3 events"));
    let stranger = Notary::of([8; 32]).unwrap();
    assert!(witness.cosign(&stranger.sign(&four).unwrap(), notary.key(), None, &[]).is_err());
}

#[test]
fn a_cosignature_is_of_one_witness_over_one_state() {
    let (notary, witness) = (notary(), witness());
    let plain = notary.sign(&root(4)).unwrap();
    let signed = witness.cosign(&plain, notary.key(), None, &[]).unwrap();
    let other = Witness::new("revisor.example.no", &[10; 32], at(0)).unwrap();
    assert!(cosigned(&plain, notary.key(), witness.key()).is_err());
    assert!(cosigned(&signed, notary.key(), other.key()).is_err());
    let line = signed.lines().last().unwrap();
    let moved = format!("{}{line}\n", notary.sign(&root(3)).unwrap());
    assert!(cosigned(&moved, notary.key(), witness.key()).is_err());
    let later = Witness::new("revisor.example.no", &[9; 32], at(1_795_609_000)).unwrap();
    let again = later.cosign(&signed, notary.key(), None, &[]).unwrap();
    assert_eq!(again.matches("revisor.example.no").count(), 1, "{again}");
    assert_ne!(again, signed);
    cosigned(&again, notary.key(), witness.key()).unwrap();
}

#[test]
fn keys_are_read_as_they_are_written() {
    let witness = witness();
    let text = witness.key().to_string();
    assert_eq!(WitnessKey::parse(&text).unwrap().to_string(), text);
    let again = Witness::from_secret(&witness.secret(), at(0)).unwrap();
    assert_eq!(again.key().to_string(), text);
    let other_name = text.replacen("revisor", "revisjon", 1);
    let no_witness = notary().key().to_owned();
    for wrong in ["", "a+b", "a+00000000+AA==", &other_name, &no_witness] {
        assert!(WitnessKey::parse(wrong).is_err(), "{wrong}");
    }
    assert!(Witness::new("two words", &[9; 32], at(0)).is_err());
    for wrong in ["", "PRIVATE+WITNESS+a", "PRIVATE+WITNESS+a+AA==", &text] {
        assert!(Witness::from_secret(wrong, at(0)).is_err(), "{wrong}");
    }
}
