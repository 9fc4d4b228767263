use super::*;

fn case_handling_of_statistics() -> Use {
    Use {
        role: "organisation",
        product: Form::F11,
        action: ReadMicrodata::NAME,
        purpose: PurposeClass::CaseHandling,
        chain: Chain::Statistics,
        tier: Tier::Identified,
    }
}

const ALLOW_ALL: &str = "*, *, *, *, *, *, allow";

fn refused(model: &str, rows: &str, word: &str) {
    let error = Rules::load(model, rows).err().expect("refused").to_string();
    assert!(error.contains(word), "{error}");
}

#[test]
fn an_empty_set_of_rows_is_refused() {
    refused(MODEL, "", "no rows");
    refused(MODEL, "# only a comment\n\n", "no rows");
}

#[test]
fn an_empty_or_unknown_request_is_refused_when_loading_if_it_would_be_allowed() {
    refused(MODEL, ALLOW_ALL, "nobody could make");
}

#[test]
fn the_engine_itself_would_allow_an_empty_request_to_an_empty_set() {
    let model = MODEL.replace("r.tier == p.tier", "r.tier == p.tier ");
    let model = ready(DefaultModel::from_str(&model)).unwrap();
    let engine = ready(Enforcer::new_raw(model, NullAdapter)).unwrap();
    assert!(engine.enforce(vec![String::new(); 6]).unwrap());
}

#[test]
fn a_capital_deny_is_refused_and_not_read_as_allow() {
    refused(MODEL, &format!("{ROWS}\n*, *, *, *, *, *, Deny"), "small letters");
}

#[test]
fn a_duplicate_row_is_refused_by_its_line() {
    let row = "person, 11, table:read, planning, *, exact, allow";
    refused(MODEL, &format!("{row}\n{row}"), "line 2");
}

#[test]
fn a_short_row_is_refused_and_cannot_break_the_others() {
    refused(MODEL, "person, 11, table:read, planning, *, exact", "seven values");
}

#[test]
fn a_word_outside_the_vocabulary_is_refused() {
    refused(MODEL, "persn, *, *, *, *, *, deny", "`persn`");
    refused(MODEL, "person, 11, table:read, planning, *, , allow", "none of");
}

#[test]
fn a_hash_in_the_matcher_is_refused() {
    refused(&MODEL.replacen("\"*\"", "\"#\"", 1), ROWS, "matcher");
    refused(&MODEL.replacen(" && (p.product", " # && (p.product", 1), ROWS, "matcher");
}

#[test]
fn negation_attributes_order_and_eval_are_refused() {
    for matcher in [
        "m = r.role != p.role",
        "m = r.role.kind == p.role",
        "m = r.tier >= p.tier",
        "m = eval(p.role)",
        "m = true",
    ] {
        let head = MODEL.split("m = ").next().unwrap();
        refused(&format!("{head}{matcher}"), ROWS, "matcher");
    }
}

#[test]
fn an_effect_spelt_otherwise_is_refused_before_it_can_panic() {
    refused(&MODEL.replace("p.eft == allow", "p.eft==allow"), ROWS, "deny win");
    refused(&MODEL.replace(" && !some(where (p.eft == deny))", ""), ROWS, "deny win");
}

#[test]
fn roles_within_roles_are_refused() {
    refused(&format!("{MODEL}\n[role_definition]\ng = _, _\n"), ROWS, "roles");
}

#[test]
fn a_switched_off_engine_is_a_fault() {
    let mut rules = Rules::standard().unwrap();
    rules.enforcer.enable_enforce(false);
    assert!(rules.enforcer.enforce(vec![String::new(); 6]).unwrap(), "the pitfall is real");
    assert!(rules.permit(case_handling_of_statistics()).is_err());
}

#[test]
fn a_panic_in_the_engine_is_a_fault() {
    let model = ready(DefaultModel::from_str(&MODEL.replace("p.eft == allow", "p.eft==allow")));
    let enforcer = ready(Enforcer::new_raw(model.unwrap(), NullAdapter)).unwrap();
    assert!(Rules::of(enforcer).permit(case_handling_of_statistics()).is_err());
}

#[test]
fn a_deny_wins_wherever_it_stands() {
    let deny = "*, *, *, control, statistics, *, deny";
    let allow = "organisation, *, microdata:read, control, *, identified, allow";
    for rows in [format!("{deny}\n{allow}"), format!("{allow}\n{deny}")] {
        let rules = Rules::load(MODEL, &rows).unwrap();
        let mut of = case_handling_of_statistics();
        of.purpose = PurposeClass::Control;
        assert!(!rules.permit(of).unwrap());
        of.chain = Chain::Administrative;
        assert!(rules.permit(of).unwrap());
    }
}

#[test]
fn statistics_never_serve_single_cases_and_persons_never_get_identifiers() {
    let rules = Rules::standard().unwrap();
    for purpose in PurposeClass::ALL {
        for chain in Chain::ALL {
            for tier in TIERS {
                for role in ROLES {
                    for action in [ReadTable::NAME, ReadMicrodata::NAME] {
                        let product = Form::F11C;
                        let of = Use { role, product, action, purpose, chain, tier };
                        let single = purpose.acts_on_units() && chain == Chain::Statistics;
                        let by_hand = role == "person" && tier == Tier::Identified;
                        if single || by_hand || tier == Tier::Protected {
                            assert!(!rules.permit(of).unwrap(), "{of:?}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn every_verdict_is_what_the_engine_says_when_asked_again() {
    let rules = Rules::standard().unwrap();
    let (mut allowed, mut asked) = (0, 0);
    for of in Use::all() {
        let verdict = rules.permit(of).unwrap();
        assert_eq!(verdict, rules.judge(of.words()).unwrap(), "{of:?}");
        allowed += usize::from(verdict);
        asked += 1;
    }
    assert_eq!(asked, rules.verdicts.len());
    assert!(allowed > 0 && allowed < asked);
}

#[test]
fn a_use_nobody_listed_is_a_fault() {
    let of = Use { role: "robot", ..case_handling_of_statistics() };
    assert!(Rules::standard().unwrap().permit(of).is_err());
}
