//! Checking an export of a million events, against plain SHA-256 over the same bytes.

use hjemmel::record::Notary;
use hjemmel::record::export::{End, Line};
use hjemmel::record::verify::{Found, verify};
use hjemmel_store::Root;
use sha2::{Digest, Sha256};
use std::time::Instant;
use tlog_tiles::tlog::{Hash, node_hash};

const EVENTS: i64 = 1_000_000;
const ROUNDS: usize = 5;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let notary = Notary::of([7; 32])?;
    let (mut export, root) = events()?;
    let end = End { checkpoint: notary.sign(&root).map_err(|error| error.to_string())? };
    serde_json::to_writer(&mut export, &end)?;
    export.push(b'\n');
    println!("{EVENTS} events, {} MB", export.len() >> 20);
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let found = verify(export.as_slice(), notary.key(), &[])?;
        let ours = start.elapsed();
        if !matches!(found, Found::Intact { .. }) {
            return Err("a sound export was not found so".into());
        }
        let start = Instant::now();
        std::hint::black_box(Sha256::digest(&export));
        let plain = start.elapsed();
        let ratio = plain.as_secs_f64() / ours.as_secs_f64();
        println!("  verify {ours:?}, SHA-256 {plain:?}, ratio {ratio:.2}");
        ratios.push(ratio);
    }
    ratios.sort_unstable_by(f64::total_cmp);
    let (best, median) = (ratios.last(), ratios.get(ratios.len() / 2));
    println!(
        "verifying against plain SHA-256: best {:.2}, median {:.2} (goal at least 0.5)",
        best.copied().unwrap_or(f64::NAN),
        median.copied().unwrap_or(f64::NAN)
    );
    Ok(())
}

/// Events as a busy installation records them, and the root over them.
fn events() -> Result<(Vec<u8>, Root)> {
    let body = include_str!("decision.json").trim();
    let (mut export, mut leaves) = (Vec::new(), Vec::new());
    for seq in 1..=EVENTS {
        let mut line = Line {
            seq,
            id: uuid::Uuid::from_u128(u128::try_from(seq)?),
            at: 1_795_608_000_000_000 + seq,
            policy_version: 3,
            subject_kind: "organisation".into(),
            organisation: Some("889640782".into()),
            supplier: None,
            client: Some("demo".into()),
            action: "microdata:read".into(),
            resource: r#"{"form":"11","years":[2024],"columns":["REGION","VKLO"],"regions":null}"#
                .into(),
            outcome: "allowed".into(),
            grant_id: Some("nav-11-pseudonymised".into()),
            grant_version: Some(1),
            body: body.into(),
            leaf: "".into(),
        };
        let leaf = line.computed();
        line.leaf = hex::encode(leaf).into();
        leaves.push(Hash(leaf));
        serde_json::to_writer(&mut export, &line)?;
        export.push(b'\n');
    }
    let size = u64::try_from(EVENTS)?;
    Ok((export, Root { size, hash: root(&leaves).0 }))
}

/// RFC 6962 as it is written there.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::default(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(root(left), root(right))
        }
    }
}
