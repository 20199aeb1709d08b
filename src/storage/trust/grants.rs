//! The repository of trust grants: decisions, the grants of all profiles, the history of each.

use async_trait::async_trait;
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::decide;
use crate::domain::clock::Timestamp;
use crate::domain::id::{DecisionId, OrganizationId, ProfileId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::label::EnumLabel;
use crate::domain::page::{Order, Page};
use crate::domain::profile::RevisionCondition;
use crate::domain::repository::TrustGrantRepository;
use crate::domain::text::{Actor, Rationale, Text};
use crate::domain::trust::decision::{Decision, DecisionQuery};
use crate::domain::trust::grant::{
    GrantName, GrantPart, GrantParts, GrantQuery, PartStatus, ProfileGrant, Requirements, TrustGrant, TrustGrantStatus,
};
use crate::domain::trust::verdict::{DecidedStatus, Verdict};
use crate::domain::{Error, Result};
use crate::storage::events::outbox::Outbox;
use crate::storage::pool::Pool;
use crate::storage::profiles::read;

/// [`TrustGrantRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgTrustGrants {
    pool: Pool,
    outbox: Outbox,
}

impl PgTrustGrants {
    /// The grants in the database of `pool`, whose events take their ids from `outbox`.
    #[must_use]
    pub const fn new(pool: Pool, outbox: Outbox) -> Self {
        Self { pool, outbox }
    }
}

/// Reads the organization's (`$1`) grants with a status (`$2`) that have not expired at a moment (`$5`).
macro_rules! select_grants {
    ($which:literal) => {
        concat!(
            "select g.profile_id,
                    g.name,
                    g.decision_id,
                    g.decided_at,
                    g.status,
                    g.expires_at,
                    parts.*
               from trust_grants g
              cross join lateral (
                    select coalesce(array_agg(t.name), '{}') as part_names,
                           coalesce(array_agg(t.status), '{}') as part_statuses,
                           coalesce(array_agg(t.requires_data_retention), '{}') as part_data_retentions,
                           coalesce(array_agg(t.requires_human_review), '{}') as part_human_reviews
                      from trust_grant_parts t
                     where t.organization_id = g.organization_id
                       and t.profile_id = g.profile_id
                       and t.grant_name = g.name
              ) parts
              where g.organization_id = $1
                and g.status = $2
                and (g.expires_at is null or g.expires_at > $5)
                and ",
            $which,
            " limit $4"
        )
    };
}

/// Reads the decisions on one grant (`$3`) of a profile (`$2`) of the organization (`$1`).
macro_rules! select_decisions {
    ($which:literal) => {
        concat!(
            "select id,
                    decided_at,
                    status,
                    actor,
                    reason,
                    expires_at,
                    part_names,
                    part_statuses,
                    part_data_retentions,
                    part_human_reviews
               from trust_grant_decisions
              where organization_id = $1
                and profile_id = $2
                and grant_name = $3
                and ",
            $which,
            " limit $5"
        )
    };
}

#[derive(FromRow)]
struct ProfileGrantRow {
    profile_id: Uuid,
    name: String,
    decision_id: Uuid,
    decided_at: OffsetDateTime,
    status: String,
    expires_at: Option<OffsetDateTime>,
    #[sqlx(flatten)]
    parts: PartArrays,
}

#[derive(FromRow)]
struct DecisionRow {
    id: Uuid,
    decided_at: OffsetDateTime,
    status: String,
    actor: String,
    reason: Option<String>,
    expires_at: Option<OffsetDateTime>,
    #[sqlx(flatten)]
    parts: PartArrays,
}

#[derive(FromRow)]
#[expect(clippy::struct_field_names, reason = "the names of columns in a wider row")]
struct PartArrays {
    part_names: Vec<String>,
    part_statuses: Vec<String>,
    part_data_retentions: Vec<bool>,
    part_human_reviews: Vec<bool>,
}

#[async_trait]
impl TrustGrantRepository for PgTrustGrants {
    #[tracing::instrument(level = "debug", name = "trust_grants.decide", skip_all, fields(organization.id = %organization))]
    async fn decide(
        &self,
        organization: OrganizationId,
        profile: ProfileId,
        name: GrantName,
        decision: Decision,
        condition: RevisionCondition,
        idempotency: Option<Idempotency<Decision>>,
    ) -> Result<RequestOutcome<Decision>> {
        let (now, outbox) = (decision.decided_at, self.outbox.clone());
        self.pool
            .once(organization, Some(profile), now, idempotency, move |connection| {
                Box::pin(async move {
                    let key = (organization, profile);
                    decide::decide(connection, &outbox, key, &name, decision, &condition).await
                })
            })
            .await
    }

    #[tracing::instrument(level = "debug", name = "trust_grants.list", skip_all, fields(organization.id = %organization))]
    async fn list(
        &self,
        organization: OrganizationId,
        query: GrantQuery,
        now: Timestamp,
    ) -> Result<Page<ProfileGrant, DecisionId>> {
        let (select, first) = match query.order {
            Order::Ascending => (select_grants!("g.decision_id > $3 order by g.decision_id"), Uuid::nil()),
            Order::Descending => (select_grants!("g.decision_id < $3 order by g.decision_id desc"), Uuid::max()),
        };
        let limit = query.limit.get();
        let rows: Vec<ProfileGrantRow> = self
            .pool
            .of(organization)
            .read(move |connection| {
                Box::pin(async move {
                    Ok(sqlx::query_as(select)
                        .bind(organization.uuid())
                        .bind(query.status.as_str())
                        .bind(query.after.map_or(first, DecisionId::uuid))
                        .bind(i64::try_from(limit + 1).unwrap_or(i64::MAX))
                        .bind(now)
                        .fetch_all(connection)
                        .await?)
                })
            })
            .await?;
        let grants = rows.into_iter().map(ProfileGrant::try_from).collect::<Result<_>>()?;
        Ok(Page::filtered(grants, limit, query.limit, |grant| grant.decision_id, |_| true))
    }

    #[tracing::instrument(level = "debug", name = "trust_grants.decisions", skip_all, fields(organization.id = %organization))]
    async fn decisions(
        &self,
        organization: OrganizationId,
        query: DecisionQuery,
    ) -> Result<Page<Decision, DecisionId>> {
        let (select, first) = match query.order {
            Order::Ascending => (select_decisions!("id > $4 order by id"), Uuid::nil()),
            Order::Descending => (select_decisions!("id < $4 order by id desc"), Uuid::max()),
        };
        let (limit, wanted) = (query.limit, query.limit.get());
        let rows: Vec<DecisionRow> = self
            .pool
            .of(organization)
            .read(move |connection| {
                Box::pin(async move {
                    read::check_exists(connection, (organization, query.profile_id)).await?;
                    Ok(sqlx::query_as(select)
                        .bind(organization.uuid())
                        .bind(query.profile_id.uuid())
                        .bind(query.name.as_str())
                        .bind(query.after.map_or(first, DecisionId::uuid))
                        .bind(i64::try_from(wanted + 1).unwrap_or(i64::MAX))
                        .fetch_all(connection)
                        .await?)
                })
            })
            .await?;
        let decisions = rows.into_iter().map(Decision::try_from).collect::<Result<_>>()?;
        Ok(Page::filtered(decisions, wanted, limit, |decision| decision.id, |_| true))
    }
}

impl TryFrom<ProfileGrantRow> for ProfileGrant {
    type Error = Error;

    fn try_from(row: ProfileGrantRow) -> Result<Self> {
        let decision_id = DecisionId::new(row.decision_id);
        let broken = || Error::internal(format!("trust_grants {decision_id}: a column breaks a rule"));
        Ok(Self {
            profile_id: ProfileId::new(row.profile_id),
            name: GrantName::parse(row.name).map_err(|_| broken())?,
            decision_id,
            decided_at: row.decided_at,
            grant: TrustGrant {
                status: TrustGrantStatus::from_label(&row.status).ok_or_else(broken)?,
                parts: parts(row.parts).ok_or_else(broken)?,
                expires_at: row.expires_at,
            },
        })
    }
}

impl TryFrom<DecisionRow> for Decision {
    type Error = Error;

    fn try_from(row: DecisionRow) -> Result<Self> {
        let id = DecisionId::new(row.id);
        let broken = || Error::internal(format!("trust_grant_decisions {id}: a column breaks a rule"));
        let verdict = match DecidedStatus::from_label(&row.status).ok_or_else(broken)? {
            DecidedStatus::Active => {
                Verdict::Grant { expires_at: row.expires_at, parts: parts(row.parts).ok_or_else(broken)? }
            }
            DecidedStatus::Pending => Verdict::Request,
            DecidedStatus::Rejected => Verdict::Reject,
            DecidedStatus::Withdrawn => Verdict::Withdraw,
        };
        Ok(Self {
            id,
            verdict,
            decided_at: row.decided_at,
            actor: Actor::parse(row.actor).map_err(|_| broken())?,
            reason: row.reason.map(Rationale::parse).transpose().map_err(|_| broken())?,
        })
    }
}

fn parts(columns: PartArrays) -> Option<GrantParts> {
    let requirements = columns.part_data_retentions.into_iter().zip(columns.part_human_reviews);
    let parts = columns.part_names.into_iter().zip(columns.part_statuses).zip(requirements);
    parts
        .map(|((name, status), (data_retention, human_review))| {
            let status = PartStatus::from_label(&status)?;
            Some((name, GrantPart { status, requirements: Requirements { data_retention, human_review } }))
        })
        .collect()
}
