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
use crate::http::settings::BodyLimits;

/// The bytes of a body whose headers declare uncompressed JSON in UTF-8.
#[derive(Debug)]
pub(in crate::http) struct JsonBytes(pub(in crate::http) Bytes);

impl FromRequest for JsonBytes {
    type Error = HttpError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, HttpError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let service = request.app_data::<web::Data<Service>>();
            let limits = service.ok_or_else(|| Error::internal("request without its service"))?.body_limits;
            let announced = AnnouncedBody::of(&request, limits)?;
            let mut bytes = BytesMut::new();
            announced.read(&request, async |piece| bytes.extend_from_slice(&piece)).await?;
            Ok(Self(bytes.freeze()))
        })
    }
}

/// A body that has not been read.
pub(in crate::http) struct AnnouncedBody {
    limits: BodyLimits,
    /// `None` for a chunked body.
    length: Option<usize>,
}

impl AnnouncedBody {
    /// The body of `request`.
    ///
    /// # Errors
    /// It is announced as too large, or as something else than uncompressed JSON in UTF-8.
    pub(in crate::http) fn of(request: &HttpRequest, limits: BodyLimits) -> Result<Self, HttpError> {
        // Whether the rest of the body has arrived already must not decide whether the connection stays open.
        check_headers(request.headers()).map_err(HttpError::closing)?;
        let length = announced_length(request.headers());
        if length.is_some_and(|length| length > limits.bytes) {
            return Err(HttpError::too_large(limits.bytes));
        }
        Ok(Self { limits, length })
    }

    /// Its length; `None` for a chunked body.
    pub(in crate::http) const fn length(&self) -> Option<usize> {
        self.length
    }

    /// The most bytes that it may have.
    pub(in crate::http) fn max_bytes(&self) -> usize {
        self.length.unwrap_or(self.limits.bytes)
    }

    /// Reads it, and passes each piece to `each`.
    ///
    /// # Errors
    /// It is too large, too slow, or ends early.
    pub(in crate::http) async fn read(
        self,
        request: &HttpRequest,
        each: impl AsyncFnMut(Bytes),
    ) -> Result<(), HttpError> {
        let Some(mut body) = UnreadBody::take(request) else { return Ok(()) };
        let reading = tokio::time::timeout(self.limits.timeout, read(&mut body, self.limits.bytes, each)).await;
        let read = reading.unwrap_or_else(|_| Err(HttpError::slow_body()));
        if read.is_err() {
            body.give_back(request);
        }
        read
    }
}

async fn read(body: &mut UnreadBody, limit: usize, mut each: impl AsyncFnMut(Bytes)) -> Result<(), HttpError> {
    let mut length = 0;
    while let Some(piece) = body.piece().await {
        let piece = piece.map_err(|_| HttpError::broken_body())?;
        length += piece.len();
        if length > limit {
            return Err(HttpError::too_large(limit));
        }
        each(piece).await;
    }
    Ok(())
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
