//! The layout of pages that people open from a link: one sheet with a heading, one inline style, no script, not indexed.

use std::fmt::Display;
use std::sync::LazyLock;

use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::html::html;

const STYLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/sheet.css"));

const NOT_INDEXED: (&str, &str) = ("x-robots-tag", "noindex");

/// The content security policy, up to where a form may be sent. It allows [`STYLE`] by its hash and nothing else.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'; form-action ")
});

#[derive(Template)]
#[template(path = "sheet.html")]
struct Sheet<'a, C: Display> {
    title: &'a str,
    style: &'a str,
    content: C,
}

/// A page with `title`, which is also its heading, and `content`, a template.
pub(super) fn sheet(response: &mut HttpResponseBuilder, title: &str, content: impl Template) -> HttpResponse {
    render(response, "'none'", title, content)
}

/// The same for `content` with a form, which may be sent to this origin only.
pub(super) fn sheet_with_form(response: &mut HttpResponseBuilder, title: &str, content: impl Template) -> HttpResponse {
    render(response, "'self'", title, content)
}

fn render(response: &mut HttpResponseBuilder, form_action: &str, title: &str, content: impl Template) -> HttpResponse {
    let policy = format!("{}{form_action}", *POLICY);
    html(response.insert_header(NOT_INDEXED), &policy, &Sheet { title, style: STYLE, content })
}
