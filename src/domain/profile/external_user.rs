//! Details that the platform states about an entity. They are not verified.

use super::change::Change;
use crate::domain::clock::Timestamp;
use crate::domain::label::labels;
use crate::domain::text::{self, Country, EmailHash, NameHash, ReferenceId};

labels! {
    /// The state of the entity's account on the platform.
    AccountStatus {
        /// In use.
        Active = "active",
        /// Suspended temporarily.
        Suspended = "suspended",
        /// Blocked permanently.
        Blocked = "blocked",
    }
}

labels! {
    /// The kind of entity.
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

/// The details; `None` where nothing was stated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExternalUserDetails {
    /// The state of the entity's account on the platform.
    pub account_status: Option<AccountStatus>,
    /// The entity's country.
    pub country: Option<Country>,
    /// A hash of its e-mail address.
    pub email_hash: Option<EmailHash>,
    /// The kind of entity.
    pub entity_type: Option<EntityType>,
    /// A hash of its name.
    pub name_hash: Option<NameHash>,
    /// When it opened its account with the platform.
    pub onboarded_at: Option<Timestamp>,
    /// The platform's own id for it.
    pub reference_id: Option<ReferenceId>,
}

/// The changes of an update. `None` leaves a field; only the reference id can be cleared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExternalUserPatch {
    /// The state of the entity's account on the platform.
    pub account_status: Option<AccountStatus>,
    /// The entity's country.
    pub country: Option<Country>,
    /// A hash of its e-mail address.
    pub email_hash: Option<EmailHash>,
    /// The kind of entity.
    pub entity_type: Option<EntityType>,
    /// A hash of its name.
    pub name_hash: Option<NameHash>,
    /// When it opened its account with the platform.
    pub onboarded_at: Option<Timestamp>,
    /// The platform's own id for it.
    pub reference_id: Change<ReferenceId>,
}

impl ExternalUserPatch {
    /// The bytes of its texts.
    pub(super) fn bytes(&self) -> usize {
        text::bytes(self.country.as_ref())
            + text::bytes(self.email_hash.as_ref())
            + text::bytes(self.name_hash.as_ref())
            + text::bytes(self.reference_id.value())
    }
}

impl ExternalUserDetails {
    /// The bytes of its texts.
    pub(super) fn bytes(&self) -> usize {
        text::bytes(self.country.as_ref())
            + text::bytes(self.email_hash.as_ref())
            + text::bytes(self.name_hash.as_ref())
            + text::bytes(self.reference_id.as_ref())
    }

    /// Applies `patch`.
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
