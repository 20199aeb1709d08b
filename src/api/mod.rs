//! The wire: what requests and answers look like, one folder a dated shape; each holds only what changed.
//! May know `domain` and serde; nothing of actix or SQL.

use body::fields;
use serde::Serialize;
use wire::{list, schema};

use crate::domain::profile::{Profile, ProfileDraft, ProfilePatch};
use crate::domain::trust::enforcement::EnforcementStatus;
use crate::domain::trust::grant::GrantName;

pub mod body;
pub mod document;
pub mod ga;
pub mod operator;
pub mod v2026_03_24;
pub mod v2026_08_18;
pub mod v2026_09_04;
mod version;
pub mod webhook_event;
pub mod wire;

pub use version::{ANTHROPIC_BETA, ANTHROPIC_VERSION, ApiVersion};

/// One dated shape of the wire. An implementation reads as the shape's table of contents.
pub trait WireFormat: 'static {
    /// Which shape.
    const VERSION: ApiVersion;
    /// What distinguishes it, in a sentence for people.
    const ABOUT: &'static str;
    /// The body of a create.
    type CreateProfile: body::Body + Into<ProfileDraft>;
    /// The body of an update.
    type UpdateProfile: body::Body + Into<ProfilePatch>;
    /// A profile as it is answered.
    type Profile: From<Profile> + Serialize + schema::Documented;
    /// A profile as it stands in a list.
    type ListedProfile: From<Profile> + Serialize;

    /// Whether a webhook tells of a decision on `grant`: whether a profile of this shape shows it.
    #[must_use]
    fn tells_of(_grant: &GrantName) -> bool {
        true
    }

    /// The enforcement statuses that a list is filtered by; a shape that shows none takes no filter.
    fn enforcement_filter(parameters: &mut list::Parameters) -> Vec<EnforcementStatus> {
        parameters.refuse("enforcement_status", fields::not_in_shape(Self::VERSION));
        Vec::new()
    }
}
