//! A part of an answer (RFC 9110 section 14): one range of bytes, for readers of large files.

use actix_web::HttpRequest;
use actix_web::http::header;
use std::ops::Range;

/// The bytes that `Range` and `If-Range` ask for of an entity of a length; none where it is all of it: nothing else
/// was asked for, or it cannot be read or given, and may be ignored.
#[must_use]
pub fn wanted_part(request: &HttpRequest, tag: &str, length: usize) -> Option<Range<usize>> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let asked = header(header::RANGE)?;
    // Another entity, or one that is only weakly the same, cannot be put together from parts.
    if header(header::IF_RANGE).is_some_and(|known| known != tag) {
        return None;
    }
    let (first, last) = asked.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<usize>();
    let range = match (number(first), number(last)) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Ok(first), Err(_)) if last.trim().is_empty() => first..length,
        (Err(_), Ok(count)) if first.trim().is_empty() => length.saturating_sub(count)..length,
        // Several ranges, or none that can be read.
        _ => return None,
    };
    (range.start < length).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn part(range: &str, if_range: Option<&str>) -> Option<Range<usize>> {
        let mut request = TestRequest::get().insert_header(("Range", range));
        if let Some(tag) = if_range {
            request = request.insert_header(("If-Range", tag));
        }
        wanted_part(&request.to_http_request(), "\"tag\"", 100)
    }

    #[test]
    fn one_range_is_read_in_each_of_its_forms() {
        assert_eq!(part("bytes=0-9", None), Some(0..10));
        assert_eq!(part("bytes=90-", None), Some(90..100));
        assert_eq!(part("bytes=-8", None), Some(92..100));
        assert_eq!(part("bytes=-800", None), Some(0..100));
        assert_eq!(part("bytes=95-1000", None), Some(95..100));
        assert_eq!(part("bytes=100-", None), None);
        assert_eq!(part("bytes=-0", None), None);
    }

    #[test]
    fn what_cannot_be_read_or_is_of_another_entity_is_ignored() {
        for range in ["bytes=9-0", "bytes=a-b", "bytes=0-1,3-4", "lines=1-2", "bytes=", "bytes=-"] {
            assert_eq!(part(range, None), None, "{range}");
        }
        assert_eq!(part("bytes=0-9", Some("\"tag\"")), Some(0..10));
        assert_eq!(part("bytes=0-9", Some("W/\"tag\"")), None);
        assert_eq!(part("bytes=0-9", Some("\"other\"")), None);
    }
}
