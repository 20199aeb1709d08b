//! The error type of the service: a kind that decides the HTTP status, a public message and a private cause.

use std::borrow::Cow;
use std::error::Error as StdError;

use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

/// The result of ports and rules.
pub type Result<T> = std::result::Result<T, Error>;

/// A private cause: logged, never sent to a client.
pub type Cause = Box<dyn StdError + Send + Sync>;

/// The most violations in one message, so that a large invalid body does not cause a large response.
const LISTED_VIOLATIONS: usize = 32;

/// The most characters of a key of the request in a message.
const SHOWN_KEY_CHARACTERS: usize = 64;

/// The kind of an error. `http/error.rs` maps kinds to HTTP statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request is invalid; it changed nothing.
    Invalid,
    /// The profile is not approved for the encryption keys that the request would set; it changed nothing.
    CmekNotApproved,
    /// The profile is not approved for the storage buckets that the request would set; it changed nothing.
    StorageNotApproved,
    /// The request is larger than the service takes; it changed nothing.
    TooLarge,
    /// The API key is missing, unknown, revoked or expired.
    Unauthenticated,
    /// The API key is valid but lacks the permission.
    Forbidden,
    /// No such object in this organization.
    NotFound,
    /// The object's state rules the request out; retrying would fail again.
    Conflict,
    /// The object is not in the state that the request requires; nothing was changed.
    PreconditionFailed,
    /// A request with the same idempotency key is in progress; retry later.
    InProgress,
    /// The database is unreachable or overloaded; nothing was done. Retry later.
    Unavailable,
    /// Too many of such requests at once, or too many unknown credentials are tried: this one was not looked at. Retry later.
    Throttled,
    /// Another transaction has locked what this one needs, or both waited for each other; nothing was done. Retry later.
    Contended,
    /// The database canceled the work at its deadline; nothing was done.
    Canceled,
    /// The deadline passed before the database answered a read.
    TimedOut,
    /// The connection was lost, or the deadline passed, while a change was in flight: it may have been done.
    OutcomeUnknown,
    /// A bug, or a stored value that breaks a rule.
    Internal,
}

/// An error with its public message and its private cause.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Decides the status.
    pub kind: ErrorKind,
    /// The public text. Never holds stored values, keys or SQL.
    pub message: Cow<'static, str>,
    /// The private cause.
    #[source]
    pub cause: Option<Cause>,
}

impl Error {
    /// An error of `kind` with a public `message` and no cause.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), cause: None }
    }

    /// The same error, with its private cause.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Cause>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// A copy, for another caller of the same batch; the cause becomes text.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            kind: self.kind,
            message: self.message.clone(),
            cause: self.cause.as_ref().map(|cause| cause.to_string().into()),
        }
    }

    /// An `Internal` error. The message does not reveal the cause.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::new(ErrorKind::Internal, "Internal server error").caused_by(cause)
    }

    /// Whether the service or its database failed, not the request.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        match self.kind {
            ErrorKind::Unavailable
            | ErrorKind::Contended
            | ErrorKind::Canceled
            | ErrorKind::TimedOut
            | ErrorKind::OutcomeUnknown
            | ErrorKind::Internal => true,
            ErrorKind::Invalid
            | ErrorKind::CmekNotApproved
            | ErrorKind::StorageNotApproved
            | ErrorKind::TooLarge
            | ErrorKind::Unauthenticated
            | ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::PreconditionFailed
            | ErrorKind::Throttled
            | ErrorKind::InProgress => false,
        }
    }

    /// An `Invalid` error that lists all violations as `path: reason`, sorted by path and joined by `; `.
    #[must_use]
    pub fn invalid(violations: &ValidationErrors) -> Self {
        let mut sentences = Vec::new();
        collect("", violations, &mut sentences);
        sentences.sort();
        let more = sentences.len().saturating_sub(LISTED_VIOLATIONS);
        sentences.truncate(LISTED_VIOLATIONS);
        if more > 0 {
            sentences.push(format!("and {more} more"));
        }
        Self::new(ErrorKind::Invalid, sentences.join("; "))
    }

    /// An `Invalid` error with one violation at `path`.
    #[must_use]
    pub fn invalid_field(path: &'static str, reason: ValidationError) -> Self {
        let mut violations = ValidationErrors::new();
        violations.add(path, reason);
        Self::invalid(&violations)
    }
}

/// A violation with a `code` for programs and a `message` for people.
#[must_use]
pub fn reason(code: &'static str, message: impl Into<Cow<'static, str>>) -> ValidationError {
    ValidationError::new(code).with_message(message.into())
}

fn collect(prefix: &str, violations: &ValidationErrors, sentences: &mut Vec<String>) {
    for (field, kind) in violations.errors() {
        let path = match prefix {
            "" => shortened(field).into_owned(),
            _ => format!("{prefix}.{}", shortened(field)),
        };
        match kind {
            ValidationErrorsKind::Field(reasons) => sentences.extend(reasons.iter().map(|reason| {
                let text = reason.message.as_ref().unwrap_or(&reason.code);
                format!("{path}: {text}")
            })),
            ValidationErrorsKind::Struct(nested) => collect(&path, nested, sentences),
            ValidationErrorsKind::List(items) => {
                for (index, nested) in items {
                    collect(&format!("{path}.{index}"), nested, sentences);
                }
            }
        }
    }
}

/// `key` as messages show it: truncated if it is too long.
#[must_use]
pub fn shortened(key: &str) -> Cow<'_, str> {
    match key.char_indices().nth(SHOWN_KEY_CHARACTERS) {
        Some((end, _)) => format!("{}…", &key[..end]).into(),
        None => key.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violations_are_listed_by_path_and_nested_ones_are_dotted() {
        let mut pairs = ValidationErrors::new();
        pairs.add("plan", reason("type", "Input should be a valid string"));
        let mut violations = ValidationErrors::new();
        violations.add("name", reason("length", "String should have at least 1 character"));
        violations.errors_mut().insert("metadata".into(), ValidationErrorsKind::Struct(Box::new(pairs)));
        assert_eq!(
            Error::invalid(&violations).message,
            "metadata.plan: Input should be a valid string; name: String should have at least 1 character"
        );
    }

    #[test]
    fn a_flood_of_violations_is_cut_and_long_keys_are_shortened() {
        let mut violations = ValidationErrors::new();
        for index in 0..100 {
            let key = format!("{index:03}{}", "k".repeat(1000));
            violations.errors_mut().insert(key.into(), ValidationErrorsKind::Field(vec![reason("extra", "no")]));
        }
        let message = Error::invalid(&violations).message;
        assert!(message.ends_with("; and 68 more"), "{message}");
        assert!(message.len() < 3_000, "{}", message.len());
    }
}
