//! The API reference: a page that renders an OpenAPI document with Swagger UI.

use actix_web::http::header::{ACCEPT, LOCATION, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::assets::assets_url;
use super::html::html;
use crate::api::ApiVersion;
use crate::api::document::ApiDocument;
use crate::domain::label::EnumLabel;
use crate::http::HttpError;

/// Scripts and styles are files of this origin, and so is what the page requests. Images in the style are `data:` URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "reference.html")]
struct Reference<'a> {
    assets: &'a str,
    documents: &'a [ApiDocument],
    shown: ApiDocument,
}

/// `GET /`. Leads a browser to the reference; for programs there is nothing.
pub(super) async fn lead_to_reference(request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let accepted = request.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    if !accepted.flat_map(|line| line.split(',')).any(|kind| kind.trim().starts_with("text/html")) {
        return Err(HttpError::unknown_path());
    }
    // Relative: a proxy may serve it below a path of its own.
    Ok(HttpResponse::Found().insert_header((LOCATION, "docs")).insert_header((VARY, "accept")).finish())
}

/// `GET /docs`.
pub(super) async fn show_newest_reference() -> Result<HttpResponse, HttpError> {
    show(ApiVersion::ALL.iter().copied().max().map(ApiDocument::Version))
}

/// `GET /docs/{document}`.
pub(super) async fn show_reference(path: web::Path<String>) -> Result<HttpResponse, HttpError> {
    show(ApiDocument::from_label(&path))
}

fn show(document: Option<ApiDocument>) -> Result<HttpResponse, HttpError> {
    let shown = document.ok_or_else(HttpError::unknown_path)?;
    let page = Reference { assets: assets_url(), documents: ApiDocument::ALL, shown };
    Ok(html(&mut HttpResponse::Ok(), POLICY, &page))
}
