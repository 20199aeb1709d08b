//! What all pages have in common.

use std::fmt;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;

const STYLE: &str = "\
:root{color-scheme:light dark;font:1.0625rem/1.5 system-ui,sans-serif}\
body{margin:0;padding:2rem 1rem;background:Canvas;color:CanvasText}\
main{max-width:34rem;margin:0 auto}\
h1{font-size:1.5rem;line-height:1.25;overflow-wrap:anywhere}\
h2{margin-top:3rem}\
section{margin-top:2.5rem;padding-top:.5rem;border-top:1px solid GrayText}\
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:0;padding:0;list-style:none}\
[aria-current]{font-weight:bold}\
dt{margin-top:.75rem;overflow-wrap:anywhere}\
dd{margin:0 0 0 1rem;overflow-wrap:anywhere}\
dd dl{padding-left:.5rem;border-left:1px solid GrayText}\
pre{overflow:auto;padding:.75rem;border:1px solid GrayText;font-size:.875rem}";

/// `'sha256-…'` of [`STYLE`]: the one thing that a page may load.
const POLICY: &str = "default-src 'none'; style-src 'sha256-tXQclYER7UXsWoe78LFxgFqlIBipouox+rGNBj2hu90='; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Text that stands for itself in a page.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '&' => formatter.write_str("&amp;"),
            '<' => formatter.write_str("&lt;"),
            '>' => formatter.write_str("&gt;"),
            '"' => formatter.write_str("&quot;"),
            '\'' => formatter.write_str("&#39;"),
            other => fmt::Write::write_char(formatter, other),
        })
    }
}

/// A sentence in which `this` stands for itself: code.
pub(super) struct Prose<'a>(pub(super) &'a str);

impl fmt::Display for Prose<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.split('`').enumerate().try_for_each(|(at, part)| match at % 2 {
            0 => write!(formatter, "{}", Escaped(part)),
            _ => write!(formatter, "<code>{}</code>", Escaped(part)),
        })
    }
}

/// A page with a `title`, which is also its heading, and a `body` that is HTML already.
pub(super) fn page(status: StatusCode, title: &str, body: &str) -> HttpResponse {
    let title = Escaped(title);
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .body(format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
             <body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
        ))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn what_a_name_holds_stays_text() {
        assert_eq!(Escaped("<a href='x'>&\"").to_string(), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
    }

    #[test]
    fn the_policy_names_the_one_style_that_pages_have() {
        let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
        assert!(POLICY.contains(&format!("'sha256-{hash}'")), "{hash}");
    }
}
