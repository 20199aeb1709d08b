//! The port of enrollment links.

use async_trait::async_trait;

use crate::domain::clock::Timestamp;
use crate::domain::error::Result;
use crate::domain::id::OrganizationId;
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::trust::enrollment::{Enrollment, Invitation, LinkTokenHash, Submission};

/// The enrollment links of profiles. The API creates them; the enrollment page opens and submits them, without an API key: the link's
/// token is looked up before the organization is known.
#[async_trait]
pub trait EnrollmentRepository: Send + Sync {
    /// Whether this process knows that there is, or was, a link whose token has this `hash`: it created or found it.
    fn is_known(&self, hash: LinkTokenHash) -> bool;

    /// Stores `enrollment` under the `hash` of its token.
    ///
    /// # Errors
    /// `NotFound` if the profile does not exist; `Invalid` if the key of `idempotency` was used for another request.
    async fn create(
        &self,
        organization: OrganizationId,
        enrollment: Enrollment,
        hash: LinkTokenHash,
        idempotency: Option<Idempotency<()>>,
    ) -> Result<RequestOutcome<()>>;

    /// What the link with this `hash` shows at `now`; `None` if the link is unknown, expired or used, or its profile is erased.
    ///
    /// # Errors
    /// None of its own.
    async fn open(&self, hash: LinkTokenHash, now: Timestamp) -> Result<Option<Invitation>>;

    /// Requests [`ENROLLED_GRANT`] through the link with this `hash` and marks the link as used. Submitting it again changes nothing and
    /// returns the same, until the link expires. `None` as for [`open`](Self::open).
    ///
    /// # Errors
    /// None of its own.
    ///
    /// [`ENROLLED_GRANT`]: crate::domain::trust::enrollment::ENROLLED_GRANT
    async fn submit(&self, hash: LinkTokenHash, now: Timestamp) -> Result<Option<Submission>>;
}
