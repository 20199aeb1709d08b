//! The answer to a deletion. The same under every version.

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::wire::scalars::{WireId, WireLabel};
use crate::domain::id::{ProfileId, ProfileKind};
use crate::domain::label::labels;

labels! {
    /// The `type` of the answer to a deletion.
    DeletedProfileType {
        /// A deleted profile.
        UserProfileDeleted = "user_profile_deleted",
    }
}

/// The answer to a deletion.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeletedProfile {
    /// The id that the profile had.
    id: WireId<ProfileKind>,
    /// What kind of object this is.
    r#type: WireLabel<DeletedProfileType>,
}

impl DeletedProfile {
    /// The answer for the profile `id`.
    #[must_use]
    pub const fn new(id: ProfileId) -> Self {
        Self { id: WireId(id), r#type: WireLabel(DeletedProfileType::UserProfileDeleted) }
    }
}
