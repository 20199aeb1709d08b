//! Refuses forms that another site sends (CSRF).
//!
//! The token in the link is the only credential: there is no cookie that another site could make a browser send. A site that knew the
//! token could still submit the form before a person has read the page, so a request that a browser marks as cross-site is refused.
//! Requests without such a mark pass: older browsers send none, and a page without a referrer has the origin `null`.

use actix_web::http::header::{CONTENT_TYPE, HeaderMap, ORIGIN};
use url::Url;

/// Browsers send it over TLS, and scripts cannot set it.
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Whether `headers` can be those of the form on a page below `public_url`.
pub(super) fn is_sent_by_our_form(headers: &HeaderMap, public_url: &str) -> bool {
    is_form(headers) && !is_cross_site(headers, public_url)
}

fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn is_cross_site(headers: &HeaderMap, public_url: &str) -> bool {
    let all =
        |name: &str, allowed: &dyn Fn(&[u8]) -> bool| headers.get_all(name).all(|value| allowed(value.as_bytes()));
    if headers.contains_key(SEC_FETCH_SITE) {
        // `none`: the person sent it again by hand.
        return !all(SEC_FETCH_SITE, &|site| matches!(site, b"same-origin" | b"none"));
    }
    let ours = Url::parse(public_url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    !all(ORIGIN.as_str(), &|origin| origin == b"null" || origin.eq_ignore_ascii_case(ours.as_bytes()))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn the_origin_of_the_public_url_has_neither_its_path_nor_a_default_port() {
        for (public_url, origin) in [
            ("https://profiles.example", "https://profiles.example"),
            ("https://profiles.example/", "https://profiles.example"),
            ("https://profiles.example:443/", "https://profiles.example"),
            ("https://profiles.example:8443/base/path", "https://profiles.example:8443"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
            assert!(!is_cross_site(&headers, public_url), "{public_url}");
            headers.insert(ORIGIN, HeaderValue::from_static("https://other.example"));
            assert!(is_cross_site(&headers, public_url), "{public_url}");
        }
    }
}
