//! The query for a page of profiles: sort key, order, filter and position.

use super::filter::ProfileFilter;
use super::user_profile::Profile;
use crate::domain::id::ProfileId;
use crate::domain::label::labels;
use crate::domain::page::{Order, Page, PageLimit};
use crate::domain::text::Text;

/// One page of profiles.
pub type ProfilePage = Page<Profile, ProfileKeyset>;

labels! {
    /// The sort key of a list of profiles.
    #[derive(Default)]
    OrderBy {
        /// By creation, which is the order of ids.
        #[default]
        CreatedAt = "created_at",
        /// By name, ignoring the case of ASCII letters, then by id. Profiles without a name come last in either order.
        Name = "name",
    }
}

/// A position in a list of profiles: the sort key of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileKeyset {
    /// By creation.
    CreatedAt(ProfileId),
    /// By name: the name with ASCII letters in lower case.
    Name(String, ProfileId),
    /// By name, among the profiles without one.
    Nameless(ProfileId),
}

impl ProfileKeyset {
    /// The position of `profile` in a list by `order_by`.
    #[must_use]
    pub fn of(profile: &Profile, order_by: OrderBy) -> Self {
        match (order_by, &profile.name) {
            (OrderBy::CreatedAt, _) => Self::CreatedAt(profile.id),
            (OrderBy::Name, Some(name)) => Self::Name(name.as_str().to_ascii_lowercase(), profile.id),
            (OrderBy::Name, None) => Self::Nameless(profile.id),
        }
    }
}

/// A page of profiles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileQuery {
    /// The sort key.
    pub order_by: OrderBy,
    /// The order.
    pub order: Order,
    /// The most profiles.
    pub limit: PageLimit,
    /// Start after this position, which must fit `order_by`; `None`: the first page.
    pub after: Option<ProfileKeyset>,
    /// Only profiles that it selects.
    pub filter: ProfileFilter,
}
