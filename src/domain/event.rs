//! Events: what happened to profiles. They name what changed and hold no value that a platform wrote, so they outlive an erasure.

use super::clock::Timestamp;
use super::id::{EnforcementActionId, EventId, ProfileId};
use super::label::labels;
use super::page::{Order, PageLimit};
use super::profile::ProfileField;
use super::trust::grant::{GrantName, TrustGrantStatus};

labels! {
    /// What kind of thing happened.
    EventKind {
        /// A profile was created.
        Created = "user_profile.created",
        /// An update changed a profile.
        Updated = "user_profile.updated",
        /// A profile was erased.
        Erased = "user_profile.erased",
        /// A grant was asked for, decided, withdrawn, or has expired.
        ProgramStatusUpdated = "user_profile.program_status_updated",
        /// A limit was placed on a profile.
        EnforcementActionOpened = "user_profile.enforcement_action_opened",
        /// A limit was lifted, or has expired.
        EnforcementActionResolved = "user_profile.enforcement_action_resolved",
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventDetails {
    /// A profile was created.
    Created,
    /// An update changed these fields of a profile.
    Updated(Vec<ProfileField>),
    /// A profile was erased.
    Erased,
    /// A grant was asked for, decided, withdrawn, or has expired.
    ProgramStatusUpdated {
        /// The grant's name.
        grant: GrantName,
        /// What it is now; `None`: neither decided nor in flight.
        status: Option<TrustGrantStatus>,
    },
    /// A limit was placed on a profile.
    EnforcementActionOpened(EnforcementActionId),
    /// A limit was lifted, or has expired.
    EnforcementActionResolved(EnforcementActionId),
}

impl EventDetails {
    /// What kind of thing it is.
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

/// One thing that happened to one profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Unique, and in the order of what happened.
    pub id: EventId,
    /// When it happened.
    pub created_at: Timestamp,
    /// To which profile, which may be gone since.
    pub profile_id: ProfileId,
    /// What happened.
    pub details: EventDetails,
}

/// Which page of which events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// The way the list runs: in the order of events, or against it.
    pub order: Order,
    /// How many at the most.
    pub limit: PageLimit,
    /// Where to begin; `None` is the first page.
    pub after: Option<EventId>,
    /// Of this profile only.
    pub profile_id: Option<ProfileId>,
    /// Of these kinds only; empty means all.
    pub kinds: Vec<EventKind>,
    /// From this moment on.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}
