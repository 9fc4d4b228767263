//! The walls around unit records and unprotected counts: what must not compile, does not.
//!
//! Each file under `compile_fail/` is one attempt; the `.stderr` beside it says why the compiler refuses. After a
//! change of compiler or of a type, `TRYBUILD=overwrite cargo test --release -p hjemmel-disclosure --test types`
//! writes them anew; review the difference.

#[test]
fn what_would_let_data_past_the_door_does_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/*.rs");
}
