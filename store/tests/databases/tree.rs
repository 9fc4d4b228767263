//! The Merkle tree over the record is the one of RFC 6962, whatever its size, and its proofs lead where they say.

use crate::support::{Place, batch};
use hjemmel_store::Error;
use sha2::{Digest, Sha256};
use tlog_tiles::tlog::{Hash, check_record, check_tree};

/// RFC 6962 section 2.1 as it is written there.
fn tree(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let split = leaves.len().next_power_of_two() / 2;
            let (left, right) = leaves.split_at(split);
            let node = Sha256::new().chain_update([1]).chain_update(tree(left));
            node.chain_update(tree(right)).finalize().into()
        }
    }
}

fn leaves(place: &Place) -> Vec<[u8; 32]> {
    let all = place.store.record_from(0, 100_000).unwrap();
    let read = |digits: &str| {
        let mut hash = [0; 32];
        for (at, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).unwrap();
        }
        hash
    };
    all.iter().map(|row| read(&row.leaf)).collect()
}

on_both! {
    fn the_root_is_that_of_the_rfc_at_every_size(place) {
        assert_eq!(place.store.record_root(None).unwrap().hash, tree(&[]));
        let mut size = 0;
        for more in [1, 1, 1, 4, 120, 128, 1, 1, 255, 256, 3] {
            place.store.record_decisions(&batch(more)).unwrap();
            size += more as u64;
            let root = place.store.record_root(None).unwrap();
            assert_eq!((root.size, root.hash), (size, tree(&leaves(place))), "{size}");
        }
        let all = leaves(place);
        for size in [0, 1, 2, 255, 256, 257, 511, 512, 513, 770] {
            assert_eq!(place.store.record_root(Some(size as u64)).unwrap().hash, tree(&all[..size]), "{size}");
        }
        assert!(matches!(place.store.record_root(Some(all.len() as u64 + 1)), Err(Error::NotFound(_))));
    }

    fn proofs_lead_to_the_root_and_others_do_not(place) {
        for _ in 0..3 {
            place.store.record_decisions(&batch(200)).unwrap();
        }
        let all = leaves(place);
        let hashes = |proof: &hjemmel_store::Proof| proof.hashes.iter().map(|h| Hash(*h)).collect::<Vec<_>>();
        for (seq, size) in [(1, 1), (1, 600), (256, 256), (257, 600), (512, 513), (600, 600), (300, 301)] {
            let proof = place.store.prove_row(seq, Some(size)).unwrap();
            let at = u64::try_from(seq - 1).unwrap();
            let leaf = Hash(all[usize::try_from(at).unwrap()]);
            let root = Hash(proof.root.hash);
            assert!(check_record(&hashes(&proof), size, root, at, leaf).is_ok(), "{seq} {size}");
            assert!(check_record(&hashes(&proof), size, root, at, Hash([7; 32])).is_err());
        }
        for (old, size) in [(1, 600), (255, 256), (256, 600), (300, 513), (600, 600)] {
            let proof = place.store.prove_consistency(old, Some(size)).unwrap();
            let before = Hash(tree(&all[..usize::try_from(old).unwrap()]));
            let root = Hash(proof.root.hash);
            assert!(check_tree(&hashes(&proof), size, root, old, before).is_ok(), "{old} {size}");
            assert!(check_tree(&hashes(&proof), size, root, old, Hash([7; 32])).is_err());
        }
        assert!(matches!(place.store.prove_row(601, None), Err(Error::NotFound(_))));
        assert!(matches!(place.store.prove_row(0, None), Err(Error::NotFound(_))));
        assert!(matches!(place.store.prove_consistency(0, None), Err(Error::NotFound(_))));
        for sql in ["DELETE FROM record_nodes", "UPDATE record_nodes SET hash = ''"] {
            assert!(place.raw(sql).is_err(), "{sql}");
        }
    }

    fn a_policy_version_is_an_event_of_the_record(place) {
        use crate::support::{grant, noon};
        place.store.load_policy(&[grant("a", 1)], "kari", "x", noon(), None).unwrap();
        let all = place.store.record_from(0, 10).unwrap();
        assert_eq!((all.len(), all[0].row.action.as_str()), (1, "policy:enact"));
        assert!(!all[0].row.body.contains("kari"), "{}", all[0].row.body);
        let refused = place.store.load_policy(&[grant("a", 1)], "kari", "x", noon(), Some(9));
        assert!(refused.is_err());
        assert_eq!(place.store.record_root(None).unwrap().size, 1);
    }

    fn a_person_can_be_forgotten_and_the_record_stays_whole(place) {
        let one = place.store.commit_person("Kari (issuer)").unwrap();
        assert_eq!(place.store.commit_person("Kari (issuer)").unwrap(), one);
        assert_ne!(place.store.commit_person("Ola (issuer)").unwrap(), one);
        assert_eq!(one.len(), 64);
        assert_eq!(place.store.committed_person(&one).unwrap().as_deref(), Some("Kari (issuer)"));
        place.store.forget_person("Kari (issuer)").unwrap();
        assert_eq!(place.store.committed_person(&one).unwrap(), None);
        assert!(matches!(place.store.forget_person("Kari (issuer)"), Err(Error::NotFound(_))));
        assert_ne!(place.store.commit_person("Kari (issuer)").unwrap(), one, "a new salt");
    }
}
