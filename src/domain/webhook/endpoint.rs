//! An endpoint: a URL at which an organization hears of what happens to its profiles.

use validator::ValidationError;

use super::url::WebhookUrl;
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrganizationId, WebhookEndpointId};
use crate::domain::label::labels;
use crate::domain::page::{Order, PageLimit};
use crate::domain::text::{Text, bounded};

/// How many endpoints an organization may have, enabled or not.
pub const MAX_ENDPOINTS: usize = 32;

labels! {
    /// What an endpoint can hear of.
    WebhookEventType {
        /// A limit was placed on a profile.
        EnforcementActionOpened = "user_profile.enforcement_action_opened",
        /// A limit was lifted, or has expired.
        EnforcementActionResolved = "user_profile.enforcement_action_resolved",
        /// A grant was asked for, decided, withdrawn, or has expired.
        ProgramStatusUpdated = "user_profile.program_status_updated",
    }
}

labels! {
    /// Whether deliveries are sent to an endpoint.
    EndpointState {
        /// They are.
        Enabled = "enabled",
        /// They are not. What happens meanwhile is never delivered to it.
        Disabled = "disabled",
    }
}

/// A short label; empty: none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointLabel(String);

/// Notes; empty: none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointDescription(String);

impl Text for EndpointLabel {
    const MAX_CHARACTERS: u64 = 255;

    fn parse(text: String) -> Result<Self, ValidationError> {
        bounded(&text, 0, Self::MAX_CHARACTERS)?;
        Ok(Self(text))
    }
    fn as_str(&self) -> &str {
        &self.0
    }
    fn into_string(self) -> String {
        self.0
    }
}

impl Text for EndpointDescription {
    const MAX_CHARACTERS: u64 = 1_000;

    fn parse(text: String) -> Result<Self, ValidationError> {
        bounded(&text, 0, Self::MAX_CHARACTERS)?;
        Ok(Self(text))
    }
    fn as_str(&self) -> &str {
        &self.0
    }
    fn into_string(self) -> String {
        self.0
    }
}

/// An endpoint; its signing secret is not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEndpoint {
    /// Unique.
    pub id: WebhookEndpointId,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed, by whomever.
    pub updated_at: Timestamp,
    /// Where deliveries go.
    pub url: WebhookUrl,
    /// What people call it.
    pub name: EndpointLabel,
    /// What people note of it.
    pub description: EndpointDescription,
    /// What it hears of: each once, at least one.
    pub enabled_events: Vec<WebhookEventType>,
    /// Whether deliveries are sent to it.
    pub state: EndpointState,
    /// Why this service disabled it; empty where it is enabled, or where its organization disabled it.
    pub disabled_reason: String,
}

/// What an update says; `None` and an empty list leave a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointPatch {
    /// Where deliveries go.
    pub url: Option<WebhookUrl>,
    /// What people call it.
    pub name: Option<EndpointLabel>,
    /// What people note of it.
    pub description: Option<EndpointDescription>,
    /// What it hears of, in place of what it did.
    pub enabled_events: Vec<WebhookEventType>,
    /// Whether deliveries are sent to it.
    pub state: Option<EndpointState>,
}

impl WebhookEndpoint {
    /// The endpoint after `patch`, which came `now`; `None` where it changes nothing.
    #[must_use]
    pub fn patched(&self, patch: EndpointPatch, now: Timestamp) -> Option<Self> {
        let mut patched = self.clone();
        patched.url = patch.url.unwrap_or(patched.url);
        patched.name = patch.name.unwrap_or(patched.name);
        patched.description = patch.description.unwrap_or(patched.description);
        if !patch.enabled_events.is_empty() {
            patched.enabled_events = patch.enabled_events;
        }
        patched.state = patch.state.unwrap_or(patched.state);
        if patched.state == EndpointState::Enabled {
            patched.disabled_reason.clear();
        }
        (patched != *self).then_some(Self { updated_at: now, ..patched })
    }
}

/// Which cursor page of a list that runs in the order of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CursorPageQuery<I> {
    /// The way the list runs.
    pub order: Order,
    /// How many at the most.
    pub limit: PageLimit,
    /// Only what comes after this one in the list.
    pub after: Option<I>,
    /// Only what comes before this one in the list.
    pub before: Option<I>,
}

/// A cursor page of a list, and whether the list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorPage<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Whether there are more that the query would find.
    pub has_more: bool,
}

/// An endpoint of an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EndpointKey {
    /// Whose it is.
    pub organization: OrganizationId,
    /// Which one.
    pub endpoint: WebhookEndpointId,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::label::EnumLabel;
    use crate::domain::webhook::url::Reach;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn url(text: &str) -> WebhookUrl {
        WebhookUrl::parse(text.to_owned(), Reach::Internet).unwrap()
    }

    fn disabled() -> WebhookEndpoint {
        WebhookEndpoint {
            id: WebhookEndpointId::new(Uuid::from_u128(1)),
            created_at: NOW,
            updated_at: NOW,
            url: url("https://example.com/"),
            name: EndpointLabel::default(),
            description: EndpointDescription::default(),
            enabled_events: vec![WebhookEventType::ProgramStatusUpdated],
            state: EndpointState::Disabled,
            disabled_reason: "It was gone.".to_owned(),
        }
    }

    #[test]
    fn a_patch_that_says_nothing_new_changes_nothing() {
        let same = EndpointPatch {
            url: Some(url("https://example.com/")),
            state: Some(EndpointState::Disabled),
            ..EndpointPatch::default()
        };
        for patch in [EndpointPatch::default(), same] {
            assert_eq!(disabled().patched(patch, NOW + std::time::Duration::from_secs(1)), None);
        }
    }

    #[test]
    fn whoever_enables_an_endpoint_clears_the_reason() {
        let later = NOW + std::time::Duration::from_secs(1);
        let patch = EndpointPatch { state: Some(EndpointState::Enabled), ..EndpointPatch::default() };
        let enabled = disabled().patched(patch, later).unwrap();
        assert_eq!((enabled.state, enabled.disabled_reason.as_str()), (EndpointState::Enabled, ""));
        assert_eq!((enabled.updated_at, enabled.url), (later, disabled().url));
    }

    #[test]
    fn the_subjects_replace_the_whole_set() {
        let patch = EndpointPatch { enabled_events: WebhookEventType::ALL[..2].to_vec(), ..EndpointPatch::default() };
        assert_eq!(disabled().patched(patch, NOW).unwrap().enabled_events, WebhookEventType::ALL[..2]);
    }
}
