//! The dated shapes: how requests select them, and which fields answers have.

use serde_json::{Value, json};

use super::answer::keys;

/// A dated shape; a later one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    V1,
    V2,
    V3,
    Ga,
}

impl Shape {
    pub(crate) const ALL: [Self; 4] = [Self::V1, Self::V2, Self::V3, Self::Ga];

    /// Whether approvals are in `programs`, and no longer in `trust_grants`.
    pub(crate) fn has_programs(self) -> bool {
        self >= Self::Ga
    }

    /// The `anthropic-version` of its requests: a date selects a generally available shape.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::V1 | Self::V2 | Self::V3 => "2023-06-01",
            Self::Ga => "2026-10-21",
        }
    }

    /// The value of `anthropic-beta` that selects it.
    pub(crate) fn beta(self) -> Option<&'static str> {
        match self {
            Self::V1 => Some("user-profiles-2026-03-24"),
            Self::V2 => Some("user-profiles-2026-08-18"),
            Self::V3 => Some("user-profiles-2026-09-04"),
            Self::Ga => None,
        }
    }

    /// The label by which organizations are pinned to it.
    pub(crate) fn label(self) -> &'static str {
        self.beta().map_or("ga", |beta| &beta["user-profiles-".len()..])
    }

    /// Its name in messages.
    pub(crate) fn name(self) -> &'static str {
        self.beta().unwrap_or("the generally available version")
    }

    /// The shape whose keys `profile` has, no more and no less.
    #[track_caller]
    pub(crate) fn of(profile: &Value) -> Self {
        let shown = keys(profile);
        let found = Self::ALL.into_iter().find(|shape| shape.keys() == shown);
        found.unwrap_or_else(|| panic!("the keys of no shape: {profile}"))
    }

    /// The dotted path of the field for the platform's own id.
    pub(crate) fn reference_id(self) -> &'static str {
        if self <= Self::V2 { "external_id" } else { "external_user_details.reference_id" }
    }

    /// The keys of a profile, sorted.
    fn keys(self) -> Vec<&'static str> {
        let mut keys = vec!["created_at", "id", "metadata", "name", "type", "updated_at"];
        keys.extend_from_slice(match self {
            Self::V1 => &["external_id", "relationship", "trust_grants"],
            Self::V2 => &["access_type", "external_id", "external_user_onboarded_at", "trust_grants"],
            Self::V3 => &["access_type", "external_user_details", "trust_grants"],
            Self::Ga => {
                &["access_type", "enforcement_actions", "enforcement_status", "external_user_details", "programs"]
            }
        });
        keys.sort_unstable();
        keys
    }
}

/// `value` in the field at a dotted `path`.
pub(crate) fn body(path: &str, value: &Value) -> Value {
    path.rsplit('.').fold(value.clone(), |inner, key| json!({key: inner}))
}

/// The value at a dotted `path`.
pub(crate) fn at<'a>(path: &str, object: &'a Value) -> &'a Value {
    path.split('.').fold(object, |object, key| &object[key])
}
