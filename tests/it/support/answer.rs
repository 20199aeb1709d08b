//! An answer of the service, checked against the rules of all answers.

use serde_json::{Value, json};
use ureq::http::HeaderMap;

/// The content type of an export.
pub(crate) const NDJSON: &str = "application/x-ndjson";

/// An answer that has been checked.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// Takes an answer and checks what every answer promises: JSON, a request id, and the one form of errors.
    pub(crate) fn checked(status: u16, headers: HeaderMap, bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let parsed = |text: &str| serde_json::from_str(text).unwrap_or_else(|error| panic!("{status} {error}: {text}"));
        // The lines of an export are a list here.
        let is_export = status == 200 && headers.get("content-type").is_some_and(|kind| kind == NDJSON);
        let body = if is_export { text.lines().map(parsed).collect() } else { parsed(&text) };
        let answer = Self { status, headers, body };
        assert_eq!(answer.header("content-type"), Some(if is_export { NDJSON } else { "application/json" }), "{text}");
        let request_id = answer.header("request-id").unwrap_or_else(|| panic!("no request-id: {status} {text}"));
        let digits = request_id.strip_prefix("req_01").unwrap_or_else(|| panic!("request-id is {request_id}"));
        assert!(digits.len() == 22 && digits.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{request_id}");
        if status == 200 {
            assert!(answer.body["type"] != "error", "{text}");
        } else {
            answer.check_envelope(request_id);
        }
        answer
    }

    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// The message of a failure with `status`.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{}", self.body);
        self.body["error"]["message"].as_str().unwrap()
    }

    /// Whether it was stored under an idempotency key.
    pub(crate) fn is_replay(&self) -> bool {
        self.header("idempotent-replayed") == Some("true")
    }

    fn check_envelope(&self, request_id: &str) {
        let Self { status, body, .. } = self;
        assert_eq!(keys(body), ["error", "request_id", "type"], "{body}");
        assert_eq!(body["type"], "error");
        assert_eq!(body["request_id"], request_id);
        let error = &body["error"];
        assert_eq!(keys(error), ["details", "message", "type"], "{body}");
        let codes: &[&str] = match status {
            400 => &["cmek_not_approved", "storage_not_approved"],
            503 => &["change_outcome_unknown"],
            _ => &[],
        };
        let is_known = codes.iter().any(|code| error["details"] == json!({"error_code": code}));
        assert!(error["details"].is_null() || is_known, "{body}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
        let kind = match status {
            400 | 405 | 408 | 412 | 431 => "invalid_request_error",
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            409 => "conflict_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            500 => "api_error",
            503 => "overloaded_error",
            504 => "timeout_error",
            other => panic!("no status of this service: {other} {body}"),
        };
        assert_eq!(error["type"], kind, "{status} {body}");
        let required = match status {
            405 => Some("allow"),
            429 | 503 | 504 => Some("retry-after"),
            _ => None,
        };
        assert!(required.is_none_or(|name| self.header(name).is_some()), "{status} without {required:?}");
        if *status == 409 {
            // Either a retry cannot succeed, or the answer says when to retry.
            let (useless, after) = (self.header("x-should-retry") == Some("false"), self.header("retry-after"));
            assert!(useless != after.is_some(), "{:?}", self.headers);
        }
    }
}

/// The keys of an object, sorted.
pub(crate) fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = object.as_object().unwrap_or_else(|| panic!("no object: {object}")).keys().collect();
    keys.sort();
    keys.into_iter().map(String::as_str).collect()
}
