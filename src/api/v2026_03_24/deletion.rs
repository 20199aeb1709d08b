//! What is left to say of a profile that was deleted. Unchanged since the first shape.

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::wire::scalars::{WireId, WireLabel};
use crate::domain::id::{ProfileId, ProfileKind};
use crate::domain::label::labels;

labels! {
    /// What the answer to a deletion is called.
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
    /// The profile that was `id`.
    #[must_use]
    pub const fn new(id: ProfileId) -> Self {
        Self { id: WireId(id), r#type: WireLabel(DeletedProfileType::UserProfileDeleted) }
    }
}
