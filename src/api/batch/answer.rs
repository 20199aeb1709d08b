//! The answer to a batch, written result by result.

use serde::Serialize;

use crate::api::WireFormat;
use crate::api::wire::error::ErrorType;
use crate::api::wire::scalars::WireLabel;
use crate::domain::profile::Profile;
use crate::domain::{Error, ErrorKind, Result};

/// How many refused requests the message of an atomic batch names.
const NAMED_REFUSALS: usize = 10;

/// The most characters of the message of one of them.
const NAMED_CHARACTERS: usize = 300;

/// `{"type":"user_profile_batch","request_counts":{…},"results":[…]}`, as far as it is written.
#[derive(Debug)]
pub struct BatchAnswerText {
    bytes: Vec<u8>,
    is_empty: bool,
}

#[derive(Serialize)]
struct NamedResult<'a, P> {
    custom_id: &'a str,
    result: BatchResult<'a, P>,
}

/// What became of a request.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum BatchResult<'a, P> {
    Succeeded { user_profile: P },
    Errored { error: BatchError<'a> },
}

#[derive(Serialize)]
struct BatchError<'a> {
    r#type: WireLabel<ErrorType>,
    message: &'a str,
}

impl BatchAnswerText {
    /// The beginning of an answer of about `capacity` bytes.
    #[must_use]
    pub fn begin(succeeded: usize, errored: usize, capacity: usize) -> Self {
        let mut bytes = Vec::with_capacity(capacity);
        let head = format!(
            r#"{{"type":"user_profile_batch","request_counts":{{"succeeded":{succeeded},"errored":{errored}}},"results":["#
        );
        bytes.extend_from_slice(head.as_bytes());
        Self { bytes, is_empty: true }
    }

    /// Adds the result of a request that was done: `profile`, in the shape `F`.
    ///
    /// # Errors
    /// `Internal` if it cannot be serialized.
    pub fn add_profile<F: WireFormat>(&mut self, custom_id: &str, profile: Profile) -> Result<()> {
        let result = BatchResult::Succeeded { user_profile: F::Profile::from(profile) };
        self.add(&NamedResult { custom_id, result })
    }

    /// Adds the result of a request that was refused.
    ///
    /// # Errors
    /// `Internal` if it cannot be serialized.
    pub fn add_error(&mut self, custom_id: &str, kind: ErrorType, message: &str) -> Result<()> {
        let error = BatchError { r#type: WireLabel(kind), message };
        self.add(&NamedResult::<()> { custom_id, result: BatchResult::Errored { error } })
    }

    /// The bytes so far.
    #[must_use]
    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    /// The whole answer.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(b"]}");
        self.bytes
    }

    fn add(&mut self, result: &impl Serialize) -> Result<()> {
        if !std::mem::take(&mut self.is_empty) {
            self.bytes.push(b',');
        }
        serde_json::to_writer(&mut self.bytes, result).map_err(Error::internal)
    }
}

/// The error of an atomic batch of which the requests at the indexes of `refused`, with their custom ids, were refused.
#[must_use]
pub fn refusal(refused: &[(usize, String, Error)]) -> Error {
    let named = refused.iter().take(NAMED_REFUSALS).map(|(index, custom_id, error)| {
        let message: String = error.message.chars().take(NAMED_CHARACTERS).collect();
        format!("requests.{index} (custom_id `{custom_id}`): {message}")
    });
    let mut sentences: Vec<_> = named.collect();
    if refused.len() > NAMED_REFUSALS {
        sentences.push(format!("and {} more", refused.len() - NAMED_REFUSALS));
    }
    Error::new(ErrorKind::Invalid, sentences.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_of_an_atomic_batch_names_the_first_and_counts_the_others() {
        let refused: Vec<_> =
            (0..25).map(|at| (at * 2, format!("id {at}"), Error::new(ErrorKind::Invalid, "x".repeat(5_000)))).collect();
        let message = refusal(&refused).message;
        assert!(message.starts_with("requests.0 (custom_id `id 0`): xxx"), "{message}");
        assert!(message.ends_with("xxx; and 15 more") && message.len() < 5_000, "{message}");
        assert_eq!(message.matches("custom_id").count(), NAMED_REFUSALS);
    }
}
