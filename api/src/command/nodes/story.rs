//! What the demonstration of nodes prints: commands that can be pasted one after the other.

use super::fill::{NIR_YEAR, YEAR};
use super::place::{IMDI, NAV, Place, SSB};
use super::quoted;
use std::path::{Path, PathBuf};

/// The story, for the nodes where they are now.
pub fn story(dir: &Path, places: &[Place]) -> String {
    let at = |node: usize| places.get(node).map(Place::address).unwrap_or_default();
    let number = |node: usize| places.get(node).map_or("", |place| place.number);
    let token = |node: usize, name: &str| {
        let file = places.get(node).map(|place| place.file(&format!("tokens/{name}.jwt")));
        format!("\"Authorization: Bearer $(cat {})\"", quoted(&file.unwrap_or_default()))
    };
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("hjemmel"));
    let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let (ssb, imdi, nav) = (at(SSB), at(IMDI), at(NAV));
    let (ssb_number, imdi_number, nav_number) = (number(SSB), number(IMDI), number(NAV));
    let records = format!(
        "{nav}/v1/nodes/{ssb_number}/datasets/skjema-11C/microdata?year={YEAR}&columns=PERSON_PSEUDONYM,REGION,STATUS&limit=3"
    );
    let months = format!(
        "{imdi}/v1/nodes/{nav_number}/tables/S11M1/data?valueCodes[Region]=3107,4601&valueCodes[Indikator]=mottakere,kvp&valueCodes[Maaned]=01,02,03&valueCodes[ContentsCode]=*&valueCodes[Tid]={YEAR}&outputFormat=csv"
    );
    let joint = |table: &str| {
        format!(r#"{{"table":"{table}","year":{YEAR},"nodes":["{ssb_number}","{nav_number}"]}}"#)
    };
    let compared = format!(
        r#"{{"dataset":"skjema-11B","node":"{imdi_number}","with":"nir","year":{NIR_YEAR},"differences":["dates","benefit"]}}"#
    );
    format!(
        "\n\
Three holders, each its own master, on this machine; stop them all with Ctrl-C\n\
  Statistisk sentralbyrå (KOSTRA)                   {ssb}/docs/\n\
  Integrerings- og mangfoldsdirektoratet (NIR)      {imdi}/docs/\n\
  Arbeids- og velferdsetaten (monthly figures)      {nav}/docs/\n\n\
# 1 Who they know, whether they answer, and as of when:\n\
curl -sw '\\n' '{ssb}/v1/nodes'\n\n\
# 2 NAV asks its own node for records SSB holds. SSB decides on NAV by its own grants, and both sign for it:\n\
curl -siw '\\n' -H {nav_at_nav} '{records}'\n\n\
# 3 BFD asks for the same and is told why not, in SSB's words:\n\
curl -sw '\\n' -H {bld_at_nav} '{records}'\n\n\
# 4 NAV's monthly figures, asked for at IMDi's node; small counts are withheld:\n\
curl -sg -H {imdi_at_imdi} '{months}'\n\n\
# 5 A veto: NAV puts up with one table over several nodes and no other. The round ends, and nobody has learned anything:\n\
follow() {{ while r=\"$(curl -sf -H \"$1\" \"$2\")\"; do case \"$r\" in *'\"state\":\"running\"'*) sleep 1;; *) echo \"$r\"; return;; esac; done; echo 'the node does not answer, or there is nothing to follow'; }}\n\
made() {{ case \"$1\" in /*) follow {admin_at_imdi} \"{imdi}$1\";; *) echo \"$1\";; esac; }}\n\
begin() {{ curl -si -H \"$1\" \"$2\" -d \"$3\" | tr -d '\\r' | sed -n 's/^location: //p;$p' | head -1; }}\n\
ask() {{ begin {admin_at_imdi} '{imdi}/v1/joint-tables' \"$1\"; }}\n\
made \"$(ask '{vetoed}')\"\n\n\
# 6 One table over the municipalities of SSB and of NAV. IMDi makes it and learns the totals alone:\n\
made \"$(ask '{joint}')\"\n\n\
# 7 Form 11B at SSB against the register at IMDi, person by person, without either showing whom it has, and which of dates and\n\
#   benefits differ: each has given the other a grant that names them. Null is withheld.\n\
#   (Of a hundred persons five are in form 11B alone, four in the register alone, and two are registered elsewhere. In the\n\
#   register four have another start date, five another benefit, and two both.)\n\
compared() {{ case \"$1\" in /*) follow {admin_at_ssb} \"{ssb}$1?region=0106,1103,1201,1601,EAK\";; *) echo \"$1\";; esac; }}\n\
compared \"$(begin {admin_at_ssb} '{ssb}/v1/comparisons' '{compared}')\"\n\n\
# 8 SSB's lawyer suspends NAV's grant, and NAV's node gets no more (2), at once:\n\
{program} --config {ssb_config} grant --url {ssb} take suspend nav-11c-pseudonymised --as legal --reason 'a question has come up'\n\
curl -sw '\\n' -H {nav_at_nav} '{records}'\n\n\
# 9 What NAV's node recorded of SSB's answers, held together with SSB's record, without either server:\n\
hjemmel() {{ {program} \"$@\"; }}; key() {{ hjemmel --config \"$1\" audit checkpoint | sed -n 's/^key: //p'; }}\n\
rm -f {nav_record} {ssb_record}; hjemmel --config {nav_config} audit export {nav_record}; hjemmel --config {ssb_config} audit export {ssb_record}\n\
hjemmel audit verify {nav_record} --key \"$(key {nav_config})\" --holder {ssb_record} --holder-key \"$(key {ssb_config})\" --node-keys {ssb_keys}\n\n\
The table (6) can be made once, and so can the comparison (7); start with --reset to see them again.\n",
        nav_at_nav = token(NAV, "nav"),
        bld_at_nav = token(NAV, "bld"),
        imdi_at_imdi = token(IMDI, "imdi"),
        admin_at_imdi = token(IMDI, "admin"),
        admin_at_ssb = token(SSB, "admin"),
        joint = joint("S1101"),
        vetoed = joint("S1102"),
        program = quoted(&program),
        ssb_config = quoted(&dir.join("ssb/hjemmel.toml")),
        nav_config = quoted(&dir.join("nav/hjemmel.toml")),
        nav_record = quoted(&dir.join("nav-record.jsonl")),
        ssb_record = quoted(&dir.join("ssb-record.jsonl")),
        ssb_keys = quoted(&dir.join("nav/ssb-keys.json")),
    )
}
