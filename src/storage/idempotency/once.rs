//! Runs work in a transaction, once per idempotency key.

use sqlx::Connection;
use sqlx::postgres::PgConnection;

use super::insert::insert;
use super::records::IdempotencyRecord;
use super::replay::replay;
use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::storage::pool::Pool;
use crate::storage::pool::connections::ConnectionFuture;
use crate::storage::pool::error::StorageError;
use crate::storage::profiles::lock::lock_existing;

impl Pool {
    /// Runs `work` in a transaction, once per key of `idempotency`; replays the stored answer after that. The record is erased with the
    /// profile `profile_id`, if the request concerns one.
    ///
    /// # Errors
    /// Those of [`Pool::run`]; `NotFound` if the profile is; `Invalid` if the key was used for another request.
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
        let context = RequestContext { organization, profile_id, now };
        self.of(organization)
            .run(move |connection| {
                Box::pin(async move {
                    let mut transaction = connection.begin().await.map_err(StorageError::NotBegun)?;
                    let outcome = match idempotency {
                        Some(idempotency) => context.once(&mut transaction, &idempotency, work).await?,
                        None => RequestOutcome::Done(work(&mut transaction).await?),
                    };
                    transaction.commit().await?;
                    Ok(outcome)
                })
            })
            .await
    }
}

struct RequestContext {
    organization: OrganizationId,
    profile_id: Option<ProfileId>,
    now: Timestamp,
}

impl RequestContext {
    /// Runs `work` unless the key is taken.
    async fn once<T>(
        &self,
        connection: &mut PgConnection,
        Idempotency { key, fingerprint, answer }: &Idempotency<T>,
        work: impl for<'c> FnOnce(&'c mut PgConnection) -> ConnectionFuture<'c, T>,
    ) -> std::result::Result<RequestOutcome<T>, StorageError> {
        // The profile is locked before the key is claimed, as updates do: the other order would deadlock with them.
        if let Some(profile) = self.profile_id {
            lock_existing(connection, (self.organization, profile)).await?;
        }
        // The key is claimed before the work, which must not run twice. The answer follows.
        let claim = IdempotencyRecord::claim(self.organization, key.clone(), *fingerprint, self.profile_id, self.now);
        if !insert(connection, claim).await? {
            return replay(connection, self.organization, key, *fingerprint, self.now).await;
        }
        let done = work(connection).await?;
        sqlx::query(
            "update idempotency_keys
                set answer = $3
              where organization_id = $1
                and key = $2",
        )
        .bind(self.organization.uuid())
        .bind(key.as_str())
        .bind(answer(&done)?)
        .execute(connection)
        .await?;
        Ok(RequestOutcome::Done(done))
    }
}
