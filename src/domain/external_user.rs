//! What the platform states about an entity. Nothing of it is verified.

use super::change::Change;
use super::clock::Timestamp;
use super::label::labels;
use super::text::{Country, EmailHash, NameHash, ReferenceId};

labels! {
    /// The state of the entity's account on the platform.
    AccountStatus {
        /// In use.
        Active = "active",
        /// Stopped for now.
        Suspended = "suspended",
        /// Stopped for good.
        Blocked = "blocked",
    }
}

labels! {
    /// What kind of entity it is.
    EntityType {
        /// A person.
        Individual = "individual",
        /// A company.
        Business = "business",
        /// A non-profit organization.
        NonProfit = "non_profit",
        /// A public body.
        Government = "government",
    }
}

/// What the platform states; `None` until it does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExternalUserDetails {
    /// The state of the entity's account on the platform.
    pub account_status: Option<AccountStatus>,
    /// The entity's country.
    pub country: Option<Country>,
    /// A hash of its e-mail address.
    pub email_hash: Option<EmailHash>,
    /// What kind of entity it is.
    pub entity_type: Option<EntityType>,
    /// A hash of its name.
    pub name_hash: Option<NameHash>,
    /// When it opened its account with the platform.
    pub onboarded_at: Option<Timestamp>,
    /// The platform's own id for it.
    pub reference_id: Option<ReferenceId>,
}

/// What an update says about the details. What was once stated can be replaced and not taken back, but for the reference id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExternalUserPatch {
    /// The state of the entity's account on the platform.
    pub account_status: Option<AccountStatus>,
    /// The entity's country.
    pub country: Option<Country>,
    /// A hash of its e-mail address.
    pub email_hash: Option<EmailHash>,
    /// What kind of entity it is.
    pub entity_type: Option<EntityType>,
    /// A hash of its name.
    pub name_hash: Option<NameHash>,
    /// When it opened its account with the platform.
    pub onboarded_at: Option<Timestamp>,
    /// The platform's own id for it.
    pub reference_id: Change<ReferenceId>,
}

impl ExternalUserDetails {
    /// The details after `patch`.
    #[must_use]
    pub fn patched(&self, patch: &ExternalUserPatch) -> Self {
        Self {
            account_status: patch.account_status.or(self.account_status),
            country: patch.country.as_ref().or(self.country.as_ref()).cloned(),
            email_hash: patch.email_hash.as_ref().or(self.email_hash.as_ref()).cloned(),
            entity_type: patch.entity_type.or(self.entity_type),
            name_hash: patch.name_hash.as_ref().or(self.name_hash.as_ref()).cloned(),
            onboarded_at: patch.onboarded_at.or(self.onboarded_at),
            reference_id: patch.reference_id.applied_to(self.reference_id.as_ref()),
        }
    }
}
