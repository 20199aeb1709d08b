//! The error envelope.

use serde::Serialize;

/// `{"type":"error","error":{…},"request_id":…}`.
#[derive(Debug, Serialize)]
pub struct ErrorEnvelope<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    error: ErrorDetail<'a>,
    request_id: &'a str,
}

#[derive(Debug, Serialize)]
struct ErrorDetail<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    message: &'a str,
    /// Null until a client knows an error code.
    details: Option<()>,
}

impl<'a> ErrorEnvelope<'a> {
    /// The envelope of an error of type `kind`.
    #[must_use]
    pub const fn new(kind: &'static str, message: &'a str, request_id: &'a str) -> Self {
        Self { kind: "error", error: ErrorDetail { kind, message, details: None }, request_id }
    }
}
