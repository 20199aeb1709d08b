//! What an API version consists of.

use serde::Serialize;

use super::body::{Body, fields};
use super::version::{ApiVersion, Selector};
use super::wire::parameters::Parameters;
use super::wire::schema::Documented;
use crate::domain::profile::{Profile, ProfileDraft, ProfilePatch};
use crate::domain::trust::enforcement::EnforcementStatus;
use crate::domain::trust::grant::GrantName;

/// One version of the wire. An implementation reads as the version's table of contents.
pub trait WireFormat: 'static {
    /// The variant of this version.
    const VERSION: ApiVersion;
    /// The name of this version: what an organization's default is pinned to, and what logs and metrics show.
    const LABEL: &'static str;
    /// How a request asks for this version.
    const SELECTOR: Selector;
    /// What distinguishes this version, in one sentence for the document.
    const ABOUT: &'static str;
    /// Whether the document describes `Idempotency-Key`; the documents that were frozen before it do not.
    const DOCUMENTS_IDEMPOTENCY: bool = true;
    /// The body of a create.
    type CreateProfile: Body + Into<ProfileDraft>;
    /// The body of an update.
    type UpdateProfile: Body + Into<ProfilePatch>;
    /// A profile as it is answered.
    type Profile: From<Profile> + Serialize + Documented;
    /// A profile as a list shows it.
    type ListedProfile: From<Profile> + Serialize;

    /// Whether a profile of this version shows `grant`, and so webhooks notify of decisions on it.
    #[must_use]
    fn shows_grant(_grant: &GrantName) -> bool {
        true
    }

    /// The enforcement statuses that a list is filtered by. A version that shows none takes no filter.
    fn enforcement_filter(parameters: &mut Parameters) -> Vec<EnforcementStatus> {
        parameters.refuse("enforcement_status", fields::not_in_shape(Self::VERSION));
        Vec::new()
    }
}
