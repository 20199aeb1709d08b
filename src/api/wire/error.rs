//! The error envelope.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::scalars::WireLabel;
use crate::domain::label::labels;

labels! {
    /// The types of errors, by which clients distinguish them.
    ErrorType {
        /// The request breaks a rule.
        InvalidRequest = "invalid_request_error",
        /// No valid credential.
        Authentication = "authentication_error",
        /// A valid credential without the permission.
        Permission = "permission_error",
        /// No such path or object.
        NotFound = "not_found_error",
        /// The state of the object does not allow this.
        Conflict = "conflict_error",
        /// The body is too large.
        RequestTooLarge = "request_too_large",
        /// Too many requests.
        RateLimit = "rate_limit_error",
        /// A fault of the service.
        Api = "api_error",
        /// The service cannot take the request now.
        Overloaded = "overloaded_error",
        /// The service did not answer in time.
        Timeout = "timeout_error",
    }
}

labels! {
    /// The `type` of the envelope.
    EnvelopeType {
        /// An error.
        Error = "error",
    }
}

/// `{"type":"error","error":{…},"request_id":…}`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ErrorEnvelope {
    /// What kind of object this is.
    r#type: WireLabel<EnvelopeType>,
    /// What went wrong.
    error: ErrorDetail,
    /// The id of the request, by which the operator finds it in the log; also in the header `request-id`.
    request_id: String,
}

/// What went wrong.
#[derive(Debug, Serialize, JsonSchema)]
struct ErrorDetail {
    /// By which clients tell errors apart.
    r#type: WireLabel<ErrorType>,
    /// For people; everything that is wrong with a request, as `path: reason` joined by `; `.
    message: String,
    /// More for programs, where there is more.
    #[schemars(schema_with = "details_schema")]
    details: Option<ErrorDetails>,
}

labels! {
    /// Codes of errors that programs have to tell from others of the same type.
    ErrorCode {
        /// It is unknown whether the change was done: the connection to the database was lost meanwhile.
        ChangeOutcomeUnknown = "change_outcome_unknown",
        /// The profile is not approved for encryption with keys of the entity.
        CmekNotApproved = "cmek_not_approved",
        /// The profile is not approved for storage in buckets of the entity.
        StorageNotApproved = "storage_not_approved",
    }
}

#[derive(Debug, Serialize)]
struct ErrorDetails {
    error_code: WireLabel<ErrorCode>,
}

fn details_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["object", "null"]})
}

impl ErrorEnvelope {
    /// The envelope of an error.
    #[must_use]
    pub fn new(kind: ErrorType, message: impl Into<String>, request_id: impl Into<String>) -> Self {
        let error = ErrorDetail { r#type: WireLabel(kind), message: message.into(), details: None };
        Self { r#type: WireLabel(EnvelopeType::Error), error, request_id: request_id.into() }
    }

    /// The same, with its `code` where it has one.
    #[must_use]
    pub fn with_code(mut self, code: Option<ErrorCode>) -> Self {
        self.error.details = code.map(|code| ErrorDetails { error_code: WireLabel(code) });
        self
    }
}
