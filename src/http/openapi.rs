//! The OpenAPI documents.

use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ETAG, EntityTag, Header, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::error::HttpError;
use crate::api::document::{ApiDocument, document_text};
use crate::domain::label::EnumLabel;

/// A document as it is served, with its entity tag.
struct Served {
    subject: ApiDocument,
    text: String,
    tag: EntityTag,
}

static DOCUMENTS: LazyLock<Vec<Served>> = LazyLock::new(|| ApiDocument::ALL.iter().copied().map(Served::new).collect());

impl Served {
    fn new(subject: ApiDocument) -> Self {
        let text = document_text(subject);
        let tag = EntityTag::new_strong(BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&text)));
        Self { subject, text, tag }
    }
}

/// `GET /openapi/{version}.json`.
pub(super) async fn show_document(request: HttpRequest, path: web::Path<String>) -> Result<HttpResponse, HttpError> {
    let document =
        DOCUMENTS.iter().find(|served| served.subject.as_str() == *path).ok_or_else(HttpError::unknown_path)?;
    let known = match IfNoneMatch::parse(&request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&document.tag)),
        Err(_) => false,
    };
    let status = if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let mut answer = HttpResponse::build(status);
    answer.insert_header((ETAG, document.tag.clone())).insert_header((CACHE_CONTROL, "public, max-age=300"));
    Ok(if known { answer.finish() } else { answer.content_type("application/json").body(document.text.as_str()) })
}
