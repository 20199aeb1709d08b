//! The ports of trust grants and enforcement actions.

use async_trait::async_trait;

use crate::domain::clock::Timestamp;
use crate::domain::error::Result;
use crate::domain::id::{DecisionId, EnforcementActionId, OrganizationId, ProfileId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::page::Page;
use crate::domain::profile::RevisionCondition;
use crate::domain::trust::decision::{Decision, DecisionQuery};
use crate::domain::trust::enforcement_record::{EnforcementQuery, EnforcementRecord, EnforcementStep};
use crate::domain::trust::grant::{GrantName, GrantQuery, ProfileGrant};

/// The trust grants of profiles. Called by the operator's API and the command line.
#[async_trait]
pub trait TrustGrantRepository: Send + Sync {
    /// Applies `decision` to the grant `name` of a profile under the profile's row lock, and stores it with its event. Returns it with the id
    /// that it was given under the lock, so that ids are in the order of decisions.
    ///
    /// # Errors
    /// `NotFound` if the profile does not exist; `PreconditionFailed`; `Conflict` if the grant's state rules the decision out ([`Decision::outcome`]); `Invalid` if the key
    /// of `idempotency` was used for another request.
    async fn decide(
        &self,
        organization: OrganizationId,
        profile: ProfileId,
        name: GrantName,
        decision: Decision,
        condition: RevisionCondition,
        idempotency: Option<Idempotency<Decision>>,
    ) -> Result<RequestOutcome<Decision>>;

    /// One page of the grants of all profiles as of `now`. Every page but the last is full.
    ///
    /// # Errors
    /// None of its own.
    async fn list(
        &self,
        organization: OrganizationId,
        query: GrantQuery,
        now: Timestamp,
    ) -> Result<Page<ProfileGrant, DecisionId>>;

    /// One page of the decisions on one grant. Every page but the last is full.
    ///
    /// # Errors
    /// `NotFound` if the profile does not exist.
    async fn decisions(&self, organization: OrganizationId, query: DecisionQuery)
    -> Result<Page<Decision, DecisionId>>;
}

/// The enforcement actions on profiles. Called by the operator's API and the command line.
#[async_trait]
pub trait EnforcementRepository: Send + Sync {
    /// Opens an action on a profile and appends its event.
    ///
    /// # Errors
    /// `NotFound` if the profile does not exist; `PreconditionFailed`; `Invalid` if the key of `idempotency` was used for another request.
    async fn open(
        &self,
        organization: OrganizationId,
        profile: ProfileId,
        record: EnforcementRecord,
        condition: RevisionCondition,
        idempotency: Option<Idempotency<EnforcementRecord>>,
    ) -> Result<RequestOutcome<EnforcementRecord>>;

    /// One page of the actions on a profile as of `now`, including resolved ones. Every page but the last is full.
    ///
    /// # Errors
    /// `NotFound` if the profile does not exist.
    async fn list(
        &self,
        organization: OrganizationId,
        query: EnforcementQuery,
        now: Timestamp,
    ) -> Result<Page<EnforcementRecord, EnforcementActionId>>;

    /// Applies `step` to an action on a profile under the profile's row lock.
    ///
    /// # Errors
    /// `NotFound` if the profile or the action does not exist; `PreconditionFailed`; `Conflict` if the action's state rules the step out
    /// ([`EnforcementRecord::advanced`]); `Invalid` if the key of `idempotency` was used for another request.
    async fn advance(
        &self,
        organization: OrganizationId,
        action: (ProfileId, EnforcementActionId),
        step: EnforcementStep,
        condition: RevisionCondition,
        now: Timestamp,
        idempotency: Option<Idempotency<EnforcementRecord>>,
    ) -> Result<RequestOutcome<EnforcementRecord>>;
}
