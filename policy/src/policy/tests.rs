use super::*;
use crate::terms::Columns;
use crate::terms::tests::{columns, demo, demo_grant};
use crate::{MicrodataRead, ReadMicrodata, ReadTable, SCOPE_MICRODATA, SCOPE_TABLES, TableRead};
use chrono::TimeDelta;
use hjemmel_kostra::Language;

mod questions;
mod reference;

fn body(number: &str, supplier: Option<&str>) -> Caller {
    let parse = |n: &str| OrganisationNumber::parse(n).unwrap();
    let scopes = [SCOPE_MICRODATA, SCOPE_TABLES].map(str::to_owned).into();
    let subject = Subject::Organisation { organisation: parse(number) };
    Caller::verified(subject, scopes, supplier.map(parse), None)
}

const NAV: &str = "889640782";
const HUSBANKEN: &str = "942114184";
const KS: &str = "971032146";
const FREDRIKSTAD: &str = "940039541";
const BFD: &str = "972417793";

fn now() -> DateTime<Utc> {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn set(values: &[&str]) -> BTreeSet<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn records(form: Form, year: u16) -> MicrodataRead {
    MicrodataRead { form, year, columns: None, regions: None, unpublished: false }
}

fn table(columns: &[&str], regions: Option<&[&str]>) -> TableRead {
    let years = BTreeSet::from([2024]);
    TableRead {
        table: "S1101".into(),
        form: Form::F11,
        columns: set(columns),
        years,
        regions: regions.map(set),
        unpublished: false,
    }
}

fn policy(grants: Vec<GrantTerms>) -> Policy {
    Policy::build(grants, 7, &columns).unwrap()
}

fn read(policy: &Policy, caller: &Caller, what: MicrodataRead) -> Decided<ReadMicrodata> {
    policy.decide::<ReadMicrodata>(caller, what, None, now())
}

#[test]
fn nav_reads_pseudonymised_records_and_bfd_is_refused_with_the_reason() {
    let policy = policy(demo());
    let Decided::Allowed(grant, decision) =
        read(&policy, &body(NAV, None), records(Form::F11, 2024))
    else {
        panic!("denied")
    };
    assert_eq!(grant.obligations().tier, Tier::Pseudonymised);
    assert!(!grant.obligations().columns.contains("PERSON_FODSELSNR"));
    assert_eq!(grant.obligations().decision, decision.id);
    assert!(decision.explain(Language::Nb).contains("statistikkloven § 14"));
    let denied = read(&policy, &body(BFD, None), records(Form::F11, 2024));
    assert!(!denied.is_allowed());
    assert!(matches!(denied.decision().failed[..], [Failure::NoGrant { .. }]));
    assert!(denied.decision().explain(Language::En).contains("has no grant for form 11"));
}

#[test]
fn nobody_is_ever_allowed() {
    let policy = policy(demo());
    for form in Form::ALL {
        let decided = read(&policy, &Caller::anonymous(), records(form, 2024));
        assert_eq!(decided.decision().failed, [Failure::Anonymous]);
    }
}

#[test]
fn a_caller_cannot_get_the_operators_permission() {
    let what = ProtectTables { form: Form::F11, year: 2024 };
    let decided = policy(demo()).decide::<Protect>(&body(NAV, None), what, None, now());
    assert_eq!(decided.decision().failed, [Failure::OperatorOnly]);
}

#[test]
fn identifiers_come_only_when_asked_for_or_by_purpose() {
    let policy = policy(demo());
    let nav = body(NAV, None);
    let decided = read(&policy, &nav, records(Form::F11C, 2024));
    assert_eq!(decided.decision().tier, Tier::Pseudonymised);
    let mut what = records(Form::F11C, 2024);
    what.columns = Some(set(&["PERSON_FODSELSNR", "STATUS"]));
    assert_eq!(read(&policy, &nav, what).decision().tier, Tier::Identified);
    let named = policy.decide::<ReadMicrodata>(
        &nav,
        records(Form::F11C, 2024),
        Some("participant-follow-up"),
        now(),
    );
    assert_eq!(named.decision().tier, Tier::Identified);
    let wrong =
        policy.decide::<ReadMicrodata>(&nav, records(Form::F11C, 2024), Some("curiosity"), now());
    assert!(wrong.decision().failures().any(|f| matches!(f, Failure::Purpose { .. })));
}

#[test]
fn a_grant_holds_from_its_first_second_to_the_last_before_its_end() {
    let grant = demo_grant("nav-11-pseudonymised");
    let (from, to) = (grant.valid_from, grant.valid_to);
    let policy = policy(vec![grant]);
    let at = |time, seconds| {
        let time = time + TimeDelta::seconds(seconds);
        policy
            .decide::<ReadMicrodata>(&body(NAV, None), records(Form::F11, 2024), None, time)
            .is_allowed()
    };
    assert_eq!([at(from, -1), at(from, 0), at(from, 1)], [false, true, true]);
    assert_eq!([at(to, -1), at(to, 0), at(to, 1)], [true, false, false]);
}

#[test]
fn a_supplier_must_be_named_by_the_grant() {
    let mut grant = demo_grant("nav-11-pseudonymised");
    let denied = read(&policy(vec![grant.clone()]), &body(NAV, Some(KS)), records(Form::F11, 2024));
    assert!(matches!(
        denied.decision().nearest.as_ref().unwrap().failed[..],
        [Failure::Supplier { .. }]
    ));
    assert!(
        read(&policy(vec![grant.clone()]), &body(NAV, Some(NAV)), records(Form::F11, 2024))
            .is_allowed()
    );
    grant.suppliers.insert(OrganisationNumber::parse(KS).unwrap());
    let policy = policy(vec![grant]);
    assert!(read(&policy, &body(NAV, Some(KS)), records(Form::F11, 2024)).is_allowed());
    assert!(!read(&policy, &body(KS, None), records(Form::F11, 2024)).is_allowed(), "not its own");
}

#[test]
fn what_lies_outside_is_named() {
    let policy = policy(demo());
    let mut what = records(Form::F11, 2024);
    what.columns = Some(set(&["VKLO", "SAKSBEHANDLER"]));
    let denied = read(&policy, &body(NAV, None), what);
    let columns = Failure::Columns { names: set(&["SAKSBEHANDLER"]) };
    assert_eq!(denied.decision().nearest.as_ref().unwrap().failed, [columns]);
    let denied = read(&policy, &body(NAV, None), records(Form::F11, 2022));
    assert!(denied.decision().failures().any(|f| *f == Failure::Years { years: [2022].into() }));
    let mut what = records(Form::F11, 2024);
    what.regions = Some(set(&["3107", "0301"]));
    let denied = read(&policy, &body(FREDRIKSTAD, None), what);
    assert!(
        denied
            .decision()
            .failures()
            .any(|f| matches!(f, Failure::Regions { codes, .. } if *codes == set(&["0301"])))
    );
}

#[test]
fn exact_tables_need_every_column_and_every_region() {
    let policy = policy(demo());
    let ask = |who, columns: &[&str], regions| {
        policy
            .decide::<ReadTable>(&body(who, None), table(columns, regions), None, now())
            .is_allowed()
    };
    assert!(ask(HUSBANKEN, &["REGION", "BOSIT"], None));
    assert!(!ask(HUSBANKEN, &["REGION", "VKLO"], None));
    assert!(ask(KS, &["REGION", "VKLO"], Some(&["3107", "3105"])));
    assert!(!ask(KS, &["REGION", "VKLO"], Some(&["3107", "0301"])));
    assert!(!ask(KS, &["REGION", "VKLO"], None), "the whole country");
    assert!(!ask(KS, &[], Some(&["3107"])), "nothing asked");
    assert!(!read(&policy, &body(KS, None), records(Form::F11, 2024)).is_allowed());
}

#[test]
fn a_missing_scope_and_a_state_other_than_active_deny() {
    let nav = Subject::Organisation { organisation: OrganisationNumber::parse(NAV).unwrap() };
    let scopes =
        BTreeSet::from(["ssb:kostra.microdata ".to_owned(), "SSB:KOSTRA.MICRODATA".to_owned()]);
    let denied =
        read(&policy(demo()), &Caller::verified(nav, scopes, None, None), records(Form::F11, 2024));
    assert!(matches!(
        denied.decision().nearest.as_ref().unwrap().failed[..],
        [Failure::Scope { .. }]
    ));
    for state in crate::State::ALL {
        let mut grant = demo_grant("nav-11-pseudonymised");
        grant.state = state;
        let allowed =
            read(&policy(vec![grant]), &body(NAV, None), records(Form::F11, 2024)).is_allowed();
        assert_eq!(allowed, state == crate::State::Active);
    }
}

#[test]
fn a_broken_grant_is_set_aside_and_the_others_stand() {
    let mut broken = demo_grant("nav-11c-identified");
    broken.chain = crate::terms::Chain::Statistics;
    let policy = policy(vec![broken, demo_grant("nav-11-pseudonymised")]);
    assert_eq!(policy.set_aside().count(), 1);
    let nav = body(NAV, None);
    let denied = read(&policy, &nav, records(Form::F11C, 2024));
    assert!(denied.decision().failures().any(|f| matches!(f, Failure::Invalid { .. })));
    assert!(read(&policy, &nav, records(Form::F11, 2024)).is_allowed());
}

#[test]
fn a_fault_of_the_engine_denies() {
    let rules = Rules::broken();
    let policy = Policy::build_with(demo(), 1, &columns, rules);
    let denied = read(&policy, &body(NAV, None), records(Form::F11, 2024));
    assert!(!denied.is_allowed());
    assert!(denied.decision().failures().any(|f| *f == Failure::Fault));
}

#[test]
fn a_decision_survives_json_and_a_snapshot_is_shared_between_threads() {
    const fn shared<T: Send + Sync>() {}
    shared::<Policy>();
    let policy = policy(demo());
    for who in [NAV, BFD, KS] {
        let decision = read(&policy, &body(who, None), records(Form::F11, 2024)).decision().clone();
        let json = serde_json::to_string(&decision).unwrap();
        assert!(json.contains("\"policyVersion\":7"));
        assert_eq!(serde_json::from_str::<Decision>(&json).unwrap(), decision);
    }
}

#[test]
fn a_stop_closes_what_it_is_aimed_at_and_nothing_else() {
    let nav = OrganisationNumber::parse(NAV).unwrap();
    let ks = OrganisationNumber::parse(KS).unwrap();
    let grant = demo_grant("nav-11-pseudonymised");
    for (stop, open) in [
        (crate::Stop::All, false),
        (crate::Stop::Recipient { organisation: nav }, false),
        (crate::Stop::Recipient { organisation: ks }, true),
        (crate::Stop::Dataset { form: Form::F11 }, false),
        (crate::Stop::Dataset { form: Form::F11C }, true),
    ] {
        let policy = policy(demo()).under(&[stop]);
        let decided = read(&policy, &body(NAV, None), records(Form::F11, 2024));
        assert_eq!(decided.is_allowed(), open, "{stop:?}");
        assert_eq!(policy.is_open(&grant.id, grant.version, now()), open, "{stop:?}");
        let named = decided.decision().failures().any(|f| *f == Failure::Stopped { stop });
        assert_eq!(named, !open, "{stop:?}");
        assert_eq!(crate::Stop::parse(stop.kind(), &stop.target()), Some(stop));
    }
}

#[test]
fn what_is_taken_away_first_opens_nothing_that_was_closed() {
    let nav = demo_grant("nav-11-pseudonymised");
    let stop = crate::Stop::Dataset { form: Form::F11C };
    let before = policy(demo()).under(&[stop]);
    let open =
        |policy: &Policy, form| read(policy, &body(NAV, None), records(form, 2024)).is_allowed();
    assert!(open(&before, Form::F11) && !open(&before, Form::F11C));
    let other_version = before.without(&[(nav.id.clone(), nav.version + 1)], &[]);
    assert!(open(&other_version, Form::F11) && !open(&other_version, Form::F11C));
    let gone = before.without(&[(nav.id.clone(), nav.version)], &[]);
    assert!(!open(&gone, Form::F11) && !gone.is_open(&nav.id, nav.version, now()));
    let stopped = before.without(&[], &[crate::Stop::All]);
    assert!(!open(&stopped, Form::F11) && !open(&stopped, Form::F11C));
    let ks = |policy: &Policy| {
        let asked = table(&["REGION"], Some(&["3107"]));
        policy.decide::<ReadTable>(&body(KS, None), asked, None, now()).decision().clone()
    };
    assert_eq!(ks(&gone).nearest, ks(&before).nearest);
}

#[test]
fn what_is_under_way_asks_for_the_state_too() {
    let mut grant = demo_grant("nav-11-pseudonymised");
    let version = grant.version;
    let id = grant.id.clone();
    assert!(policy(vec![grant.clone()]).is_open(&id, version, now()));
    assert!(!policy(vec![grant.clone()]).is_open(&id, version + 1, now()));
    assert!(!policy(vec![grant.clone()]).is_open(&id, version, grant.valid_to));
    grant.state = crate::State::Suspended;
    assert!(!policy(vec![grant]).is_open(&id, version, now()));
}

mod matrix;

#[test]
fn what_is_not_published_yet_is_for_grants_that_say_so_alone() {
    let asked = || MicrodataRead { unpublished: true, ..records(Form::F11, 2024) };
    let caller = body(NAV, None);
    let usual = policy(demo());
    let denied = read(&usual, &caller, asked());
    assert!(denied.decision().failures().any(|failure| *failure == Failure::Embargo));
    assert!(!usual.sees_ahead(&caller, Form::F11, now()));
    assert!(read(&usual, &caller, records(Form::F11, 2024)).is_allowed());
    let promised = demo().into_iter().map(|terms| GrantTerms { pre_release: true, ..terms });
    let ahead = policy(promised.collect());
    assert!(ahead.sees_ahead(&caller, Form::F11, now()));
    assert!(!ahead.sees_ahead(&Caller::anonymous(), Form::F11, now()));
    assert!(read(&ahead, &caller, asked()).is_allowed());
}
