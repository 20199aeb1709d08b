//! The repository of enforcement actions.

use async_trait::async_trait;
use uuid::Uuid;

use super::enforcement_actions::{self, EnforcementActionRow, select_actions};
use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::id::{EnforcementActionId, OrganizationId, ProfileId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::page::{Order, Page};
use crate::domain::profile::RevisionCondition;
use crate::domain::repository::EnforcementRepository;
use crate::domain::trust::enforcement_record::{EnforcementQuery, EnforcementRecord, EnforcementStep};
use crate::storage::events::outbox::Outbox;
use crate::storage::pool::Pool;
use crate::storage::profiles::read;

/// [`EnforcementRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgEnforcement {
    pool: Pool,
    outbox: Outbox,
}

impl PgEnforcement {
    /// The actions in the database of `pool`, whose events take their ids from `outbox`.
    #[must_use]
    pub const fn new(pool: Pool, outbox: Outbox) -> Self {
        Self { pool, outbox }
    }
}

#[async_trait]
impl EnforcementRepository for PgEnforcement {
    #[tracing::instrument(level = "debug", name = "enforcement.open", skip_all, fields(organization.id = %organization))]
    async fn open(
        &self,
        organization: OrganizationId,
        profile: ProfileId,
        record: EnforcementRecord,
        condition: RevisionCondition,
        idempotency: Option<Idempotency<EnforcementRecord>>,
    ) -> Result<RequestOutcome<EnforcementRecord>> {
        let (now, outbox) = (record.action.opened_at, self.outbox.clone());
        self.pool
            .once(organization, Some(profile), now, idempotency, move |connection| {
                Box::pin(async move {
                    enforcement_actions::open(connection, &outbox, (organization, profile), &record, &condition)
                        .await?;
                    Ok(record)
                })
            })
            .await
    }

    #[tracing::instrument(level = "debug", name = "enforcement.list", skip_all, fields(organization.id = %organization))]
    async fn list(
        &self,
        organization: OrganizationId,
        query: EnforcementQuery,
        now: Timestamp,
    ) -> Result<Page<EnforcementRecord, EnforcementActionId>> {
        let (select, first) = match query.order {
            Order::Ascending => (
                select_actions!("where organization_id = $1 and profile_id = $2 and id > $3 order by id limit $4"),
                Uuid::nil(),
            ),
            Order::Descending => (
                select_actions!("where organization_id = $1 and profile_id = $2 and id < $3 order by id desc limit $4"),
                Uuid::max(),
            ),
        };
        let limit = query.limit.get();
        let rows: Vec<EnforcementActionRow> = self
            .pool
            .of(organization)
            .read(move |connection| {
                Box::pin(async move {
                    read::check_exists(connection, (organization, query.profile_id)).await?;
                    Ok(sqlx::query_as(select)
                        .bind(organization.uuid())
                        .bind(query.profile_id.uuid())
                        .bind(query.after.map_or(first, EnforcementActionId::uuid))
                        .bind(i64::try_from(limit + 1).unwrap_or(i64::MAX))
                        .fetch_all(connection)
                        .await?)
                })
            })
            .await?;
        let records = rows.into_iter().map(|row| Ok(EnforcementRecord::try_from(row)?.as_of(now)));
        Ok(Page::filtered(records.collect::<Result<_>>()?, limit, query.limit, |record| record.action.id, |_| true))
    }

    #[tracing::instrument(level = "debug", name = "enforcement.advance", skip_all, fields(organization.id = %organization))]
    async fn advance(
        &self,
        organization: OrganizationId,
        (profile, id): (ProfileId, EnforcementActionId),
        step: EnforcementStep,
        condition: RevisionCondition,
        now: Timestamp,
        idempotency: Option<Idempotency<EnforcementRecord>>,
    ) -> Result<RequestOutcome<EnforcementRecord>> {
        let outbox = self.outbox.clone();
        self.pool
            .once(organization, Some(profile), now, idempotency, move |connection| {
                Box::pin(async move {
                    let key = (organization, profile);
                    enforcement_actions::advance(connection, &outbox, key, id, step, &condition, now).await
                })
            })
            .await
    }
}
