//! Where a form was sent from.
//!
//! No cookie and no password says who submits a form here: the token in the link does, and a foreign site that knew it could as well open
//! the link. So there is no authority that such a site could borrow. What it could do is submit the form without anybody having read
//! the page; so a browser that says that a foreign site sends it is refused. One that says nothing is not, for there are such, and a
//! page without a referrer has the origin `null`.

use actix_web::http::header::{CONTENT_TYPE, HeaderMap, ORIGIN};

/// Sent by browsers of this decade, over TLS: they alone can set it.
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Whether `headers` are those of a form that people submit on a page that they reach at `public_url`.
pub(super) fn is_sent_by_our_form(headers: &HeaderMap, public_url: &str) -> bool {
    is_a_form(headers) && !is_foreign(headers, public_url)
}

/// A browser lets a foreign page send this type too, but no other that would be read here.
fn is_a_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn is_foreign(headers: &HeaderMap, public_url: &str) -> bool {
    let is = |name: &str, good: &dyn Fn(&[u8]) -> bool| headers.get_all(name).all(|value| good(value.as_bytes()));
    if headers.contains_key(SEC_FETCH_SITE) {
        // `none`: sent again by hand.
        return !is(SEC_FETCH_SITE, &|site| matches!(site, b"same-origin" | b"none"));
    }
    let ours = origin(public_url);
    !is(ORIGIN.as_str(), &|origin| origin == b"null" || origin.eq_ignore_ascii_case(ours.as_bytes()))
}

/// The scheme, host and port of `url`.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find('/').map_or(url.len(), |at| host + at);
    &url[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_ends_where_the_path_begins() {
        for (url, expected) in [
            ("https://profiles.example", "https://profiles.example"),
            ("https://profiles.example/", "https://profiles.example"),
            ("https://profiles.example:8443/base/path", "https://profiles.example:8443"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
        ] {
            assert_eq!(origin(url), expected);
        }
    }
}
