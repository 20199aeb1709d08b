//! What an API version consists of.

use schemars::JsonSchema;
use serde::Serialize;

use super::body::Body;
use super::version::{ApiVersion, Selector};
use crate::domain::profile::{Profile, ProfileDraft, ProfilePatch};

/// One API version. An implementation reads as the version's table of contents; nothing has a default, so that a new version states all of it.
pub trait WireFormat: 'static {
    /// The variant of this version.
    const VERSION: ApiVersion;
    /// The name of this version: in `organizations.default_version`, logs and metrics.
    const LABEL: &'static str;
    /// How a request selects this version.
    const SELECTOR: Selector;
    /// What distinguishes this version, in one sentence for the document.
    const ABOUT: &'static str;
    /// Whether the document describes `Idempotency-Key`, `ETag` and `If-Match`; they are newer than the documents that do not.
    const DOCUMENTS_RETRIES_AND_CONDITIONS: bool;
    /// Whether the document lists the codes of errors; they are newer than the documents that do not.
    const DOCUMENTS_ERROR_CODES: bool;
    /// Whether lists take the filter `enforcement_status`.
    const FILTERS_BY_ENFORCEMENT: bool;
    /// The filter of lists by the platform's own id.
    const REFERENCE_ID_FILTER: &'static str;
    /// The filter of lists by the relationship: `relationship` or, where answers have it instead, `access_type`.
    const RELATIONSHIP_FILTER: &'static str;
    /// Whether the document describes the filters that are newer than the documents that do not.
    const DOCUMENTS_FILTERS: bool;
    /// Whether the document describes the operations on many profiles at once, which are newer than the documents that do not.
    const DOCUMENTS_BULK: bool;
    /// Whether a profile has the path of its data controls.
    const HAS_DATA_CONTROLS: bool;
    /// The names of the grants that a profile shows, and so those whose decisions webhooks report. `None`: all.
    const SHOWN_GRANTS: Option<&'static [&'static str]>;
    /// The body of a create.
    type CreateProfile: Body + Into<ProfileDraft>;
    /// The body of an update.
    type UpdateProfile: Body + Into<ProfilePatch>;
    /// A profile in an answer.
    type Profile: From<Profile> + Serialize + JsonSchema;
    /// A profile in a list.
    type ListedProfile: From<Profile> + Serialize;
}
