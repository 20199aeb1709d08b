//! What is left to say of a profile that was deleted. Unchanged since the first shape.

use crate::api::wire::scalars::{WireId, WireLabel};
use crate::api::wire::schema::answer;
use crate::domain::id::{ProfileId, ProfileKind};
use crate::domain::label::labels;

labels! {
    /// What the answer to a deletion is called.
    DeletedProfileType {
        /// A deleted profile.
        UserProfileDeleted = "user_profile_deleted",
    }
}

answer! {
    /// The answer to a deletion.
    pub struct DeletedProfile {
        /// The id that the profile had.
        id: WireId<ProfileKind>,
        /// What kind of object this is.
        r#type: WireLabel<DeletedProfileType>,
    }
}

impl DeletedProfile {
    /// The profile that was `id`.
    #[must_use]
    pub const fn new(id: ProfileId) -> Self {
        Self { id: WireId(id), r#type: WireLabel(DeletedProfileType::UserProfileDeleted) }
    }
}
