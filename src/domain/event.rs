//! Events: changes of profiles. They name the changed fields without their values, so they remain after an erasure.

use super::clock::Timestamp;
use super::id::{EnforcementActionId, EventId, ProfileId};
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
        /// An enforcement action was resolved, or has expired.
        EnforcementActionResolved = "user_profile.enforcement_action_resolved",
    }
}

/// The details of an event.
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
            Self::EnforcementActionResolved(_) => EventKind::EnforcementActionResolved,
        }
    }
}

/// A change of one profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Unique; ids sort in the order of events.
    pub id: EventId,
    /// When it happened.
    pub created_at: Timestamp,
    /// The profile, which may have been erased since.
    pub profile_id: ProfileId,
    /// The details.
    pub details: EventDetails,
}

/// A page of events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// The order of the list, by event id.
    pub order: Order,
    /// The most events.
    pub limit: PageLimit,
    /// Start after this event; `None`: the first page.
    pub after: Option<EventId>,
    /// Only events of this profile.
    pub profile_id: Option<ProfileId>,
    /// Only events of these kinds; empty: all kinds.
    pub kinds: Vec<EventKind>,
    /// Only events at this time or later.
    pub since: Option<Timestamp>,
    /// Only events before this time.
    pub until: Option<Timestamp>,
}
