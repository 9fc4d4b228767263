use super::*;
use hjemmel_kostra::Language;

pub(crate) fn columns(form: Form, year: u16) -> Vec<(String, bool)> {
    if !(2023..=2025).contains(&year) {
        return Vec::new();
    }
    let content = match form {
        Form::F11 => "REGION VKLO TRYGDESIT BOSIT MNDSPENN KJONN ALDERSGRUPPE PERSON_PSEUDONYM",
        Form::F11C => {
            "REGION KOMMUNE_NR BYDELSNR STATUS KJONN ALDER ALDERSGRUPPE YTELSE_INTRO REG_DATO \
             VEDTAK_DATO BEGYNT_DATO KVP_STONAD AVSL_DATO AVSL_UFORE AVSL_AAP PERSON_PSEUDONYM"
        }
        _ => return Vec::new(),
    };
    let content = content.split_whitespace().map(|name| (name.to_owned(), false));
    content.chain([("PERSON_FODSELSNR".into(), true), ("SAKSBEHANDLER".into(), true)]).collect()
}

pub(crate) fn demo() -> Vec<GrantTerms> {
    GrantTerms::from_toml(DEMO_GRANTS).unwrap()
}

pub(crate) fn demo_grant(id: &str) -> GrantTerms {
    demo().into_iter().find(|grant| grant.id == id).unwrap()
}

#[test]
fn the_demo_grants_keep_every_hard_rule() {
    for grant in demo() {
        assert_eq!(grant.validate(&columns), Ok(()), "{}", grant.id);
    }
}

#[test]
fn a_grant_survives_json_in_camel_case() {
    for grant in demo() {
        let json = serde_json::to_string(&grant).unwrap();
        assert!(json.contains("\"validFrom\"") && !json.contains("valid_from"));
        assert_eq!(serde_json::from_str::<GrantTerms>(&json).unwrap(), grant);
    }
}

#[test]
fn each_hard_rule_refuses_by_name() {
    type Spoil = fn(&mut GrantTerms);
    let cases: [(HardRule, Spoil); 16] = [
        (HardRule::Complete, |g| g.id = "Nav 11".into()),
        (HardRule::LegalBasis, |g| g.statutes.clear()),
        (HardRule::LegalBasis, |g| g.statutes[0].lov = "LOV-19-1-1".into()),
        (HardRule::LegalBasis, |g| g.gdpr.art6 = 'z'),
        (HardRule::StatisticsForStatistics, |g| g.chain = Chain::Statistics),
        (HardRule::ImpactAssessment, |g| g.dpia = None),
        (HardRule::SpecialCategories, |g| g.gdpr.art9 = None),
        (HardRule::Confidentiality, |g| g.confidentiality_lift = None),
        (HardRule::Dates, |g| g.valid_to = g.valid_from),
        (HardRule::Dates, |g| g.deletion_attested_by = NaiveDate::MIN),
        (HardRule::KnownColumns, |g| g.identifiers = false),
        (HardRule::KnownColumns, |g| g.columns = Columns::Listed(["STATSU".into()].into())),
        (HardRule::GivesSomething, |g| g.years.clear()),
        (HardRule::OwnPopulation, |g| g.recipient.kommune = ["3107".into()].into()),
        (HardRule::FourEyes, |g| g.approver.clone_from(&g.reviewer)),
        (HardRule::FourEyes, |g| g.reviewer = None),
    ];
    for (rule, spoil) in cases {
        let mut grant = demo_grant("nav-11c-identified");
        spoil(&mut grant);
        let violations = grant.validate(&columns).expect_err(rule.code());
        assert!(violations.iter().any(|v| v.rule == rule), "{rule:?}: {violations:?}");
    }
}

#[test]
fn a_wrong_column_is_answered_with_the_nearest_right_one() {
    let mut grant = demo_grant("nav-11c-identified");
    grant.columns = Columns::Listed(["STATSU".into()].into());
    let text = grant.validate(&columns).unwrap_err()[0].to_string();
    assert!(text.contains("did you mean `STATUS`"), "{text}");
}

#[test]
fn errors_in_a_file_name_line_and_field() {
    let wrong = |from: &str, to: &str| {
        assert!(DEMO_GRANTS.contains(from));
        GrantTerms::from_toml(&DEMO_GRANTS.replacen(from, to, 1)).unwrap_err().to_string()
    };
    let line = DEMO_GRANTS.lines().position(|l| l.starts_with("valid_to")).unwrap() + 1;
    let error = wrong("valid_to =", "valid_too =");
    assert_eq!(
        error,
        format!("line {line}: there is no field `valid_too`; did you mean `valid_to`?")
    );
    let error = wrong("valid_to = \"2029-01-01T00:00:00+01:00\"\n", "");
    assert!(error.contains("`valid_to` is missing"), "{error}");
    let error = wrong("valid_to = \"2029-01-01T00:00:00+01:00\"", "valid_to = \"soon\"");
    assert!(error.starts_with(&format!("line {line}: `valid_to`")), "{error}");
    let error = wrong("\"nav-11c-pseudonymised\"", "\"nav-11-pseudonymised\"");
    assert!(error.contains("more than one grant"), "{error}");
}

#[test]
fn a_difference_is_told_in_words() {
    let old = demo();
    let mut new = old.clone();
    new.remove(0);
    let housing = new.iter_mut().find(|g| g.id == "husbanken-11-housing").unwrap();
    housing.state = State::Suspended;
    housing.years.remove(&2023);
    let told: Vec<_> = diff(&old, &new).iter().map(|c| c.describe(Language::En)).collect();
    assert!(told.contains(&"husbanken-11-housing: state: active → suspended".to_owned()));
    assert!(told.contains(&"husbanken-11-housing: years: removed 2023".to_owned()));
    assert!(told.iter().any(|line| line.starts_with("nav-11-pseudonymised: grant removed")));
    assert_eq!(told.len(), 3);
    assert!(diff(&old, &old).is_empty());
}
