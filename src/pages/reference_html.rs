//! The HTML of the API reference.

use std::fmt;

use actix_web::http::header;
use actix_web::{HttpResponse, HttpResponseBuilder};

const STYLE: &str = "\
:root{color-scheme:light dark;font:1.0625rem/1.5 system-ui,sans-serif;\
--ink:#1c2129;--quiet:#566070;--line:#d5dae2;--ground:#f4f6f9;--sheet:#fff;--accent:#1f4ed8;--on-accent:#fff}\
@media(prefers-color-scheme:dark){:root{\
--ink:#e7eaf0;--quiet:#a9b2c0;--line:#39414e;--ground:#11151b;--sheet:#1a2029;--accent:#a3bdff;--on-accent:#0c1838}}\
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
pre{overflow:auto;padding:.75rem;border:1px solid GrayText;font-size:.875rem}\
.letter{padding:max(1rem,6vh) 1rem;background:var(--ground);color:var(--ink)}\
.letter main{box-sizing:border-box;max-width:32rem;padding:clamp(1.25rem,5vw,2.25rem);\
border:1px solid var(--line);border-radius:.75rem;background:var(--sheet)}\
.letter h1{margin:0 0 1rem}\
.letter h2{margin:1.75rem 0 .25rem;font-size:1.0625rem}\
.letter p{margin:.5rem 0;overflow-wrap:anywhere}\
.letter form{margin:2rem 0 1rem}\
.note{color:var(--quiet);font-size:.9375rem}\
button{width:100%;min-height:3rem;padding:.5rem 1rem;border:1px solid var(--accent);border-radius:.5rem;\
background:var(--accent);color:var(--on-accent);font:inherit;font-weight:600;cursor:pointer}\
button:hover{text-decoration:underline}\
button:focus-visible{outline:3px solid var(--accent);outline-offset:3px}";

/// What every page may load: [`STYLE`], as `'sha256-…'`. What a form may be sent to is added to it.
const POLICY: &str = "default-src 'none'; style-src 'sha256-aJOYv8jGr3YvunJvuIZOmyq7AIUfmPSM4e7CrCXWp2E='; \
    base-uri 'none'; frame-ancestors 'none'; form-action ";

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

/// A page for reading, with a `title`, which is also its heading, and a `body` that is HTML already.
pub(super) fn page(title: &str, body: &str) -> HttpResponse {
    write(&mut HttpResponse::Ok(), "'none'", "", title, body)
}

fn write(
    response: &mut HttpResponseBuilder,
    form_action: &str,
    attributes: &str,
    title: &str,
    body: &str,
) -> HttpResponse {
    let title = Escaped(title);
    response
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_SECURITY_POLICY, format!("{POLICY}{form_action}")))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .body(format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
             <body{attributes}>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
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
