//! An update, as a request asks for it.

use super::revision::RevisionCondition;
use super::user_profile::ProfilePatch;
use crate::domain::clock::Timestamp;
use crate::domain::id::ApiKeyId;

/// The changes of an update, and by whom, when and on which condition they are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileUpdate {
    /// The changes.
    pub patch: ProfilePatch,
    /// What the profile's revision must be.
    pub condition: RevisionCondition,
    /// The key of the request.
    pub by: ApiKeyId,
    /// When it arrived.
    pub now: Timestamp,
}
