//! Which language a caller reads.

use actix_web::HttpRequest;
use actix_web::http::header;
use hjemmel_kostra::Language;

/// The id Statbank's clients know a language by: `no` and `en`.
#[must_use]
pub const fn statbank_id(language: Language) -> &'static str {
    match language {
        Language::Nb => "no",
        Language::En => "en",
    }
}

/// The tag HTTP knows a language by (BCP 47): `nb` and `en`.
#[must_use]
pub const fn tag(language: Language) -> &'static str {
    match language {
        Language::Nb => "nb",
        Language::En => "en",
    }
}

/// Reads `lang=`: `no`, `nb` or `nn`, and `en`, in any case. Nothing else exists.
#[must_use]
pub fn parse(text: &str) -> Option<Language> {
    match text.to_ascii_lowercase().as_str() {
        "no" | "nb" | "nn" => Some(Language::Nb),
        "en" => Some(Language::En),
        _ => None,
    }
}

/// The best of an `Accept-Language` header (RFC 9110 section 12.5.4); bokmål where nothing fits.
#[must_use]
pub fn negotiate(accept_language: Option<&str>) -> Language {
    let mut best = (0.0f32, Language::Nb);
    for part in accept_language.unwrap_or_default().split(',') {
        let mut pieces = part.split(';');
        let tag = pieces.next().unwrap_or_default().trim();
        let quality = pieces
            .find_map(|piece| piece.trim().strip_prefix("q="))
            .map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
        let primary = tag.split('-').next().unwrap_or_default();
        if let Some(language) = parse(primary)
            && quality > best.0
        {
            best = (quality, language);
        }
    }
    best.1
}

/// The language of a request: `lang=` if it names one, else what the address says as Statbank's first interface and
/// KLASS have it, else `Accept-Language`.
#[must_use]
pub fn requested_language(request: &HttpRequest) -> Language {
    let query = |wanted: &str| {
        request.query_string().split('&').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.eq_ignore_ascii_case(wanted).then(|| parse(value)).flatten()
        })
    };
    let path = request.path();
    let of_path = || {
        if let Some(rest) = path.strip_prefix("/api/v0/") {
            return parse(rest.split('/').next()?);
        }
        path.strip_prefix("/api/klass/").and_then(|_| query("language"))
    };
    query("lang").or_else(of_path).unwrap_or_else(|| {
        negotiate(
            request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()),
        )
    })
}

/// Whether a request would rather have nynorsk than any other language of ours: only reports on deliveries have it.
#[must_use]
pub fn wants_nynorsk(request: &HttpRequest) -> bool {
    let named = request.query_string().split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name.eq_ignore_ascii_case("lang") && parse(value).is_some()).then_some(value)
    });
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE);
    named.map_or_else(
        || is_nynorsk_best(accepted.and_then(|value| value.to_str().ok()).unwrap_or_default()),
        |named| named.eq_ignore_ascii_case("nn"),
    )
}

fn is_nynorsk_best(accept_language: &str) -> bool {
    let mut best = (0.0f32, false);
    for part in accept_language.split(',') {
        let mut pieces = part.split(';');
        let tag = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
        let primary = tag.split('-').next().unwrap_or_default();
        let quality = pieces.find_map(|piece| piece.trim().strip_prefix("q="));
        let quality = quality.map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
        if parse(primary).is_some() && quality > best.0 {
            best = (quality, primary == "nn");
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bokmaal_unless_english_is_preferred() {
        assert_eq!(negotiate(None), Language::Nb);
        assert_eq!(negotiate(Some("en-GB,en;q=0.9")), Language::En);
        assert_eq!(negotiate(Some("en;q=0.3, nn;q=0.8")), Language::Nb);
        assert_eq!(negotiate(Some("de, fr")), Language::Nb);
        assert!(is_nynorsk_best("nn-NO, nb;q=0.9"));
        assert!(
            !is_nynorsk_best("nb, nn;q=0.9") && !is_nynorsk_best("en, nn") && !is_nynorsk_best("")
        );
        assert_eq!(negotiate(Some("en;q=0")), Language::Nb);
    }
}
