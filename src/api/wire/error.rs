//! The error envelope.

use serde::Serialize;
use serde_json::{Value, json};

use super::scalars::WireLabel;
use super::schema::{Documented, answer};
use crate::domain::label::labels;

labels! {
    /// The types of errors, by which clients tell them apart.
    ErrorType {
        /// The request breaks a rule.
        InvalidRequest = "invalid_request_error",
        /// No good credential.
        Authentication = "authentication_error",
        /// A good credential that may not do this.
        Permission = "permission_error",
        /// No such path or object.
        NotFound = "not_found_error",
        /// The object is in a state that rules this out.
        Conflict = "conflict_error",
        /// The body is too large.
        RequestTooLarge = "request_too_large",
        /// Too many requests.
        RateLimit = "rate_limit_error",
        /// A fault of the service.
        Api = "api_error",
        /// The service cannot take the request now.
        Overloaded = "overloaded_error",
        /// The service did not manage in time.
        Timeout = "timeout_error",
    }
}

labels! {
    /// What the envelope is called.
    EnvelopeType {
        /// An error.
        Error = "error",
    }
}

answer! {
    /// `{"type":"error","error":{…},"request_id":…}`.
    pub struct ErrorEnvelope {
        /// What kind of object this is.
        r#type: WireLabel<EnvelopeType>,
        /// What went wrong.
        error: ErrorDetail,
        /// The id of the request, by which the operator finds it in the log; also in the header `request-id`.
        request_id: String,
    }
}

answer! {
    /// What went wrong.
    struct ErrorDetail {
        /// By which clients tell errors apart.
        r#type: WireLabel<ErrorType>,
        /// For people; everything that is wrong with a request, as `path: reason` joined by `; `.
        message: String,
        /// More for programs, where there is more.
        details: Option<ErrorDetails>,
    }
}

/// Nothing yet: no client knows an error code that this service answers.
#[derive(Debug, Serialize)]
enum ErrorDetails {}

impl Documented for ErrorDetails {
    fn schema() -> Value {
        json!({"type": "object"})
    }
}

impl ErrorEnvelope {
    /// The envelope of an error.
    #[must_use]
    pub fn new(kind: ErrorType, message: impl Into<String>, request_id: impl Into<String>) -> Self {
        let error = ErrorDetail { r#type: WireLabel(kind), message: message.into(), details: None };
        Self { r#type: WireLabel(EnvelopeType::Error), error, request_id: request_id.into() }
    }
}
