//! Reads a JSON body within its limits of size and time.

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest, web};

use super::unread::UnreadBody;
use crate::domain::Error;
use crate::domain::error::reason;
use crate::http::error::HttpError;
use crate::http::service::Service;

/// The bytes of a body whose headers declare uncompressed JSON in UTF-8.
#[derive(Debug)]
pub(in crate::http) struct JsonBytes(pub(in crate::http) Bytes);

impl FromRequest for JsonBytes {
    type Error = HttpError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, HttpError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            check_headers(request.headers())?;
            let service = request.app_data::<web::Data<Service>>();
            let limits = service.ok_or_else(|| Error::internal("request without its service"))?.body_limits;
            if announced_length(request.headers()).is_some_and(|length| length > limits.bytes) {
                return Err(HttpError::too_large(limits.bytes));
            }
            let Some(mut body) = UnreadBody::take(&request) else { return Ok(Self(Bytes::new())) };
            let reading = tokio::time::timeout(limits.timeout, read(&mut body, limits.bytes)).await;
            let read = reading.unwrap_or_else(|_| Err(HttpError::slow_body()));
            if read.is_err() {
                body.give_back(&request);
            }
            read.map(Self)
        })
    }
}

async fn read(body: &mut UnreadBody, limit: usize) -> Result<Bytes, HttpError> {
    let mut bytes = BytesMut::new();
    while let Some(piece) = body.piece().await {
        let piece = piece.map_err(|_| HttpError::broken_body())?;
        if bytes.len() + piece.len() > limit {
            return Err(HttpError::too_large(limit));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.freeze())
}

fn announced_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Requires `application/json`, in UTF-8 and not compressed.
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
