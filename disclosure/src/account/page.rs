//! The account as a page.

use super::words::{EN, NB, Words};
use super::{Account, Knowledge, Loss, Method};
use std::fmt::{Display, Write as _};

const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}\
    table{border-collapse:collapse;margin:1em 0}th,td{padding:.2em .8em;text-align:right;border-bottom:1px solid #ccc}\
    th:first-child,td:first-child,td.word,th.word{text-align:left}.safe{color:#0a6b3b}.broken{color:#a4161a}\
    section+section{border-top:3px solid #ccc;margin-top:3em}";

pub(super) fn page(account: &Account) -> String {
    let title = escape(&account.title);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"nb\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n\
         <p><a href=\"#nb\">Norsk</a> <a href=\"#en\" lang=\"en\">English</a></p>\n"
    );
    for words in [&NB, &EN] {
        section(&mut page, account, words);
    }
    page.push_str("</body></html>\n");
    page
}

fn section(page: &mut String, account: &Account, words: &Words) {
    let language = words.language;
    let _ =
        writeln!(page, "<section id=\"{language}\" lang=\"{language}\"><h2>{}</h2>", words.heading);
    if account.method == Method::Suppress {
        let (class, verdict) =
            if account.found() == 0 { ("safe", words.safe) } else { ("broken", words.broken) };
        let _ = writeln!(page, "<p class=\"{class}\"><strong>{verdict}</strong></p>");
        let tried = |who| account.attackers.iter().any(|attacker| attacker.knows == who);
        for untried in
            [Knowledge::Bounds, Knowledge::Insider].into_iter().filter(|&who| !tried(who))
        {
            let who = words.knowledge(untried);
            let _ = writeln!(page, "<p class=\"broken\">{} {who}.</p>", words.untried);
        }
    }
    let _ = writeln!(page, "<p>{}</p><p>{}</p>", words.method(account.method), words.only_for);
    settings(page, account, words);
    losses(page, account, words);
    if !account.attackers.is_empty() {
        attackers(page, account, words);
    }
    if !account.narrowest.is_empty() {
        narrowest(page, account, words);
    }
    if let Some(fewest) = account.narrowest_primary {
        let _ = writeln!(page, "<p>{} {fewest}</p>", words.fewest);
    }
    page.push_str("</section>\n");
}

fn settings(page: &mut String, account: &Account, words: &Words) {
    let _ = writeln!(page, "<h3>{}</h3><table>", words.settings);
    for (name, value) in &account.settings {
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}</th><td class=\"word\">{}</td></tr>",
            escape(name),
            escape(value)
        );
    }
    page.push_str("</table>\n");
}

fn losses(page: &mut String, account: &Account, words: &Words) {
    let _ = writeln!(page, "<h3>{}</h3><table>", words.lost);
    let columns: &[&str] = if account.method == Method::Suppress {
        &[words.cells, words.primary, words.secondary, words.of_cells, words.of_value]
    } else {
        &[words.cells, words.furthest, words.moved]
    };
    heads(page, &[&[words.table, words.level][..], columns].concat());
    for table in &account.tables {
        let levels = table.levels.iter().map(|(level, loss)| (words.level(level), loss));
        for (level, loss) in std::iter::once((words.all, &table.all)).chain(levels) {
            row(page, &table.table, level, loss, account.method, words);
        }
    }
    page.push_str("</table>\n");
}

fn row(page: &mut String, table: &str, level: &str, loss: &Loss, method: Method, words: &Words) {
    let _ = write!(
        page,
        "<tr><td>{}</td><td class=\"word\">{}</td><td>{}</td>",
        escape(table),
        escape(level),
        loss.cells
    );
    let value = percent(loss.share_of_value, words);
    let _ = if method == Method::Suppress {
        let cells = percent(loss.share_of_cells, words);
        let (primary, secondary) = (loss.primary, loss.secondary);
        writeln!(
            page,
            "<td>{primary}</td><td>{secondary}</td><td>{cells}</td><td>{value}</td></tr>"
        )
    } else {
        writeln!(page, "<td>{}</td><td>{value}</td></tr>", loss.furthest.unwrap_or(0))
    };
}

fn attackers(page: &mut String, account: &Account, words: &Words) {
    let _ = writeln!(page, "<h3>{}</h3><table>", words.attackers);
    heads(page, &["", words.tried, words.found]);
    for attacker in &account.attackers {
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
            words.knowledge(attacker.knows),
            attacker.tried,
            attacker.found
        );
    }
    page.push_str("</table>\n");
}

fn narrowest(page: &mut String, account: &Account, words: &Words) {
    let says = if account.intervals_are_exact { words.exact } else { words.at_least };
    let _ = writeln!(page, "<h3>{}</h3><p>{says}</p><table>", words.narrowest);
    heads(page, &[words.cell, words.from, words.to]);
    for interval in &account.narrowest {
        let high = interval.high.as_deref().unwrap_or(words.no_limit);
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{high}</td></tr>",
            escape(&interval.cell),
            interval.low
        );
    }
    page.push_str("</table>\n");
}

fn heads(page: &mut String, heads: &[impl Display]) {
    page.push_str("<tr>");
    for head in heads {
        let _ = write!(page, "<th scope=\"col\">{head}</th>");
    }
    page.push_str("</tr>\n");
}

fn percent(share: f64, words: &Words) -> String {
    format!("{:.1} %", share * 100.0).replace('.', &words.point.to_string())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
