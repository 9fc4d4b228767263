//! `Accept` as RFC 9110 section 12.5.1 reads it: for each media type the most specific range decides.

use actix_web::HttpRequest;
use actix_web::http::header;
use std::cmp::Reverse;

/// What decides between two media types: quality, how closely it is named, and how early.
type Rank = (f32, u8, Reverse<usize>);

/// One part of the header.
struct Range<'a> {
    main: &'a str,
    sub: &'a str,
    quality: f32,
}

impl<'a> Range<'a> {
    fn parse(part: &'a str) -> Option<Self> {
        let mut pieces = part.split(';').map(str::trim);
        let (main, sub) = pieces.next()?.split_once('/')?;
        let quality = pieces
            .filter_map(|piece| piece.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .map_or(1.0, |(_, q)| q.trim().parse::<f32>().unwrap_or(0.0));
        Some(Self { main, sub, quality: quality.clamp(0.0, 1.0) })
    }

    /// How closely it names a media type; none where it is another.
    fn names(&self, media_type: &str) -> Option<u8> {
        let (main, sub) = media_type.split_once('/')?;
        match (self.main, self.sub) {
            ("*", "*") => Some(0),
            (own, "*") if own.eq_ignore_ascii_case(main) => Some(1),
            (own, exact) if own.eq_ignore_ascii_case(main) && exact.eq_ignore_ascii_case(sub) => {
                Some(2)
            }
            _ => None,
        }
    }
}

/// The one of the offered media types the caller would rather have, the first where all are alike.
///
/// What is named beats what a wildcard covers at the same quality, and after that what is named first.
#[must_use]
pub fn preferred(request: &HttpRequest, offers: &[&'static str]) -> Option<&'static str> {
    let lines = request.headers().get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
    let text = lines.collect::<Vec<_>>().join(",");
    if text.trim().is_empty() {
        return offers.first().copied();
    }
    let ranges: Vec<Range<'_>> = text.split(',').filter_map(Range::parse).collect();
    let mut best: Option<Rank> = None;
    let mut chosen = None;
    for &offer in offers {
        let named = ranges
            .iter()
            .enumerate()
            .filter_map(|(at, range)| Some((range.names(offer)?, Reverse(at), range.quality)));
        let closest = named.max_by_key(|(closeness, at, _)| (*closeness, *at));
        let Some((closeness, at, quality)) = closest else { continue };
        let rank = (quality, closeness, at);
        if quality > 0.0 && best.is_none_or(|other| rank > other) {
            (best, chosen) = (Some(rank), Some(offer));
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    const OFFERS: [&str; 3] = ["application/json", "text/csv", "application/vnd.apache.parquet"];

    fn preferred_of(accept: &str) -> Option<&'static str> {
        preferred(&TestRequest::get().insert_header(("Accept", accept)).to_http_request(), &OFFERS)
    }

    #[test]
    fn the_highest_quality_wins_and_a_name_beats_a_wildcard() {
        let [json, csv, parquet] = OFFERS.map(Some);
        for (accept, expected) in [
            ("*/*", json),
            ("", json),
            ("text/csv, */*", csv),
            ("*/*, text/csv", csv),
            ("text/*", csv),
            ("Text/CSV; Q=0.3, application/json;q=0.2", csv),
            ("application/json;q=0.2, text/csv;q=0.1, */*;q=0.9", parquet),
            ("application/*;q=0.5, application/json;q=0, text/csv;q=0.4", parquet),
            ("text/csv, application/vnd.apache.parquet", csv),
            ("application/vnd.apache.parquet, text/csv", parquet),
            ("*/*;q=0.1, application/json;q=0", csv),
            ("text/csv;header=present;q=0.9, application/json ; q = 0.8", csv),
        ] {
            assert_eq!(preferred_of(accept), expected, "{accept}");
        }
    }

    #[test]
    fn what_is_refused_or_unknown_is_not_sent() {
        for accept in ["image/png", "text/csv;q=0", "*/*;q=0", "json", "text/csv;q=much"] {
            assert_eq!(preferred_of(accept), None, "{accept}");
        }
        let none = TestRequest::get().to_http_request();
        assert_eq!(preferred(&none, &OFFERS), Some("application/json"));
        let two = TestRequest::get()
            .append_header(("Accept", "image/png"))
            .append_header(("Accept", "text/csv"));
        assert_eq!(preferred(&two.to_http_request(), &OFFERS), Some("text/csv"));
    }
}
