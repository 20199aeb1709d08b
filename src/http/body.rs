//! Reads a request's body: JSON, up to a size, within a time.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, web};

use super::error::HttpError;
use super::server::Service;
use crate::domain::Error;
use crate::domain::error::reason;

/// How much of a body is read, and how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct BodyLimits {
    pub(super) bytes: usize,
    pub(super) timeout: Duration,
}

/// The bytes of a body that says it is JSON.
#[derive(Debug)]
pub(super) struct JsonBytes(pub(super) Bytes);

impl FromRequest for JsonBytes {
    type Error = HttpError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, HttpError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limits = request.app_data::<web::Data<Service>>().map(|service| service.body_limits);
        let headers = check_headers(request.headers());
        let announced = announced_length(request.headers());
        let payload = web::Payload::from_request(request, payload).into_inner().map_err(|_| HttpError::broken_body());
        Box::pin(async move {
            headers?;
            let limits = limits.ok_or_else(|| Error::internal("a request without its service"))?;
            if announced.is_some_and(|length| length > limits.bytes) {
                return Err(HttpError::too_large(limits.bytes));
            }
            let reading = read(payload?, limits.bytes);
            tokio::time::timeout(limits.timeout, reading).await.map_err(|_| HttpError::slow_body())?.map(Self)
        })
    }
}

async fn read(payload: web::Payload, limit: usize) -> Result<Bytes, HttpError> {
    let read = payload.to_bytes_limited(limit).await.map_err(|_| HttpError::too_large(limit))?;
    read.map_err(|_| HttpError::broken_body())
}

fn announced_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// `application/json`, in UTF-8 and not compressed.
fn check_headers(headers: &HeaderMap) -> Result<(), HttpError> {
    let refused = |name, text| Err(Error::invalid_field(name, reason("header", text)).into());
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (essence, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    if !essence.trim().eq_ignore_ascii_case("application/json") {
        return refused("content-type", "Input should be application/json");
    }
    let charset = parameters.split(';').filter_map(|parameter| parameter.split_once('=')).find_map(|(name, value)| {
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_owned())
    });
    if charset.is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
        return refused("content-type", "Input should be in UTF-8");
    }
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if encoding.as_bytes() != b"identity" => {
            refused("content-encoding", "Input should not be encoded")
        }
        _ => Ok(()),
    }
}
