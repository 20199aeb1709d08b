//! Answers to what is no request, which no handler can give: the head is malformed, too large, or too slow.

use std::time::SystemTime;

use actix_web::http::StatusCode;
use actix_web::http::header::HttpDate;

use super::context::ListenerContext;
use super::framing::MAX_HEAD_BYTES;
use crate::api::wire::error::{ErrorEnvelope, ErrorType};
use crate::domain::id::RequestId;

/// An answer that ends its connection, and how far it has been sent.
pub(super) struct Refusal {
    bytes: Vec<u8>,
    sent: usize,
}

impl Refusal {
    /// Answers with `status`; logged and counted like any other answer.
    pub(super) fn new(context: &ListenerContext, status: StatusCode) -> Self {
        let now = context.clock.now();
        let id = RequestId::new(context.ids.next(now)).to_string();
        tracing::info!(request.id = id, http.status = status.as_u16(), "request");
        context.requests.count_refusal(status);
        let (kind, message) = match status {
            StatusCode::BAD_REQUEST => (ErrorType::InvalidRequest, "Malformed request".to_owned()),
            StatusCode::REQUEST_TIMEOUT => {
                (ErrorType::InvalidRequest, "headers: Request took too long to arrive".to_owned())
            }
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
                (ErrorType::InvalidRequest, format!("headers: Request should have at most {MAX_HEAD_BYTES} bytes"))
            }
            _ => (ErrorType::Api, "Internal server error".to_owned()),
        };
        let body = serde_json::to_string(&ErrorEnvelope::new(kind, message, id.as_str())).unwrap_or_default();
        let date = HttpDate::from(SystemTime::from(now));
        let bytes = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\
             cache-control: no-store\r\nx-content-type-options: nosniff\r\nrequest-id: {id}\r\ndate: {date}\r\n\r\n{body}",
            body.len()
        );
        Self { bytes: bytes.into_bytes(), sent: 0 }
    }

    /// What is still to be sent.
    pub(super) fn unsent(&self) -> &[u8] {
        self.bytes.get(self.sent..).unwrap_or_default()
    }

    /// Notes that `length` bytes more have been sent.
    pub(super) fn note_sent(&mut self, length: usize) {
        self.sent += length;
    }
}
