//! Events: changes of profiles, and of API keys. They name the changed fields without their values, so they remain after an erasure.

use super::clock::Timestamp;
use super::credential::api_key::KeyActor;
use super::id::{ApiKeyId, EnforcementActionId, EventId, ProfileId};
use super::label::labels;
use super::page::{Order, PageLimit};
use super::profile::ProfileField;
use super::trust::grant::{GrantName, TrustGrantStatus};

labels! {
    /// The kind of an event.
    EventKind {
        /// A profile was created.
        Created = "user_profile.created",
        /// An update changed a profile.
        Updated = "user_profile.updated",
        /// A profile was erased.
        Erased = "user_profile.erased",
        /// A grant was requested, decided, withdrawn, or has expired.
        ProgramStatusUpdated = "user_profile.program_status_updated",
        /// An enforcement action was opened on a profile.
        EnforcementActionOpened = "user_profile.enforcement_action_opened",
        /// The identity check of an enforcement action was submitted, or has failed.
        EnforcementActionUpdated = "user_profile.enforcement_action_updated",
        /// An enforcement action was resolved, or has expired.
        EnforcementActionResolved = "user_profile.enforcement_action_resolved",
        /// An API key was created.
        ApiKeyCreated = "api_key.created",
        /// An API key was revoked.
        ApiKeyRevoked = "api_key.revoked",
    }
}

/// The details of an event of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventDetails {
    /// A profile was created.
    Created,
    /// An update changed these fields of a profile.
    Updated(Vec<ProfileField>),
    /// A profile was erased.
    Erased,
    /// A grant was requested, decided, withdrawn, or has expired.
    ProgramStatusUpdated {
        /// The grant's name.
        grant: GrantName,
        /// Its status; `None` after a withdrawal or expiry.
        status: Option<TrustGrantStatus>,
    },
    /// An enforcement action was opened on a profile.
    EnforcementActionOpened(EnforcementActionId),
    /// The identity check of an enforcement action was submitted, or has failed.
    EnforcementActionUpdated(EnforcementActionId),
    /// An enforcement action was resolved, or has expired.
    EnforcementActionResolved(EnforcementActionId),
}

impl EventDetails {
    /// The kind of the event.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Created => EventKind::Created,
            Self::Updated(_) => EventKind::Updated,
            Self::Erased => EventKind::Erased,
            Self::ProgramStatusUpdated { .. } => EventKind::ProgramStatusUpdated,
            Self::EnforcementActionOpened(_) => EventKind::EnforcementActionOpened,
            Self::EnforcementActionUpdated(_) => EventKind::EnforcementActionUpdated,
            Self::EnforcementActionResolved(_) => EventKind::EnforcementActionResolved,
        }
    }
}

/// What became of an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiKeyChange {
    /// It was created.
    Created,
    /// It was revoked.
    Revoked,
}

/// What changed, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventSubject {
    /// A profile, which may have been erased since.
    Profile(ProfileId, EventDetails),
    /// An API key, by this key or on the command line.
    ApiKey(ApiKeyId, ApiKeyChange, KeyActor),
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Unique; ids sort by the time at which they were made.
    pub id: EventId,
    /// When it happened.
    pub created_at: Timestamp,
    /// What changed, and how.
    pub subject: EventSubject,
}

impl Event {
    /// The kind of the event.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        match &self.subject {
            EventSubject::Profile(_, details) => details.kind(),
            EventSubject::ApiKey(_, ApiKeyChange::Created, _) => EventKind::ApiKeyCreated,
            EventSubject::ApiKey(_, ApiKeyChange::Revoked, _) => EventKind::ApiKeyRevoked,
        }
    }

    /// The profile that changed, if one did.
    #[must_use]
    pub const fn profile_id(&self) -> Option<ProfileId> {
        match self.subject {
            EventSubject::Profile(id, _) => Some(id),
            EventSubject::ApiKey(..) => None,
        }
    }
}

/// A place in the list of an organization's events.
///
/// Newest first, the list runs in the order of ids. Ids are made before their transactions commit, by processes whose clocks differ, so a
/// client that goes upwards in this order would miss an event that commits late. Oldest first, the list therefore starts with the backlog,
/// the events that are there when the first page is read, by id; the events after it follow in the order of positions, which come from the
/// database and are shown only when no smaller one can appear any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKeyset {
    /// After the event with this id. Oldest first, the backlog starts there.
    Id(EventId),
    /// Oldest first: after the event with the id `after` of the backlog.
    Backlog {
        /// The id of the last event that was shown.
        after: EventId,
        /// The events to be shown in the order of ids.
        backlog: EventBacklog,
    },
    /// Oldest first: past the backlog, after the event in this position.
    Position(i64),
}

/// The events that are there when the first page is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventBacklog {
    /// The greatest position of them. Every event with this position or a smaller one is visible.
    pub position: i64,
    /// No id of them is greater.
    pub last_id: EventId,
}

/// A page of events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// The order of the list.
    pub order: Order,
    /// The most events.
    pub limit: PageLimit,
    /// Start after this; `None`: the first page.
    pub after: Option<EventKeyset>,
    /// Only events of this profile.
    pub profile_id: Option<ProfileId>,
    /// Only events of these kinds; empty: all kinds.
    pub kinds: Vec<EventKind>,
    /// Only events at this time or later.
    pub since: Option<Timestamp>,
    /// Only events before this time.
    pub until: Option<Timestamp>,
}

impl EventQuery {
    /// Whether the query selects `event`, wherever in the list it is.
    #[must_use]
    pub fn selects(&self, event: &Event) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&event.kind()))
            && self.profile_id.is_none_or(|id| event.profile_id() == Some(id))
            && self.since.is_none_or(|since| event.created_at >= since)
            && self.until.is_none_or(|until| event.created_at < until)
    }

    /// Whether the query selects some events only.
    #[must_use]
    pub const fn has_filter(&self) -> bool {
        !self.kinds.is_empty() || self.profile_id.is_some() || self.since.is_some() || self.until.is_some()
    }
}
