//! Idempotency: a request with an idempotency key runs once; a replay gets the stored answer.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use time::Duration;
use validator::ValidationError;

use super::error::{Error, Result, reason};
use super::profile::Revision;

/// How long an answer is stored for replays. Afterwards the key is free again.
pub const IDEMPOTENCY_RETENTION: Duration = Duration::hours(24);

const MAX_KEY_BYTES: usize = 255;

/// An idempotency key of the client: 1–255 printable ASCII characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Parses `bytes`.
    ///
    /// # Errors
    /// Why they are not a valid key.
    pub fn parse(bytes: &[u8]) -> std::result::Result<Self, ValidationError> {
        let refused =
            || reason("idempotency_key", format!("Input should be 1 to {MAX_KEY_BYTES} printable ASCII characters"));
        let printable = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
        if bytes.is_empty() || bytes.len() > MAX_KEY_BYTES || !printable {
            return Err(refused());
        }
        std::str::from_utf8(bytes).map(|text| Self(text.to_owned())).map_err(|_| refused())
    }

    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A key may hold data of the client, so it stays out of logs.
impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("IdempotencyKey(..)")
    }
}

/// A hash of a request, which distinguishes a replay from another request under the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// The fingerprint of a request that consists of `parts`, in this order.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            // The length before each part, so that different lists of parts hash different bytes.
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        Self(digest.finalize().into())
    }
}

/// Identifies a request with an idempotency key, and encodes its answer for replays.
pub struct Idempotency<T> {
    /// The client's key.
    pub key: IdempotencyKey,
    /// The fingerprint of the request.
    pub fingerprint: Fingerprint,
    /// Encodes the answer that is stored.
    pub answer: AnswerEncoder<T>,
}

/// Serializes the answer that is stored. An answer that cannot be serialized fails the request, and nothing is stored.
pub type AnswerEncoder<T> = Arc<dyn Fn(&T) -> Result<Vec<u8>> + Send + Sync>;

/// A request with an idempotency key whose answer is made while it is done.
#[derive(Clone, Debug)]
pub struct KeyedRequest {
    /// The client's key.
    pub key: IdempotencyKey,
    /// The fingerprint of the request.
    pub fingerprint: Fingerprint,
}

impl<T> Clone for Idempotency<T> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), fingerprint: self.fingerprint, answer: Arc::clone(&self.answer) }
    }
}

impl<T> fmt::Debug for Idempotency<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Idempotency(..)")
    }
}

/// The outcome of a request that may be a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestOutcome<T> {
    /// The request ran now.
    Done(T),
    /// The request ran before. Nothing was changed now.
    Replayed(Replay),
}

/// The stored answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// The bytes of the answer.
    pub answer: Vec<u8>,
    /// The revision of the profile that it shows, if it shows one.
    pub revision: Option<Revision>,
}

impl<T> RequestOutcome<T> {
    /// The value of a request without a key, which is never a replay.
    ///
    /// # Errors
    /// `Internal` for a replay.
    pub fn done(self) -> Result<T> {
        match self {
            Self::Done(done) => Ok(done),
            Self::Replayed(_) => Err(Error::internal("a request without an idempotency key was a replay")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_is_1_to_255_printable_ascii_characters() {
        for good in ["a", " ", "~", &"k".repeat(255)] {
            assert_eq!(IdempotencyKey::parse(good.as_bytes()).unwrap().as_str(), good);
        }
        for bad in ["", "\t", "é", "a\u{7f}", "\0", &"k".repeat(256)] {
            assert!(IdempotencyKey::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn different_requests_have_different_fingerprints(
            one in prop::collection::vec("[ab]{0,3}", 0..4),
            other in prop::collection::vec("[ab]{0,3}", 0..4),
        ) {
            let of = |parts: &[String]| Fingerprint::of(&parts.iter().map(String::as_bytes).collect::<Vec<_>>());
            prop_assert_eq!(of(&one) == of(&other), one == other);
        }
    }
}
