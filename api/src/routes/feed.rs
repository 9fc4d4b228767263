//! `/feed`: what was published, newest first, for whoever wants to know of changes.

use crate::app::App;
use crate::language;
use crate::problem::Problem;
use crate::pxweb::html::escaped;
use crate::pxweb::request::Query;
use crate::reply::Reply;
use crate::routes::table_list::address;
use crate::shelf::OnShelf;
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, SecondsFormat, Utc};
use hjemmel_kostra::Language;
use std::fmt::Write as _;

/// The most entries of an answer.
const MOST: usize = 200;

/// What was published, newest first, as Atom (RFC 4287): one entry a table and year.
#[utoipa::path(operation_id = "read_feed", tag = "Tables",
    params(("lang" = Option<String>, Query, description = "`no` or `en`.", example = "en")),
    responses((status = 200, description = "The feed.", content((String = "application/atom+xml")))))]
#[get("/feed")]
pub async fn read_feed(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let answer = || {
        let language = Query::of(&request).language(&request)?;
        let text = feed(&app, language)?;
        let reply = Reply::open(&request).in_language(language);
        Ok(reply.send("application/atom+xml; charset=utf-8", text.into()))
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn feed(app: &App, reader: Language) -> Result<String, Problem> {
    let shelf = app.shelf()?;
    let mut entries: Vec<(&OnShelf, String, String)> = Vec::new();
    for published in shelf.tables() {
        let cube = &published.cube;
        for at in 0..cube.years.len() {
            let Some(on_shelf) = published.release(at) else { continue };
            let id = cube.table.id.clone();
            entries.push((on_shelf, id, cube.title(reader)));
        }
    }
    entries.sort_by(|a, b| {
        (b.0.published_at, &a.1, b.0.year).cmp(&(a.0.published_at, &b.1, a.0.year))
    });
    entries.truncate(MOST);
    let newest = entries.first().map(|(on_shelf, ..)| on_shelf.published_at).unwrap_or_default();
    let (title, tag) = match reader {
        Language::Nb => ("Publiserte tabeller", language::tag(reader)),
        Language::En => ("Published tables", language::tag(reader)),
    };
    let own = escaped(&format!("{}/feed", app.public_address()));
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{tag}\">\n<id>{own}</id>\n<title>{title}</title>\n<updated>{}</updated>\n<link rel=\"self\" href=\"{own}\"/>\n<author><name>Statistisk sentralbyrå, KOSTRA</name></author>\n",
        moment(newest)
    );
    for (on_shelf, id, title) in &entries {
        let year = on_shelf.year;
        let kind = match (on_shelf.preliminary, reader) {
            (true, Language::Nb) => "foreløpige tall",
            (true, Language::En) => "preliminary figures",
            (false, Language::Nb) => "endelige tall",
            (false, Language::En) => "final figures",
        };
        let place = escaped(&address(app, &format!("/tables/{id}")));
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "<entry><id>urn:uuid:{}#{}</id><title>{} {year} ({kind})</title><updated>{}</updated><link href=\"{place}\"/></entry>",
            on_shelf.id,
            escaped(id),
            escaped(title),
            moment(on_shelf.published_at),
        );
    }
    text.push_str("</feed>\n");
    Ok(text)
}
