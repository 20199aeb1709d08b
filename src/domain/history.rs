//! The history of a profile: the revisions that changes made of it, and who made them.

use super::event::Event;
use super::id::{ApiKeyId, EventId, ProfileId};
use super::page::PageLimit;
use super::profile::{ProfileDraft, Revision};
use super::text::Actor;

/// What the history holds of updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistoryDetail {
    /// The names of the changed fields.
    #[default]
    Names,
    /// Their values before the update too: personal data.
    Values,
}

/// Who made a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeAuthor {
    /// The holder of this API key.
    ApiKey(ApiKeyId),
    /// As a decision names its actor.
    Actor(Actor),
    /// It was not recorded.
    Unknown,
}

/// A change of a profile, and the revision that it made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileChange {
    /// The revision.
    pub revision: Revision,
    /// The event of the change.
    pub event: Event,
    /// Who made it.
    pub author: ChangeAuthor,
    /// What a platform had written before, if the change is an update and its values were stored.
    pub before: Option<ProfileDraft>,
}

/// A place in the history of a profile: after a revision, whose event has this id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryKeyset {
    /// The revision.
    pub revision: Revision,
    /// The smallest id of the events until here. Those of older revisions are smaller, as long as the clocks of replicas agree.
    pub event_id: EventId,
}

/// A page of the history of one profile, newest revision first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryQuery {
    /// The profile.
    pub profile_id: ProfileId,
    /// The most revisions.
    pub limit: PageLimit,
    /// Start after this; `None`: the first page.
    pub after: Option<HistoryKeyset>,
}
