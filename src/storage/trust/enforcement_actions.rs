//! Changes of enforcement actions: each locks its profile and appends an event.

use sqlx::FromRow;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::clock::Timestamp;
use crate::domain::event::EventDetails;
use crate::domain::id::EnforcementActionId;
use crate::domain::label::EnumLabel;
use crate::domain::profile::RevisionCondition;
use crate::domain::text::{Actor, Rationale, Text};
use crate::domain::trust::enforcement::{EnforcementAction, MAX_OPEN_ACTIONS};
use crate::domain::trust::enforcement_record::{EnforcementEnd, EnforcementRecord, EnforcementStep};
use crate::domain::{Error, ErrorKind, Result};
use crate::storage::events::outbox::{self, ChangeRecord, Outbox};
use crate::storage::pool::error::{StorageError, not_found};
use crate::storage::profiles::lock;
use crate::storage::profiles::row::ProfileKey;

/// Reads the actions that `$which` selects and orders.
macro_rules! select_actions {
    ($which:literal) => {
        concat!(
            "select id,
                    kind,
                    reason,
                    opened_at,
                    opened_by,
                    note,
                    expires_at,
                    identity_check,
                    resolved_at,
                    resolved_by,
                    resolution_note
               from enforcement_actions ",
            $which
        )
    };
}

pub(super) use select_actions;

#[derive(FromRow)]
pub(super) struct EnforcementActionRow {
    id: Uuid,
    kind: String,
    reason: String,
    opened_at: OffsetDateTime,
    opened_by: String,
    note: Option<String>,
    expires_at: Option<OffsetDateTime>,
    identity_check: String,
    resolved_at: Option<OffsetDateTime>,
    resolved_by: Option<String>,
    resolution_note: Option<String>,
}

/// Opens the action of `record`, in the caller's transaction.
///
/// # Errors
/// `NotFound` if the profile is; `PreconditionFailed`; `Conflict` if it has too many open actions.
pub(super) async fn open(
    connection: &mut PgConnection,
    outbox: &Outbox,
    key: ProfileKey,
    record: &EnforcementRecord,
    condition: &RevisionCondition,
) -> std::result::Result<(), StorageError> {
    condition.check(lock::lock_existing(connection, key).await?)?;
    let now = record.action.opened_at;
    if count_open(connection, key, now).await? >= MAX_OPEN_ACTIONS {
        let message = format!("enforcement_actions: A profile has at most {MAX_OPEN_ACTIONS} that are open");
        return Err(Error::new(ErrorKind::Conflict, message).into());
    }
    insert(connection, key, record).await?;
    let revision = lock::touch(connection, key, now).await?;
    let event = outbox.event(key.1, EventDetails::EnforcementActionOpened(record.action.id), now);
    Ok(outbox::append_change(connection, &[(key.0, event)], ChangeRecord::of(revision)).await?)
}

/// Applies `step` to the action `id`, in the caller's transaction.
///
/// # Errors
/// `NotFound` if the profile or the action is; `PreconditionFailed`; `Conflict` if the state of the action does not allow the step.
pub(super) async fn advance(
    connection: &mut PgConnection,
    outbox: &Outbox,
    key: ProfileKey,
    id: EnforcementActionId,
    step: EnforcementStep,
    condition: &RevisionCondition,
    now: Timestamp,
) -> std::result::Result<EnforcementRecord, StorageError> {
    condition.check(lock::lock_existing(connection, key).await?)?;
    let before = read(connection, key, id).await?.ok_or_else(|| not_found("Enforcement action"))?;
    let after = before.advanced(step, now)?;
    save(connection, outbox, key, &after, now).await?;
    Ok(after)
}

/// How many open actions a locked profile shows at `now`.
async fn count_open(connection: &mut PgConnection, key: ProfileKey, now: Timestamp) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "select count(*)
           from enforcement_actions
          where organization_id = $1
            and profile_id = $2
            and resolved_at is null
            and (expires_at is null or expires_at > $3)",
    )
    .bind(key.0.uuid())
    .bind(key.1.uuid())
    .bind(now)
    .fetch_one(connection)
    .await
}

async fn insert(connection: &mut PgConnection, key: ProfileKey, record: &EnforcementRecord) -> sqlx::Result<()> {
    let action = &record.action;
    sqlx::query(
        "insert into enforcement_actions (
                organization_id,
                profile_id,
                id,
                kind,
                reason,
                opened_at,
                opened_by,
                note,
                expires_at,
                identity_check)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(key.0.uuid())
    .bind(key.1.uuid())
    .bind(action.id.uuid())
    .bind(action.kind.as_str())
    .bind(action.reason.as_str())
    .bind(action.opened_at)
    .bind(record.opened_by.as_str())
    .bind(record.note.as_ref().map(Text::as_str))
    .bind(action.expires_at)
    .bind(action.identity_check.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

/// Resolves the action on a locked profile if it has expired `now`, in the caller's transaction. Answers whether it did.
///
/// # Errors
/// None of its own.
pub(in crate::storage) async fn expire(
    connection: &mut PgConnection,
    outbox: &Outbox,
    key: ProfileKey,
    id: EnforcementActionId,
    now: Timestamp,
) -> std::result::Result<bool, StorageError> {
    let before = read(connection, key, id).await?.filter(|record| record.end.is_none());
    let Some(after) = before.map(|record| record.as_of(now)).filter(|record| record.end.is_some()) else {
        return Ok(false);
    };
    save(connection, outbox, key, &after, now).await?;
    Ok(true)
}

/// The stored action on a locked profile.
async fn read(
    connection: &mut PgConnection,
    key: ProfileKey,
    id: EnforcementActionId,
) -> std::result::Result<Option<EnforcementRecord>, StorageError> {
    let row: Option<EnforcementActionRow> =
        sqlx::query_as(select_actions!("where organization_id = $1 and profile_id = $2 and id = $3"))
            .bind(key.0.uuid())
            .bind(key.1.uuid())
            .bind(id.uuid())
            .fetch_optional(connection)
            .await?;
    Ok(row.map(EnforcementRecord::try_from).transpose()?)
}

/// Saves the columns that may change of an action on a locked profile, and appends its event.
async fn save(
    connection: &mut PgConnection,
    outbox: &Outbox,
    key: ProfileKey,
    record: &EnforcementRecord,
    now: Timestamp,
) -> sqlx::Result<()> {
    let end = record.end.as_ref();
    sqlx::query(
        "update enforcement_actions
            set identity_check = $4,
                resolved_at = $5,
                resolved_by = $6,
                resolution_note = $7
          where organization_id = $1
            and profile_id = $2
            and id = $3",
    )
    .bind(key.0.uuid())
    .bind(key.1.uuid())
    .bind(record.action.id.uuid())
    .bind(record.action.identity_check.as_str())
    .bind(end.map(|end| end.at))
    .bind(end.map(|end| end.by.as_str()))
    .bind(end.and_then(|end| end.note.as_ref()).map(Text::as_str))
    .execute(&mut *connection)
    .await?;
    let revision = lock::touch(connection, key, now).await?;
    let id = record.action.id;
    let details = if end.is_some() {
        EventDetails::EnforcementActionResolved(id)
    } else {
        EventDetails::EnforcementActionUpdated(id)
    };
    let event = outbox.event(key.1, details, now);
    outbox::append_change(connection, &[(key.0, event)], ChangeRecord::of(revision)).await
}

impl TryFrom<EnforcementActionRow> for EnforcementRecord {
    type Error = Error;

    fn try_from(row: EnforcementActionRow) -> Result<Self> {
        let id = EnforcementActionId::new(row.id);
        record(row).ok_or_else(|| Error::internal(format!("enforcement_actions {id}: a column breaks a rule")))
    }
}

fn record(row: EnforcementActionRow) -> Option<EnforcementRecord> {
    let note = |note: Option<String>| note.map(Rationale::parse).transpose().ok();
    let end = match (row.resolved_at, row.resolved_by) {
        (Some(at), Some(by)) => {
            Some(EnforcementEnd { at, by: Actor::parse(by).ok()?, note: note(row.resolution_note)? })
        }
        _ => None,
    };
    Some(EnforcementRecord {
        action: EnforcementAction {
            id: EnforcementActionId::new(row.id),
            kind: EnumLabel::from_label(&row.kind)?,
            reason: EnumLabel::from_label(&row.reason)?,
            opened_at: row.opened_at,
            expires_at: row.expires_at,
            identity_check: EnumLabel::from_label(&row.identity_check)?,
        },
        opened_by: Actor::parse(row.opened_by).ok()?,
        note: note(row.note)?,
        end,
    })
}
