//! Webhook endpoints: URLs of an organization to which events are delivered.

use validator::ValidationError;

use super::url::{Reach, WebhookUrl};
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrganizationId, WebhookEndpointId};
use crate::domain::label::labels;
use crate::domain::page::{Order, PageLimit};
use crate::domain::text::{Text, bounded};

/// The most endpoints of an organization, enabled or not.
pub const MAX_ENDPOINTS: usize = 32;

labels! {
    /// An event type that an endpoint can subscribe to. This service has neither external keys nor external storage, so events about them
    /// never happen.
    WebhookEventType {
        /// An external key has failed.
        ExternalKeyFailed = "external_key.failed",
        /// An external key works again.
        ExternalKeyRecovered = "external_key.recovered",
        /// An external storage has failed.
        ExternalStorageFailed = "external_storage.failed",
        /// An external storage works again.
        ExternalStorageRecovered = "external_storage.recovered",
        /// An enforcement action was opened on a profile.
        EnforcementActionOpened = "user_profile.enforcement_action_opened",
        /// An enforcement action was resolved, or has expired.
        EnforcementActionResolved = "user_profile.enforcement_action_resolved",
        /// A grant was requested, decided, withdrawn, or has expired.
        ProgramStatusUpdated = "user_profile.program_status_updated",
    }
}

labels! {
    /// Whether deliveries are sent to an endpoint.
    EndpointState {
        /// Deliveries are sent.
        Enabled = "enabled",
        /// Deliveries are not sent, and new events are not queued.
        Disabled = "disabled",
    }
}

/// The name of an endpoint, which may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointLabel(String);

/// The description of an endpoint, which may be empty.
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

/// The stored URL of an endpoint. An earlier release may have accepted what [`WebhookUrl::parse`] refuses: such an endpoint can still be
/// read, updated and deleted, and its deliveries fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredUrl {
    /// Its reach is checked for each connection.
    Valid(WebhookUrl),
    /// The text as it was registered.
    Invalid(String),
}

impl StoredUrl {
    /// The URL from its stored form.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        WebhookUrl::parse(text.clone(), Reach::Anywhere).map_or(Self::Invalid(text), Self::Valid)
    }

    /// The URL as it was registered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Valid(url) => url.as_str(),
            Self::Invalid(text) => text,
        }
    }
}

impl From<WebhookUrl> for StoredUrl {
    fn from(url: WebhookUrl) -> Self {
        Self::Valid(url)
    }
}

/// An endpoint, without its signing secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEndpoint {
    /// Unique.
    pub id: WebhookEndpointId,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed, by the organization or this service.
    pub updated_at: Timestamp,
    /// The URL of deliveries.
    pub url: StoredUrl,
    /// Its name.
    pub name: EndpointLabel,
    /// Its description.
    pub description: EndpointDescription,
    /// The event types that it subscribes to: at least one, without duplicates.
    pub enabled_events: Vec<WebhookEventType>,
    /// Whether deliveries are sent to it.
    pub state: EndpointState,
    /// Why this service disabled it; empty if it is enabled, or its organization disabled it.
    pub disabled_reason: String,
}

/// The changes of an update; `None` or an empty list leaves a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointPatch {
    /// The URL of deliveries.
    pub url: Option<WebhookUrl>,
    /// Its name.
    pub name: Option<EndpointLabel>,
    /// Its description.
    pub description: Option<EndpointDescription>,
    /// The new event types.
    pub enabled_events: Vec<WebhookEventType>,
    /// Whether deliveries are sent to it.
    pub state: Option<EndpointState>,
}

impl WebhookEndpoint {
    /// Applies `patch` at `now`; `None` if it changes nothing.
    #[must_use]
    pub fn patched(&self, patch: EndpointPatch, now: Timestamp) -> Option<Self> {
        let mut patched = self.clone();
        patched.url = patch.url.map_or(patched.url, StoredUrl::Valid);
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

/// A cursor page of a list by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CursorPageQuery<I> {
    /// The order of the list.
    pub order: Order,
    /// The most items.
    pub limit: PageLimit,
    /// Only items after this one.
    pub after: Option<I>,
    /// Only items before this one.
    pub before: Option<I>,
}

/// The items of a cursor page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorPage<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Whether more items follow.
    pub has_more: bool,
}

/// The key of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EndpointKey {
    /// Its organization.
    pub organization: OrganizationId,
    /// Its id.
    pub endpoint: WebhookEndpointId,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::label::EnumLabel;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn url(text: &str) -> WebhookUrl {
        WebhookUrl::parse(text.to_owned(), Reach::Internet).unwrap()
    }

    fn disabled() -> WebhookEndpoint {
        WebhookEndpoint {
            id: WebhookEndpointId::new(Uuid::from_u128(1)),
            created_at: NOW,
            updated_at: NOW,
            url: url("https://example.com/").into(),
            name: EndpointLabel::default(),
            description: EndpointDescription::default(),
            enabled_events: vec![WebhookEventType::ProgramStatusUpdated],
            state: EndpointState::Disabled,
            disabled_reason: "The endpoint answered 410 Gone.".to_owned(),
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
    fn enabling_an_endpoint_clears_the_reason() {
        let later = NOW + std::time::Duration::from_secs(1);
        let patch = EndpointPatch { state: Some(EndpointState::Enabled), ..EndpointPatch::default() };
        let enabled = disabled().patched(patch, later).unwrap();
        assert_eq!((enabled.state, enabled.disabled_reason.as_str()), (EndpointState::Enabled, ""));
        assert_eq!((enabled.updated_at, enabled.url), (later, disabled().url));
    }

    #[test]
    fn event_types_replace_the_whole_set() {
        let patch = EndpointPatch { enabled_events: WebhookEventType::ALL[..2].to_vec(), ..EndpointPatch::default() };
        assert_eq!(disabled().patched(patch, NOW).unwrap().enabled_events, WebhookEventType::ALL[..2]);
    }
}
