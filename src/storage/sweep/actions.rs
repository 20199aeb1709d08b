//! Expired enforcement actions.

use sqlx::FromRow;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::batch::{BATCH, key};
use crate::domain::clock::Timestamp;
use crate::domain::id::EnforcementActionId;
use crate::storage::events::outbox::Outbox;
use crate::storage::pool::error::StorageError;
use crate::storage::profiles::lock::{WhenLocked, lock_all};
use crate::storage::trust::enforcement_actions;

#[derive(FromRow)]
struct ExpiredActionRow {
    organization_id: Uuid,
    profile_id: Uuid,
    id: Uuid,
}

/// Resolves actions that have expired at `now`, on profiles that are not locked, and appends their events. Answers how many.
pub(super) async fn expire(
    connection: &mut PgConnection,
    outbox: &Outbox,
    now: Timestamp,
) -> std::result::Result<usize, StorageError> {
    let expired: Vec<ExpiredActionRow> = sqlx::query_as(
        "select organization_id,
                profile_id,
                id
           from enforcement_actions
          where resolved_at is null
            and expires_at <= $1
          order by expires_at
          limit $2",
    )
    .bind(now)
    .bind(BATCH)
    .fetch_all(&mut *connection)
    .await?;
    let keys = expired.iter().map(|row| key(row.organization_id, row.profile_id)).collect();
    let locked = lock_all(connection, &keys, WhenLocked::Skip).await?;
    let mut count = 0;
    for row in expired {
        let key = key(row.organization_id, row.profile_id);
        if locked.contains_key(&key) {
            let id = EnforcementActionId::new(row.id);
            let resolved = enforcement_actions::expire(connection, outbox, key, id, now).await?;
            count += usize::from(resolved);
        }
    }
    Ok(count)
}
