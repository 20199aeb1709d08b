//! How a trust grant is decided: under the lock of its profile's row, with the decision kept and the event that tells of it.

use std::collections::HashSet;

use sqlx::postgres::PgConnection;
use sqlx::{FromRow, Result};
use time::OffsetDateTime;

use crate::domain::clock::Timestamp;
use crate::domain::event::EventDetails;
use crate::domain::label::EnumLabel;
use crate::domain::text::Text;
use crate::domain::trust::decision::Decision;
use crate::domain::trust::grant::{GrantName, GrantParts, TrustGrant, TrustGrantStatus};
use crate::domain::trust::verdict::Verdict;
use crate::domain::{Error, ErrorKind};
use crate::storage::events::outbox;
use crate::storage::events::outbox::Outbox;
use crate::storage::pool::error::StorageError;
use crate::storage::profiles::lock;
use crate::storage::profiles::read::profile_not_found;
use crate::storage::profiles::row::ProfileKey;

/// Lets `decision` take effect on the grant `name`, within the caller's transaction, and answers it with the id under which it is kept: made
/// under the lock, so that ids are in the order of decisions.
///
/// # Errors
/// `NotFound` if the profile is; `Conflict` where the decision cannot follow what was before.
pub(in crate::storage) async fn decide(
    connection: &mut PgConnection,
    outbox: &Outbox,
    key: ProfileKey,
    name: &GrantName,
    decision: Decision,
) -> std::result::Result<Decision, StorageError> {
    if lock::lock(connection, &HashSet::from([key])).await? == 0 {
        return Err(profile_not_found().into());
    }
    // What has expired without anybody having written so is written down first: no decision follows a grant that is there no longer.
    expire(connection, outbox, key, name, decision.decided_at).await?;
    let before = read(connection, key, name).await?;
    let after = decision.outcome(before.as_ref())?;
    let decision = Decision { id: outbox.id(decision.decided_at), ..decision };
    take_effect(connection, outbox, key, name, &decision, after.as_ref(), decision.decided_at).await?;
    Ok(decision)
}

/// Withdraws the grant `name` if its end has come `now`, within the caller's transaction. The profile's row is locked. Answers whether it
/// did.
///
/// # Errors
/// None of its own.
pub(in crate::storage) async fn expire(
    connection: &mut PgConnection,
    outbox: &Outbox,
    key: ProfileKey,
    name: &GrantName,
    now: Timestamp,
) -> std::result::Result<bool, StorageError> {
    let before = read(connection, key, name).await?;
    let Some(end) = before.as_ref().and_then(|grant| grant.expires_at).filter(|end| *end <= now) else {
        return Ok(false);
    };
    let decision = Decision::expiry(outbox.id(now), end);
    let after = decision.outcome(before.as_ref())?;
    take_effect(connection, outbox, key, name, &decision, after.as_ref(), now).await?;
    Ok(true)
}

/// Makes the grant `name` pending, within the caller's transaction, because whoever the profile represents asks for it. Answers whether its
/// state allows that; where it does not, nothing has changed.
///
/// # Errors
/// `NotFound` if the profile is.
pub(in crate::storage) async fn request(
    connection: &mut PgConnection,
    outbox: &Outbox,
    key: ProfileKey,
    name: &GrantName,
    now: Timestamp,
) -> std::result::Result<bool, StorageError> {
    match decide(connection, outbox, key, name, Decision::request(outbox.id(now), now)).await {
        Ok(_) => Ok(true),
        Err(StorageError::Rule(error)) if error.kind == ErrorKind::Conflict => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// Writes down `decision` and what it makes of the grant, and tells of it `now`.
async fn take_effect(
    connection: &mut PgConnection,
    outbox: &Outbox,
    key: ProfileKey,
    name: &GrantName,
    decision: &Decision,
    after: Option<&TrustGrant>,
    now: Timestamp,
) -> Result<()> {
    replace(connection, key, name, decision, after).await?;
    keep(connection, key, name, decision).await?;
    lock::touch(connection, key, now).await?;
    let status = after.map(|grant| grant.status);
    let what = EventDetails::ProgramStatusUpdated { grant: name.clone(), status };
    outbox::append(connection, &[(key.0, outbox.event(key.1, what, now))]).await
}

#[derive(FromRow)]
struct GrantRow {
    status: String,
    expires_at: Option<OffsetDateTime>,
}

/// The grant as it was last written, without its parts: no rule asks for them. The profile's row is locked.
async fn read(
    connection: &mut PgConnection,
    key: ProfileKey,
    name: &GrantName,
) -> std::result::Result<Option<TrustGrant>, StorageError> {
    let row: Option<GrantRow> = sqlx::query_as(
        "select status,
                expires_at
           from trust_grants
          where organization_id = $1
            and profile_id = $2
            and name = $3",
    )
    .bind(key.0.uuid())
    .bind(key.1.uuid())
    .bind(name.as_str())
    .fetch_optional(connection)
    .await?;
    let grant = row.map(|row| {
        let status = TrustGrantStatus::from_label(&row.status)?;
        Some(TrustGrant { status, parts: GrantParts::new(), expires_at: row.expires_at })
    });
    Ok(grant.map(|grant| grant.ok_or_else(|| Error::internal("trust_grants: an unknown status"))).transpose()?)
}

/// Puts the grant that `decision` made in the place of what was before; `None`: nothing.
async fn replace(
    connection: &mut PgConnection,
    key: ProfileKey,
    name: &GrantName,
    decision: &Decision,
    grant: Option<&TrustGrant>,
) -> Result<()> {
    sqlx::query(
        "delete from trust_grants
          where organization_id = $1
            and profile_id = $2
            and name = $3",
    )
    .bind(key.0.uuid())
    .bind(key.1.uuid())
    .bind(name.as_str())
    .execute(&mut *connection)
    .await?;
    let Some(grant) = grant else { return Ok(()) };
    let parts = Parts::of(&grant.parts);
    sqlx::query(
        "with granted as (
             insert into trust_grants (organization_id, profile_id, name, status, decision_id, decided_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7)
         )
         insert into trust_grant_parts (
                organization_id,
                profile_id,
                grant_name,
                name,
                status,
                requires_data_retention,
                requires_human_review)
         select $1,
                $2,
                $3,
                part.*
           from unnest($8::text[], $9::text[], $10::boolean[], $11::boolean[]) as part",
    )
    .bind(key.0.uuid())
    .bind(key.1.uuid())
    .bind(name.as_str())
    .bind(grant.status.as_str())
    .bind(decision.id.uuid())
    .bind(decision.decided_at)
    .bind(grant.expires_at)
    .bind(parts.names)
    .bind(parts.statuses)
    .bind(parts.data_retentions)
    .bind(parts.human_reviews)
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds `decision` to the history of the grant.
async fn keep(connection: &mut PgConnection, key: ProfileKey, name: &GrantName, decision: &Decision) -> Result<()> {
    let nothing = GrantParts::new();
    let (expires_at, parts) = match &decision.verdict {
        Verdict::Grant { expires_at, parts } => (*expires_at, parts),
        Verdict::Request | Verdict::Reject | Verdict::Withdraw => (None, &nothing),
    };
    let parts = Parts::of(parts);
    sqlx::query(
        "insert into trust_grant_decisions (
                organization_id,
                profile_id,
                grant_name,
                id,
                decided_at,
                status,
                actor,
                reason,
                expires_at,
                part_names,
                part_statuses,
                part_data_retentions,
                part_human_reviews)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(key.0.uuid())
    .bind(key.1.uuid())
    .bind(name.as_str())
    .bind(decision.id.uuid())
    .bind(decision.decided_at)
    .bind(decision.verdict.status().as_str())
    .bind(decision.actor.as_str())
    .bind(decision.reason.as_ref().map(Text::as_str))
    .bind(expires_at)
    .bind(parts.names)
    .bind(parts.statuses)
    .bind(parts.data_retentions)
    .bind(parts.human_reviews)
    .execute(connection)
    .await?;
    Ok(())
}

/// Parts, column by column.
#[derive(Default)]
struct Parts<'p> {
    names: Vec<&'p str>,
    statuses: Vec<&'static str>,
    data_retentions: Vec<bool>,
    human_reviews: Vec<bool>,
}

impl<'p> Parts<'p> {
    fn of(parts: &'p GrantParts) -> Self {
        let mut columns = Self::default();
        for (name, part) in parts {
            columns.names.push(name);
            columns.statuses.push(part.status.as_str());
            columns.data_retentions.push(part.requirements.data_retention);
            columns.human_reviews.push(part.requirements.human_review);
        }
        columns
    }
}
