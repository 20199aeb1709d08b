//! A batch: creates and updates of one request.

use super::user_profile::{Profile, ProfilePatch};
use crate::domain::clock::Timestamp;
use crate::domain::error::Result;
use crate::domain::id::{ApiKeyId, ProfileId};

/// The most writes of a batch.
pub const MAX_WRITES: usize = 1_000;

/// The writes of a batch, and by whom and when they are made.
#[derive(Debug)]
pub struct ProfileBatch {
    /// In the order of the request; an error for each that was refused already.
    pub writes: Vec<Result<BatchWrite>>,
    /// The key of the request.
    pub by: ApiKeyId,
    /// When it arrived.
    pub now: Timestamp,
    /// How much of Postgres it takes at a time.
    pub pace: BatchPace,
}

/// How much of Postgres a batch takes at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchPace {
    /// As much as makes it fast.
    Fast,
    /// Little, so that the requests of other organizations need not wait for a core.
    Shared,
}

/// One write of a batch.
#[derive(Debug)]
pub enum BatchWrite {
    /// Stores a new profile.
    Create(Box<Profile>),
    /// Changes the profile with that id.
    Update(ProfileId, Box<ProfilePatch>),
}

/// The answer to a batch, written result by result within the memory that its caller has for it. An error of any method fails the batch, with
/// nothing done.
pub trait BatchAnswer: Send {
    /// Takes memory for `bytes` of texts that were read, and for their part of the answer.
    ///
    /// # Errors
    /// `Invalid` for more than a batch may take; `Unavailable` for more than is free.
    fn reserve(&mut self, bytes: usize) -> Result<()>;

    /// Takes memory for an answer of `bytes`.
    ///
    /// # Errors
    /// Those of [`BatchAnswer::reserve`].
    fn cover(&mut self, bytes: usize) -> Result<()>;

    /// Begins the answer of which `results` are all results. Each of them is added afterwards.
    fn begin(&mut self, results: &[Result<Profile>]);

    /// Adds the next result, in the order of the request.
    ///
    /// # Errors
    /// Those of [`BatchAnswer::reserve`]; `Internal` if the result cannot be serialized.
    fn add(&mut self, result: Result<Profile>) -> Result<()>;

    /// Ends the answer; its bytes.
    ///
    /// # Errors
    /// `Invalid` if a result is an error, and the batch is to be done as a whole or not at all.
    fn finish(self: Box<Self>) -> Result<Vec<u8>>;
}
