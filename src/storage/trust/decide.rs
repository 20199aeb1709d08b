//! Decisions on trust grants: each locks its profile, is added to the history of the grant, and appends an event.

use sqlx::postgres::PgConnection;
use sqlx::{FromRow, Result};
use time::OffsetDateTime;

use crate::domain::clock::Timestamp;
use crate::domain::event::EventDetails;
use crate::domain::label::EnumLabel;
use crate::domain::profile::RevisionCondition;
use crate::domain::text::Text;
use crate::domain::trust::decision::Decision;
use crate::domain::trust::grant::{GrantName, GrantParts, MAX_GRANTS, TrustGrant, TrustGrantStatus};
use crate::domain::trust::verdict::Verdict;
use crate::domain::{Error, ErrorKind};
use crate::storage::events::outbox::{self, ChangeRecord, Outbox};
use crate::storage::pool::error::StorageError;
use crate::storage::profiles::lock;
use crate::storage::profiles::row::ProfileKey;

/// Applies `decision` to the grant `name` in the caller's transaction. Answers it with a new id, made under the lock, so that ids are in the
/// order of decisions.
///
/// # Errors
/// `NotFound` if the profile is; `PreconditionFailed`; `Conflict` if the state of the grant does not allow the decision, or the profile has
/// too many grants.
pub(super) async fn decide(
    connection: &mut PgConnection,
    outbox: &Outbox,
    key: ProfileKey,
    name: &GrantName,
    decision: Decision,
    condition: &RevisionCondition,
) -> std::result::Result<Decision, StorageError> {
    condition.check(lock::lock_existing(connection, key).await?)?;
    // A grant that has expired but was not swept yet is withdrawn first: the decision must not see it.
    expire(connection, outbox, key, name, decision.decided_at).await?;
    let before = read(connection, key, name).await?;
    let after = decision.outcome(before.as_ref())?;
    if before.is_none() && after.is_some() && count(connection, key).await? >= MAX_GRANTS {
        let message = format!("trust_grants: A profile has at most {MAX_GRANTS}");
        return Err(Error::new(ErrorKind::Conflict, message).into());
    }
    let decision = Decision { id: outbox.id(decision.decided_at), ..decision };
    apply(connection, outbox, key, name, &decision, after.as_ref(), decision.decided_at).await?;
    Ok(decision)
}

/// Withdraws the grant `name` of a locked profile if it has expired `now`, in the caller's transaction. Answers whether it did.
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
    apply(connection, outbox, key, name, &decision, after.as_ref(), now).await?;
    Ok(true)
}

/// Makes the grant `name` pending, in the caller's transaction, as the entity behind the profile requests. Answers whether the state of the
/// grant allows that; if not, nothing has changed.
///
/// # Errors
/// `NotFound` if the profile is.
pub(super) async fn request(
    connection: &mut PgConnection,
    outbox: &Outbox,
    key: ProfileKey,
    name: &GrantName,
    now: Timestamp,
) -> std::result::Result<bool, StorageError> {
    match decide(connection, outbox, key, name, Decision::request(outbox.id(now), now), &RevisionCondition::Any).await {
        Ok(_) => Ok(true),
        Err(StorageError::Rule(error)) if error.kind == ErrorKind::Conflict => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// Stores `decision` and the grant that results from it, and appends the event, at `now`.
async fn apply(
    connection: &mut PgConnection,
    outbox: &Outbox,
    key: ProfileKey,
    name: &GrantName,
    decision: &Decision,
    after: Option<&TrustGrant>,
    now: Timestamp,
) -> Result<()> {
    replace(connection, key, name, decision, after).await?;
    add_to_history(connection, key, name, decision).await?;
    let revision = lock::touch(connection, key, now).await?;
    let status = after.map(|grant| grant.status);
    let details = EventDetails::ProgramStatusUpdated { grant: name.clone(), status };
    let record = ChangeRecord { revision: Some(revision), decision: Some(decision.id) };
    outbox::append_change(connection, &[(key.0, outbox.event(key.1, details, now))], record).await
}

#[derive(FromRow)]
struct GrantStateRow {
    status: String,
    expires_at: Option<OffsetDateTime>,
}

/// The stored grant of a locked profile, without its parts: no rule depends on them.
async fn read(
    connection: &mut PgConnection,
    key: ProfileKey,
    name: &GrantName,
) -> std::result::Result<Option<TrustGrant>, StorageError> {
    let row: Option<GrantStateRow> = sqlx::query_as(
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

/// How many grants a locked profile has, expired ones that were not swept yet included.
async fn count(connection: &mut PgConnection, key: ProfileKey) -> Result<i64> {
    sqlx::query_scalar(
        "select count(*)
           from trust_grants
          where organization_id = $1
            and profile_id = $2",
    )
    .bind(key.0.uuid())
    .bind(key.1.uuid())
    .fetch_one(connection)
    .await
}

/// Replaces the grant by the one that results from `decision`; `None` deletes it.
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
    let parts = PartColumns::of(&grant.parts);
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
async fn add_to_history(
    connection: &mut PgConnection,
    key: ProfileKey,
    name: &GrantName,
    decision: &Decision,
) -> Result<()> {
    let none = GrantParts::new();
    let (expires_at, parts) = match &decision.verdict {
        Verdict::Grant { expires_at, parts } => (*expires_at, parts),
        Verdict::Request | Verdict::Reject | Verdict::Withdraw => (None, &none),
    };
    let parts = PartColumns::of(parts);
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

/// The parts of a grant as arrays, one per column.
#[derive(Default)]
struct PartColumns<'p> {
    names: Vec<&'p str>,
    statuses: Vec<&'static str>,
    data_retentions: Vec<bool>,
    human_reviews: Vec<bool>,
}

impl<'p> PartColumns<'p> {
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
