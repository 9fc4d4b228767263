//! No single changed character of a token goes unnoticed.

use super::*;

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ";

fn no_change_counts(alg: &str, claims: &Value, step: usize) {
    let (_dir, verifier) = verifier();
    let token = signer(alg).mint(claims);
    let caller = ask(&verifier, &token, now()).unwrap();
    let mut tried = 0_usize;
    for (place, was) in token.char_indices() {
        for letter in LETTERS.chars().skip(place % step).step_by(step).filter(|new| *new != was) {
            let mut changed = token.clone();
            changed.replace_range(place..=place, letter.encode_utf8(&mut [0; 4]));
            tried += 1;
            assert!(ask(&verifier, &changed, now()).is_err(), "{alg}: {letter} at {place}");
        }
        let mut shorter = token.clone();
        shorter.remove(place);
        assert!(ask(&verifier, &shorter, now()).is_err(), "{alg}: without {place}");
    }
    assert!(tried > token.len(), "too few changes to mean anything");
    assert_eq!(ask(&verifier, &token, now()), Ok(caller));
}

#[test]
fn no_changed_character_of_an_ed25519_token_counts() {
    no_change_counts("EdDSA", &machine(), 1);
}

#[test]
fn no_changed_character_of_an_ecdsa_token_counts() {
    no_change_counts("ES256", &person(), 16);
}

#[test]
fn no_changed_character_of_an_rsa_token_counts() {
    no_change_counts("RS256", &machine(), 16);
    no_change_counts("PS256", &person(), 16);
}
