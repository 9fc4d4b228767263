//! Scripts of other sites: they may ask and read, and the browser lends them nobody's credentials.

use crate::node::shared;
use crate::wire::send;

const TABLE: &str = "/pxwebapi/v2/tables/S1101/data";
const RECORDS: &str = "/v1/datasets/skjema-11/microdata?year=2024&limit=1";
const SITE: (&str, &str) = ("Origin", "https://tabell.example");

#[test]
fn the_browser_is_told_what_a_script_may_send() {
    let anyone = shared().anyone();
    for (address, method, allowed) in [
        (TABLE, "POST", "GET, HEAD, OPTIONS, POST"),
        (RECORDS, "GET", "GET, HEAD, OPTIONS"),
        ("/v1/me", "GET", "GET, HEAD, OPTIONS"),
    ] {
        let asked = [
            SITE,
            ("Access-Control-Request-Method", method),
            ("Access-Control-Request-Headers", "authorization, if-none-match"),
        ];
        let answer = send(&anyone, "OPTIONS", address, &asked);
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{address}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("access-control-allow-methods"), allowed);
        assert_eq!(answer.header("allow"), allowed);
        let names = answer.header("access-control-allow-headers").to_lowercase();
        let names: Vec<&str> = names.split(", ").collect();
        for name in ["authorization", "accept", "accept-language", "content-type", "if-none-match"]
        {
            assert!(names.contains(&name), "{name} is not in {names:?}");
        }
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
    assert_eq!(send(&anyone, "OPTIONS", "/v1/nothing", &[SITE]).status, 404);
    let plain = send(&anyone, "OPTIONS", "/v1/me", &[]);
    assert_eq!((plain.status, plain.header("allow")), (204, "GET, HEAD, OPTIONS"));
    assert_eq!(plain.header("access-control-allow-methods"), "");
}

#[test]
fn a_script_may_read_every_answer_and_its_marks_but_not_with_the_browsers_credentials() {
    let node = shared();
    for (caller, address, status) in [
        (node.anyone(), TABLE, 200),
        (node.caller("nav"), RECORDS, 200),
        (node.anyone(), RECORDS, 401),
        (node.caller("bld"), RECORDS, 403),
        (node.anyone(), "/v1/nothing", 404),
    ] {
        let answer = send(&caller, "GET", address, &[SITE, ("Cookie", "session=1")]);
        assert_eq!(answer.status, status, "{address}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{address}");
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{address}");
        assert_eq!(answer.header("set-cookie"), "", "{address}");
        let exposed = answer.header("access-control-expose-headers").to_lowercase();
        for (name, _) in answer.headers.iter().filter(|(name, _)| name.starts_with("hjemmel-")) {
            assert!(exposed.split(", ").any(|known| known == name), "{name} cannot be read");
        }
    }
}

#[test]
fn the_configuration_announces_it() {
    let config = shared().anyone().get("/pxwebapi/v2/config").ok().json();
    let cors = &config["features"][0];
    assert_eq!((&cors["id"], &cors["params"][0]["value"]), (&"CORS".into(), &"True".into()));
}
