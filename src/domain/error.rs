//! The one error of the domain: a kind that decides the status, a public text, and a private cause.

use std::borrow::Cow;
use std::error::Error as StdError;

use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

/// What every port and rule answers.
pub type Result<T> = std::result::Result<T, Error>;

/// A private cause: goes to the log of a failure, never over the wire.
pub type Cause = Box<dyn StdError + Send + Sync>;

/// How many violations one message lists; a body of nothing but wrong keys must not become a longer answer than it was.
const LISTED_VIOLATIONS: usize = 32;

/// How many characters of a caller's own key a message repeats.
const SHOWN_KEY_CHARACTERS: usize = 64;

/// The kinds of failure. One table, in the HTTP room, maps them to statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request breaks a rule; it changed nothing.
    Invalid,
    /// No credential, or one that is unknown, revoked or expired.
    Unauthenticated,
    /// A good credential that may not do this.
    Forbidden,
    /// No such object in this organization.
    NotFound,
    /// The object is in a state that rules this out; the same request would fail again.
    Conflict,
    /// The same request is being done already; try again when it has been.
    InProgress,
    /// The database cannot be reached or takes no more work; try again later.
    Unavailable,
    /// The deadline passed before the database answered.
    TimedOut,
    /// A fault of this service.
    Internal,
}

/// A failure: what the caller may read, and what only the operator may.
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

    /// The same error for somebody else who meets it; its cause as text.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            kind: self.kind,
            message: self.message.clone(),
            cause: self.cause.as_ref().map(|cause| cause.to_string().into()),
        }
    }

    /// A fault of this service; the caller reads only that there was one.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::new(ErrorKind::Internal, "Internal server error").caused_by(cause)
    }

    /// Whether it is the service or its database that failed, and not whoever asked.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        matches!(self.kind, ErrorKind::Unavailable | ErrorKind::TimedOut | ErrorKind::Internal)
    }

    /// Everything that is wrong with a request, as `path: reason` sentences joined by `; `, in the order of their paths.
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

    /// One thing that is wrong, at `path`.
    #[must_use]
    pub fn invalid_field(path: &'static str, reason: ValidationError) -> Self {
        let mut violations = ValidationErrors::new();
        violations.add(path, reason);
        Self::invalid(&violations)
    }
}

/// A reason why a value is refused: a `code` for programs, a `message` for people.
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

/// A caller's own `key` as an answer repeats it: cut where it is too long.
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
