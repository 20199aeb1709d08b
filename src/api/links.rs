//! Enrollment links, under their two names. Unchanged since the first shape.

use serde::Serialize;
use validator::ValidationError;

use super::body::Body;
use super::fields::Fields;
use super::timestamp::WireTimestamp;
use super::values;
use crate::domain::clock::Timestamp;
use crate::domain::error::reason;
use crate::domain::word::words;

/// A link as it is answered.
#[derive(Debug, Serialize)]
pub struct LinkBody {
    #[serde(rename = "type")]
    kind: &'static str,
    url: String,
    expires_at: WireTimestamp,
}

impl LinkBody {
    /// The answer to `enrollment_url`.
    #[must_use]
    pub const fn enrollment_url(url: String, expires_at: Timestamp) -> Self {
        Self { kind: "enrollment_url", url, expires_at: WireTimestamp(expires_at) }
    }

    /// The answer to `action_urls`.
    #[must_use]
    pub const fn action_url(url: String, expires_at: Timestamp) -> Self {
        Self { kind: "user_profile_action_url", url, expires_at: WireTimestamp(expires_at) }
    }
}

words! {
    /// What whoever opens an action URL does.
    ActionType {
        /// The end user enrolls.
        EnrollEndUser = "enroll_end_user",
    }
}

/// `{"action":{"type":"enroll_end_user"}}`.
#[derive(Debug)]
pub struct CreateActionUrl;

impl Body for CreateActionUrl {
    const FIELDS_OF_SOME_SHAPE: &'static [&'static str] = &["action"];

    fn read(fields: &mut Fields) -> Self {
        let read = fields.object("action", |action| {
            if action.optional("type", values::word::<ActionType>).is_none() {
                action.refuse("type", required());
            }
        });
        if read.is_none() {
            fields.refuse("action", required());
        }
        Self
    }
}

fn required() -> ValidationError {
    reason("required", "Field required")
}
