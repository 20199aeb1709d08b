//! A decorator that limits the look-ups of enrollment links: a client that opens one has no API key, and may be guessing.

use async_trait::async_trait;

use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::id::OrganizationId;
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::repository::EnrollmentRepository;
use crate::domain::trust::enrollment::{Enrollment, Invitation, LinkTokenHash, Submission};
use crate::metrics::Registry;
use crate::storage::guesses::GuessLimit;

/// [`EnrollmentRepository`] with a limit on guesses. Links that this process has created or found are not limited.
#[derive(Debug)]
pub struct LimitedEnrollments<R> {
    inner: R,
    guesses: GuessLimit,
}

impl<R> LimitedEnrollments<R> {
    /// Limits the look-ups of `inner`.
    #[must_use]
    pub fn new(inner: R, registry: &Registry) -> Self {
        let guesses = GuessLimit::new(registry, "uprof_enrollment_guesses_refused", "enrollment links");
        guesses.know_all([]);
        Self { inner, guesses }
    }

    fn learn<T>(&self, hash: LinkTokenHash, found: Option<&T>) {
        match found {
            Some(_) => self.guesses.know(&hash.0),
            None => self.guesses.forget(&hash.0),
        }
    }
}

#[async_trait]
impl<R: EnrollmentRepository> EnrollmentRepository for LimitedEnrollments<R> {
    fn is_known(&self, hash: LinkTokenHash) -> bool {
        self.guesses.may_exist(&hash.0)
    }

    async fn create(
        &self,
        organization: OrganizationId,
        enrollment: Enrollment,
        hash: LinkTokenHash,
        idempotency: Option<Idempotency<()>>,
    ) -> Result<RequestOutcome<()>> {
        let created = self.inner.create(organization, enrollment, hash, idempotency).await;
        if matches!(created, Ok(RequestOutcome::Done(()))) {
            self.guesses.know(&hash.0);
        }
        created
    }

    async fn open(&self, hash: LinkTokenHash, now: Timestamp) -> Result<Option<Invitation>> {
        let _permit = self.guesses.admit(&hash.0).await?;
        let found = self.inner.open(hash, now).await?;
        self.learn(hash, found.as_ref());
        Ok(found)
    }

    async fn submit(&self, hash: LinkTokenHash, now: Timestamp) -> Result<Option<Submission>> {
        let _permit = self.guesses.admit(&hash.0).await?;
        let found = self.inner.submit(hash, now).await?;
        self.learn(hash, found.as_ref());
        Ok(found)
    }
}
