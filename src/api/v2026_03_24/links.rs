//! Enrollment links, under their two names. The same under every version.

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::body::fields::Fields;
use crate::api::body::reader::Body;
use crate::api::body::values;
use crate::api::wire::scalars::{WireLabel, WireUrl};
use crate::api::wire::timestamp::WireTimestamp;
use crate::domain::clock::Timestamp;
use crate::domain::label::labels;

labels! {
    /// The `type` of a link from `enrollment_url`.
    EnrollmentUrlType {
        /// A link.
        EnrollmentUrl = "enrollment_url",
    }
}

labels! {
    /// The `type` of a link from `action_urls`.
    ActionUrlType {
        /// A link.
        UserProfileActionUrl = "user_profile_action_url",
    }
}

/// The answer to `enrollment_url`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EnrollmentUrl {
    /// What kind of object this is.
    r#type: WireLabel<EnrollmentUrlType>,
    /// The link: anyone who holds it can open it.
    url: WireUrl,
    /// From when on the link opens nothing, in UTC.
    expires_at: WireTimestamp,
}

/// The answer to `action_urls`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ActionUrl {
    /// What kind of object this is.
    r#type: WireLabel<ActionUrlType>,
    /// The link: anyone who holds it can open it.
    url: WireUrl,
    /// From when on the link opens nothing, in UTC.
    expires_at: WireTimestamp,
}

impl EnrollmentUrl {
    /// The link `url`.
    #[must_use]
    pub const fn new(url: String, expires_at: Timestamp) -> Self {
        let r#type = WireLabel(EnrollmentUrlType::EnrollmentUrl);
        Self { r#type, url: WireUrl(url), expires_at: WireTimestamp(expires_at) }
    }
}

impl ActionUrl {
    /// The link `url`.
    #[must_use]
    pub const fn new(url: String, expires_at: Timestamp) -> Self {
        let r#type = WireLabel(ActionUrlType::UserProfileActionUrl);
        Self { r#type, url: WireUrl(url), expires_at: WireTimestamp(expires_at) }
    }
}

labels! {
    /// The action that an action URL offers.
    ActionType {
        /// The end user enrolls.
        EnrollEndUser = "enroll_end_user",
    }
}

/// `{"action":{"type":"enroll_end_user"}}`.
#[derive(Debug)]
pub struct CreateActionUrl;

impl Body for CreateActionUrl {
    fn read(fields: &mut Fields) -> Self {
        fields.required_object("action", |action| action.required("type", values::label::<ActionType>()));
        Self
    }
}
