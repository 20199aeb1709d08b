//! The ports of trust: grants, and what limits profiles.

use async_trait::async_trait;

use crate::domain::clock::Timestamp;
use crate::domain::error::Result;
use crate::domain::id::{DecisionId, EnforcementActionId, OrganizationId, ProfileId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::page::Page;
use crate::domain::trust::decision::{Decision, DecisionQuery};
use crate::domain::trust::enforcement_record::{EnforcementQuery, EnforcementRecord, EnforcementStep};
use crate::domain::trust::grant::{GrantName, GrantQuery, ProfileGrant};

/// The trust grants of profiles.
#[async_trait]
pub trait TrustGrantRepository: Send + Sync {
    /// Lets `decision` take effect on the grant `name` of a profile, and keeps it. Decisions on one profile follow each other,
    /// and each gets its id when its turn has come: it is answered with that one.
    ///
    /// # Errors
    /// `NotFound` if the profile is; `Conflict` where the decision cannot follow what was before ([`Decision::outcome`]); `Invalid` if the key
    /// of `idempotency` was used for another request.
    async fn decide(
        &self,
        organization: OrganizationId,
        profile: ProfileId,
        name: GrantName,
        decision: Decision,
        idempotency: Option<Idempotency<Decision>>,
    ) -> Result<RequestOutcome<Decision>>;

    /// One page of the grants of all profiles, as they are at `now`; it is full unless it is the last.
    ///
    /// # Errors
    /// None of its own.
    async fn list(
        &self,
        organization: OrganizationId,
        query: GrantQuery,
        now: Timestamp,
    ) -> Result<Page<ProfileGrant, DecisionId>>;

    /// One page of the decisions on one grant; it is full unless it is the last. A grant that nobody ever decided has none.
    ///
    /// # Errors
    /// `NotFound` if the profile is.
    async fn decisions(&self, organization: OrganizationId, query: DecisionQuery)
    -> Result<Page<Decision, DecisionId>>;
}

/// The limits on profiles.
#[async_trait]
pub trait EnforcementRepository: Send + Sync {
    /// Opens an action on a profile.
    ///
    /// # Errors
    /// `NotFound` if the profile is; `Invalid` if the key of `idempotency` was used for another request.
    async fn open(
        &self,
        organization: OrganizationId,
        profile: ProfileId,
        record: EnforcementRecord,
        idempotency: Option<Idempotency<EnforcementRecord>>,
    ) -> Result<RequestOutcome<EnforcementRecord>>;

    /// One page of the actions on a profile as they are at `now`, closed ones too; it is full unless it is the last.
    ///
    /// # Errors
    /// `NotFound` if the profile is.
    async fn list(
        &self,
        organization: OrganizationId,
        query: EnforcementQuery,
        now: Timestamp,
    ) -> Result<Page<EnforcementRecord, EnforcementActionId>>;

    /// Lets an action on a profile (`of`) take `step`. Steps on one profile follow each other.
    ///
    /// # Errors
    /// `NotFound` if the profile or the action is; `Conflict` where the action cannot take that step
    /// ([`EnforcementRecord::advanced`]); `Invalid` if the key of `idempotency` was used for another request.
    async fn advance(
        &self,
        organization: OrganizationId,
        of: (ProfileId, EnforcementActionId),
        step: EnforcementStep,
        now: Timestamp,
        idempotency: Option<Idempotency<EnforcementRecord>>,
    ) -> Result<RequestOutcome<EnforcementRecord>>;
}

/// What ends by itself: written down for those who listen, for nothing that is read depends on it. The one port that serves all
/// organizations at once. Each call does a bounded amount of work and leaves alone what somebody else is at.
#[async_trait]
pub trait ExpiryRepository: Send + Sync {
    /// Withdraws grants whose end has come `now`. Answers how many.
    ///
    /// # Errors
    /// None of its own.
    async fn expire_grants(&self, now: Timestamp) -> Result<usize>;

    /// Resolves actions whose end has come `now`. Answers how many.
    ///
    /// # Errors
    /// None of its own.
    async fn expire_actions(&self, now: Timestamp) -> Result<usize>;

    /// Deletes links that nobody used and that open nothing any more. Answers how many.
    ///
    /// # Errors
    /// None of its own.
    async fn delete_expired_links(&self, now: Timestamp) -> Result<usize>;

    /// Deletes some of the answers that have been kept for repetitions long enough ([`IDEMPOTENCY_RETENTION`]); answers how many.
    ///
    /// # Errors
    /// None of its own.
    ///
    /// [`IDEMPOTENCY_RETENTION`]: crate::domain::idempotency::IDEMPOTENCY_RETENTION
    async fn delete_expired_answers(&self, now: Timestamp) -> Result<usize>;
}
