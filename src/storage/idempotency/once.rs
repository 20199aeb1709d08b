//! Runs work in a transaction, once per idempotency key.

use sqlx::Connection;
use sqlx::postgres::PgConnection;

use super::insert::insert;
use super::records::{Record, StoredAnswer};
use super::replay::replay;
use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::storage::pool::Pool;
use crate::storage::pool::connections::ConnectionFuture;
use crate::storage::pool::error::StorageError;

impl Pool {
    /// Does `work` in a transaction, for a request of `organization` that speaks of the profile `profile_id`, if of any: once under the key of
    /// `idempotency`.
    ///
    /// # Errors
    /// Those of [`Pool::run`]; `Invalid` if the key was used for another request.
    pub(in crate::storage) async fn once<T, F>(
        &self,
        organization: OrganizationId,
        profile_id: Option<ProfileId>,
        now: Timestamp,
        idempotency: Option<Idempotency<T>>,
        work: F,
    ) -> Result<RequestOutcome<T>>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut PgConnection) -> ConnectionFuture<'c, T> + Send + 'static,
    {
        let whose = RequestContext { organization, profile_id, now };
        self.run(move |connection| {
            Box::pin(async move {
                let mut transaction = connection.begin().await?;
                let outcome = match idempotency {
                    Some(idempotency) => whose.once(&mut transaction, &idempotency, work).await?,
                    None => RequestOutcome::Done(work(&mut transaction).await?),
                };
                transaction.commit().await?;
                Ok(outcome)
            })
        })
        .await
    }
}

/// Whose request it is, of whom it speaks, and when it came.
struct RequestContext {
    organization: OrganizationId,
    profile_id: Option<ProfileId>,
    now: Timestamp,
}

impl RequestContext {
    /// Does `work` unless the key is taken.
    async fn once<T>(
        &self,
        connection: &mut PgConnection,
        Idempotency { key, fingerprint, answer }: &Idempotency<T>,
        work: impl for<'c> FnOnce(&'c mut PgConnection) -> ConnectionFuture<'c, T>,
    ) -> std::result::Result<RequestOutcome<T>, StorageError> {
        // Claimed before the work, which must not be done twice; the answer follows, and so does the profile, which may turn out not to be
        // there.
        let claim = Record {
            organization: self.organization,
            key: key.clone(),
            profile_id: None,
            created_at: self.now,
            kept: StoredAnswer { fingerprint: *fingerprint, answer: Vec::new() },
        };
        if !insert(connection, claim).await? {
            return Ok(replay(connection, self.organization, key, *fingerprint, self.now).await??);
        }
        let done = work(connection).await?;
        sqlx::query(
            "update idempotency_keys
                set answer = $3,
                    profile_id = $4
              where organization_id = $1
                and key = $2",
        )
        .bind(self.organization.uuid())
        .bind(key.as_str())
        .bind(answer(&done)?)
        .bind(self.profile_id.map(ProfileId::uuid))
        .execute(connection)
        .await?;
        Ok(RequestOutcome::Done(done))
    }
}
