//! The responses of operations.

use serde_json::{Map, Value, json};

use super::component::reference;
use crate::api::wire::error::{ErrorEnvelope, ErrorType};
use crate::domain::label::EnumLabel;

/// A kind of failure.
pub(super) struct DocumentedFailure {
    status: u16,
    name: &'static str,
    kind: ErrorType,
    about: &'static str,
    /// A message of this kind.
    example: &'static str,
    retries: bool,
}

const fn failure(
    status: u16,
    name: &'static str,
    kind: ErrorType,
    about: &'static str,
    example: &'static str,
) -> DocumentedFailure {
    DocumentedFailure { status, name, kind, about, example, retries: false }
}

/// The kinds of failures, as `http::error` maps them.
const FAILURES: [DocumentedFailure; 9] = [
    failure(
        400,
        "InvalidRequest",
        ErrorType::InvalidRequest,
        "The request breaks a rule; the message lists everything that is wrong with it.",
        "name: String should have at least 1 character",
    ),
    failure(
        401,
        "Unauthenticated",
        ErrorType::Authentication,
        "No key, or one that is unknown, revoked or expired.",
        "Invalid API key",
    ),
    failure(
        403,
        "Forbidden",
        ErrorType::Permission,
        "The key lacks the scope for this, or is bound to another workspace.",
        "API key lacks the scope `profiles:write`",
    ),
    failure(404, "NotFound", ErrorType::NotFound, "The organization has no such profile.", "User profile not found"),
    failure(
        408,
        "RequestTimeout",
        ErrorType::InvalidRequest,
        "The body took too long to arrive.",
        "body: Request took too long to arrive",
    ),
    failure(
        413,
        "RequestTooLarge",
        ErrorType::RequestTooLarge,
        "The body is larger than the service takes.",
        "body: Request should have at most 262144 bytes",
    ),
    failure(500, "InternalError", ErrorType::Api, "A fault of the service.", "Internal server error"),
    DocumentedFailure {
        retries: true,
        ..failure(
            503,
            "Overloaded",
            ErrorType::Overloaded,
            "The service cannot take the request now.",
            "The database is unavailable",
        )
    },
    DocumentedFailure {
        retries: true,
        ..failure(
            504,
            "Timeout",
            ErrorType::Timeout,
            "The service did not manage in time.",
            "The database did not answer in time",
        )
    },
];

/// The failures that the frozen documents do not have.
pub(super) const NEWER: [DocumentedFailure; 3] = [
    failure(
        409,
        "Conflict",
        ErrorType::Conflict,
        "The state of the object rules this out, and `x-should-retry` is `false`; or the same request is still being done, and \
         `retry-after` says when to try again.",
        "A request with the same Idempotency-Key is still running",
    ),
    failure(
        412,
        "PreconditionFailed",
        ErrorType::InvalidRequest,
        "The profile has another revision than `If-Match` requires. Nothing was changed.",
        "if-match: The user profile has another revision",
    ),
    DocumentedFailure {
        retries: true,
        ..failure(
            TOO_MANY_REQUESTS,
            "RateLimited",
            ErrorType::RateLimit,
            "A limit on requests is exceeded; the request was not executed, and costs nothing. Under a rate limit every answer has the headers \
             `anthropic-ratelimit-requests-limit`, `anthropic-ratelimit-requests-remaining` and `anthropic-ratelimit-requests-reset`.",
            "The rate limit of this organization is 500/s burst 1000 for requests that write",
        )
    },
];

/// The status of a request that exceeds a limit.
pub(super) const TOO_MANY_REQUESTS: u16 = 429;

/// The statuses that every operation may answer with, besides 200.
const OF_ALL: [u16; 6] = [400, 401, 403, 500, 503, 504];

/// The failures that every document has and `more`, by the names of their components.
pub(super) fn failures(more: &[DocumentedFailure]) -> Value {
    let component = |failure: &DocumentedFailure| {
        let mut headers = json!({"request-id": reference("headers", "request-id")});
        if failure.retries {
            headers["retry-after"] = reference("headers", "retry-after");
        }
        let schema = json!({
            "allOf": [
                reference("schemas", "Error"),
                {"properties": {"error": {"properties": {"type": {"const": failure.kind.as_str()}}}}},
            ],
        });
        let example = ErrorEnvelope::new(failure.kind, failure.example, "req_011CZabcdefghijklmnopqrs");
        json!({
            "description": failure.about,
            "headers": headers,
            "content": {"application/json": {"schema": schema, "example": example}},
        })
    };
    FAILURES
        .iter()
        .chain(more)
        .map(|failure| (failure.name.to_owned(), component(failure)))
        .collect::<Map<_, _>>()
        .into()
}

/// The headers of answers, by the names of their components.
pub(super) fn headers() -> Value {
    json!({
        "request-id": {
            "description": "The id of the request, by which the operator finds it in the log.",
            "required": true,
            "schema": {"type": "string"},
        },
        "retry-after": {
            "description": "After how many seconds to try again.",
            "required": true,
            "schema": {"type": "integer", "minimum": 0},
        },
    })
}

/// The header of an answer that is one profile.
pub(super) fn entity_tag() -> Value {
    json!({
        "description": "The revision of the profile and the shape, as `\"<revision>-<shape>\"`: what `If-Match` compares. Absent on a replay of an \
            answer that was stored by a release without revisions.",
        "schema": {"type": "string"},
    })
}

/// The responses of an operation: the schema `success` with an example, and failures, of which those with a status in `more` depend on the
/// operation.
pub(super) fn answers(success: &str, example: &Value, about: &str, more: &[u16]) -> Value {
    let mut answers = Map::new();
    let success = json!({
        "description": about,
        "headers": {"request-id": reference("headers", "request-id")},
        "content": {"application/json": {"schema": reference("schemas", success), "example": example}},
    });
    answers.insert("200".to_owned(), success);
    let possible = |failure: &&DocumentedFailure| OF_ALL.contains(&failure.status) || more.contains(&failure.status);
    for failure in FAILURES.iter().chain(&NEWER).filter(possible) {
        answers.insert(failure.status.to_string(), reference("responses", failure.name));
    }
    answers.into()
}
