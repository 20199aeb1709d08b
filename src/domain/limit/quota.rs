//! Quotas: how many objects an organization may have.

use crate::domain::error::{Error, ErrorKind};
use crate::domain::label::{EnumLabel, labels};
use crate::domain::profile::change::Change;

/// The most API keys of an organization without a quota of its own.
pub const DEFAULT_API_KEYS: u32 = 1_000;

/// The most open enrollment links of an organization without a quota of its own.
pub const DEFAULT_OPEN_LINKS: u32 = 100_000;

labels! {
    /// What a quota counts, as messages name it.
    Resource {
        /// Keys that are neither revoked nor expired.
        ApiKeys = "API keys",
        /// Links that are neither used nor expired.
        OpenLinks = "open enrollment links",
        /// Profiles that are not deleted.
        Profiles = "user profiles",
    }
}

/// The quotas of an organization, where it has its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Of [`Resource::ApiKeys`].
    pub api_keys: Option<u32>,
    /// Of [`Resource::OpenLinks`].
    pub open_links: Option<u32>,
    /// Of [`Resource::Profiles`].
    pub profiles: Option<u32>,
}

impl Quotas {
    /// The most objects of a kind; `None`: any number.
    #[must_use]
    pub fn of(&self, resource: Resource) -> Option<u32> {
        match resource {
            Resource::ApiKeys => Some(self.api_keys.unwrap_or(DEFAULT_API_KEYS)),
            Resource::OpenLinks => Some(self.open_links.unwrap_or(DEFAULT_OPEN_LINKS)),
            Resource::Profiles => self.profiles,
        }
    }
}

/// Changes of quotas; a cleared one is the default again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotasPatch {
    /// Of [`Resource::ApiKeys`].
    pub api_keys: Change<u32>,
    /// Of [`Resource::OpenLinks`].
    pub open_links: Change<u32>,
    /// Of [`Resource::Profiles`].
    pub profiles: Change<u32>,
}

impl QuotasPatch {
    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The error of a request that would exceed `quota`.
#[must_use]
pub fn quota_exceeded(resource: Resource, quota: u32) -> Error {
    let message =
        format!("The quota of this organization is reached: it may have at most {quota} {}", resource.as_str());
    Error::new(ErrorKind::Conflict, message)
}
