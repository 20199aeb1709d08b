//! What remains of an erased profile.

use crate::domain::clock::Timestamp;
use crate::domain::id::ProfileId;

/// An erased profile: that it existed, from when until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErasedProfile {
    /// The id, which no other profile gets.
    pub id: ProfileId,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was erased: in a restored database, when its erasure was replayed.
    pub erased_at: Timestamp,
}

/// What the replay of an erasure found in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErasureReplay {
    /// The profile, which is erased now.
    Erased,
    /// The record of the same erasure: nothing was to do.
    Recorded,
    /// Neither the profile nor a record: the profile was created after the backup. The erasure is recorded now.
    Unknown,
    /// Not even the organization, which was created after the backup. Nothing can be recorded.
    UnknownOrganization,
}
