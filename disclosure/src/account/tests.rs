use super::*;
use crate::Status;

fn account(found: usize) -> Account {
    let mut tally = Tally::default();
    tally.status(Status::Shown, 90);
    tally.status(Status::Primary, 3);
    tally.status(Status::Secondary, 7);
    let loss = tally.close();
    let levels = vec![("fylke".to_owned(), loss.clone())];
    Account {
        title: "a <b> & \"c\"".to_owned(),
        method: Method::Suppress,
        settings: vec![("smallCount".to_owned(), "< 4".to_owned())],
        tables: vec![TableLoss { table: "S1101".to_owned(), all: loss, levels }],
        attackers: vec![Attacker { knows: Knowledge::Bounds, tried: 2, found }],
        narrowest: vec![Interval { cell: "region=A".to_owned(), low: "1".to_owned(), high: None }],
        intervals_are_exact: true,
        narrowest_primary: Some(3),
    }
}

#[test]
fn the_page_says_it_all_in_both_languages() {
    let page = account(0).page();
    for words in [
        "<section id=\"nb\" lang=\"nb\">",
        "<section id=\"en\" lang=\"en\">",
        "Ingen angriper fant noe.",
        "No attacker found anything.",
        "10,0 %",
        "10.0 %",
        "66,7 %",
        "ingen grense",
        "county",
        "a &lt;b&gt; &amp; &quot;c&quot;",
        "&lt; 4",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("<b>"), "a title is text: {page}");
}

#[test]
fn what_an_attacker_found_is_never_called_safe() {
    let page = account(1).page();
    assert!(!page.contains("No attacker found anything."), "{page}");
    assert!(page.contains("must not be published"), "{page}");
}

#[test]
fn moved_cells_are_told_by_how_far_they_moved() {
    let mut tally = Tally::default();
    tally.moved(10, 2);
    tally.moved(10, 0);
    let loss = tally.close();
    assert_eq!((loss.furthest, loss.cells), (Some(2), 2));
    assert!((loss.share_of_value - 0.1).abs() < 1e-12, "{loss:?}");
}
