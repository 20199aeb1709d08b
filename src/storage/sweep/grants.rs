//! Expired trust grants.

use sqlx::FromRow;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::batch::{BATCH, key};
use crate::domain::Error;
use crate::domain::clock::Timestamp;
use crate::domain::text::Text;
use crate::domain::trust::grant::GrantName;
use crate::storage::events::outbox::Outbox;
use crate::storage::pool::error::StorageError;
use crate::storage::profiles::lock::{WhenLocked, lock_all};
use crate::storage::trust::decide;

#[derive(FromRow)]
struct ExpiredGrantRow {
    organization_id: Uuid,
    profile_id: Uuid,
    name: String,
}

/// Withdraws grants that have expired at `now`, of profiles that are not locked, and appends their events. Answers how many.
pub(super) async fn expire(
    connection: &mut PgConnection,
    outbox: &Outbox,
    now: Timestamp,
) -> std::result::Result<usize, StorageError> {
    let expired: Vec<ExpiredGrantRow> = sqlx::query_as(
        "select organization_id,
                profile_id,
                name
           from trust_grants
          where expires_at <= $1
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
            let broken = |_| Error::internal("trust_grants: a name breaks a rule");
            let name = GrantName::parse(row.name).map_err(broken)?;
            let withdrawn = decide::expire(connection, outbox, key, &name, now).await?;
            count += usize::from(withdrawn);
        }
    }
    Ok(count)
}
