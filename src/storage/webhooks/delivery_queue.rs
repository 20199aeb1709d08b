//! The delivery queue: claiming due deliveries, and settling their attempts.

use async_trait::async_trait;
use sqlx::{Connection, FromRow};
use uuid::Uuid;

use super::settlement;
use crate::domain::clock::Timestamp;
use crate::domain::id::{EventId, OrganizationId, WebhookEndpointId};
use crate::domain::repository::DeliveryQueue;
use crate::domain::webhook::delivery::{Attempt, ClaimedDelivery, DeliveryUpdate};
use crate::domain::webhook::endpoint::{EndpointKey, StoredUrl};
use crate::domain::webhook::secret::SigningSecret;
use crate::domain::{Error, Result};
use crate::storage::events::row::EventRow;
use crate::storage::pool::Pool;
use crate::storage::pool::error::StorageError;

/// [`DeliveryQueue`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgDeliveries(Pool);

impl PgDeliveries {
    /// The queue in the database of `pool`.
    #[must_use]
    pub const fn new(pool: Pool) -> Self {
        Self(pool)
    }
}

#[derive(FromRow)]
struct ClaimedDeliveryRow {
    #[sqlx(flatten)]
    event: EventRow,
    version: String,
    url: String,
    signing_secret: Vec<u8>,
    previous_secret: Option<Vec<u8>>,
}

#[async_trait]
impl DeliveryQueue for PgDeliveries {
    #[tracing::instrument(level = "debug", name = "deliveries.due", skip_all)]
    async fn due(&self, now: Timestamp) -> Result<Vec<EndpointKey>> {
        let rows: Vec<(Uuid, Uuid)> = self
            .0
            .read(move |connection| {
                Box::pin(async move {
                    // A loose index scan: one step per endpoint, however many deliveries are pending for it.
                    Ok(sqlx::query_as(
                        "with recursive pending as (
                             (select organization_id,
                                     endpoint_id
                                from webhook_deliveries
                               where state = 'pending'
                               order by organization_id, endpoint_id
                               limit 1)
                             union all
                             select next.organization_id,
                                    next.endpoint_id
                               from pending
                              cross join lateral (
                                    select d.organization_id,
                                           d.endpoint_id
                                      from webhook_deliveries d
                                     where d.state = 'pending'
                                       and (d.organization_id, d.endpoint_id) > (pending.organization_id, pending.endpoint_id)
                                     order by d.organization_id, d.endpoint_id
                                     limit 1) next
                         )
                         select p.organization_id,
                                p.endpoint_id
                           from pending p
                           join webhook_endpoints e on e.organization_id = p.organization_id and e.id = p.endpoint_id
                          where e.state = 'enabled'
                            and exists (
                                select
                                  from webhook_deliveries d
                                 where d.organization_id = p.organization_id
                                   and d.endpoint_id = p.endpoint_id
                                   and d.state = 'pending'
                                   and d.due_at <= $1)",
                    )
                    .bind(now)
                    .fetch_all(connection)
                    .await?)
                })
            })
            .await?;
        Ok(rows.into_iter().map(|(organization, endpoint)| key(organization, endpoint)).collect())
    }

    #[tracing::instrument(level = "debug", name = "deliveries.claim", skip_all, fields(organization.id = %key.organization))]
    async fn claim(
        &self,
        key: EndpointKey,
        now: Timestamp,
        lease: Timestamp,
        limit: usize,
    ) -> Result<Vec<ClaimedDelivery>> {
        let rows: Vec<ClaimedDeliveryRow> = self
            .0
            .run(move |connection| {
                Box::pin(async move {
                    Ok(sqlx::query_as(
                        "with due as (
                             select d.event_id
                               from webhook_deliveries d
                               join webhook_endpoints e on e.organization_id = d.organization_id and e.id = d.endpoint_id
                              where d.organization_id = $1
                                and d.endpoint_id = $2
                                and d.state = 'pending'
                                and d.due_at <= $3
                                and e.state = 'enabled'
                              order by d.due_at
                              limit $5
                                for update of d skip locked
                         ), claimed as (
                             update webhook_deliveries d
                                set due_at = $4
                               from due
                              where d.organization_id = $1
                                and d.endpoint_id = $2
                                and d.event_id = due.event_id
                          returning d.event_id,
                                    d.version
                         )
                         select v.id,
                                v.created_at,
                                v.kind,
                                v.profile_id,
                                v.fields,
                                v.grant_name,
                                v.grant_status,
                                v.enforcement_action_id,
                                c.version,
                                e.url,
                                e.signing_secret,
                                case when e.previous_secret_until > $3 then e.previous_secret end as previous_secret
                           from claimed c
                           join events v on v.organization_id = $1 and v.id = c.event_id
                           join webhook_endpoints e on e.organization_id = $1 and e.id = $2",
                    )
                    .bind(key.organization.uuid())
                    .bind(key.endpoint.uuid())
                    .bind(now)
                    .bind(lease)
                    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                    .fetch_all(connection)
                    .await?)
                })
            })
            .await?;
        rows.into_iter().map(|row| claimed(key.endpoint, row)).collect()
    }

    #[tracing::instrument(level = "debug", name = "deliveries.record_attempt", skip_all, fields(organization.id = %key.organization))]
    async fn record_attempt(
        &self,
        key: EndpointKey,
        event: EventId,
        attempt: Attempt,
        jitter: u16,
        now: Timestamp,
    ) -> Result<Option<DeliveryUpdate>> {
        self.0
            .run(move |connection| {
                Box::pin(async move {
                    let mut transaction = connection.begin().await.map_err(StorageError::NotBegun)?;
                    let Some(progress) = settlement::lock_progress(&mut transaction, key, event).await? else {
                        return Ok(None);
                    };
                    let settlement = progress.after(&attempt.outcome, now, jitter);
                    settlement::save_delivery(&mut transaction, key, event, &settlement).await?;
                    settlement::save_attempt(&mut transaction, key, event, &attempt).await?;
                    settlement::save_endpoint(&mut transaction, key, progress, &settlement, now).await?;
                    transaction.commit().await?;
                    Ok(Some(settlement))
                })
            })
            .await
    }

    #[tracing::instrument(level = "debug", name = "deliveries.forget", skip_all, fields(organization.id = %key.organization))]
    async fn forget(&self, key: EndpointKey, event: EventId) -> Result<()> {
        self.0
            .run(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "delete from webhook_deliveries
                          where organization_id = $1
                            and endpoint_id = $2
                            and event_id = $3",
                    )
                    .bind(key.organization.uuid())
                    .bind(key.endpoint.uuid())
                    .bind(event.uuid())
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }
}

fn key(organization: Uuid, endpoint: Uuid) -> EndpointKey {
    EndpointKey { organization: OrganizationId::new(organization), endpoint: WebhookEndpointId::new(endpoint) }
}

fn claimed(endpoint: WebhookEndpointId, row: ClaimedDeliveryRow) -> Result<ClaimedDelivery> {
    let broken = |column: &str| Error::internal(format!("webhook_endpoints {endpoint}: {column} breaks a rule"));
    let secret = |bytes: Vec<u8>| bytes.try_into().map(SigningSecret::new).map_err(|_| broken("a secret"));
    let secrets = [Some(row.signing_secret), row.previous_secret].into_iter().flatten().map(secret);
    Ok(ClaimedDelivery {
        event: row.event.try_into()?,
        version: row.version,
        url: StoredUrl::from_stored(row.url),
        secrets: secrets.collect::<Result<_>>()?,
    })
}
