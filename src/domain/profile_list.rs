//! Which page of an organization's profiles: sort key, order, filter and position.

use super::id::ProfileId;
use super::label::labels;
use super::page::{Order, Page, PageLimit};
use super::profile::Profile;
use super::text::Text;
use super::trust::enforcement::EnforcementStatus;

/// One page of profiles.
pub type ProfilePage = Page<Profile, Keyset>;

labels! {
    /// What a list is sorted by.
    #[derive(Default)]
    OrderBy {
        /// The order of creation, which is that of ids.
        #[default]
        CreatedAt = "created_at",
        /// The name, ignoring the case of ASCII letters; ties by id; profiles without a name last, whichever way the list runs.
        Name = "name",
    }
}

/// Where the next page begins: after the profile with this sort key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keyset {
    /// In a list by creation.
    CreatedAt(ProfileId),
    /// In a list by name, among those that have one: the name with its ASCII letters lowered.
    Name(String, ProfileId),
    /// In a list by name, among those that have none.
    Nameless(ProfileId),
}

impl Keyset {
    /// Where `profile` stands in a list by `order_by`.
    #[must_use]
    pub fn of(profile: &Profile, order_by: OrderBy) -> Self {
        match (order_by, &profile.name) {
            (OrderBy::CreatedAt, _) => Self::CreatedAt(profile.id),
            (OrderBy::Name, Some(name)) => Self::Name(name.as_str().to_ascii_lowercase(), profile.id),
            (OrderBy::Name, None) => Self::Nameless(profile.id),
        }
    }
}

/// Which page of which list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageQuery {
    /// What the list is sorted by.
    pub order_by: OrderBy,
    /// The way it runs.
    pub order: Order,
    /// How many items at the most.
    pub limit: PageLimit,
    /// Where to begin; `None` is the first page. Fits `order_by`.
    pub after: Option<Keyset>,
    /// Only profiles with one of these; empty means all.
    pub statuses: Vec<EnforcementStatus>,
}
