//! Webhook deliveries that are past their retention.

use sqlx::postgres::PgConnection;

use super::batch::{BATCH, SHARE};
use crate::domain::clock::Timestamp;
use crate::domain::id::least_uuid;

/// Deletes deliveries that have ended, or wait for a disabled endpoint, of events from before `before`; their attempts go with them. Answers
/// how many.
pub(super) async fn delete(connection: &mut PgConnection, before: Timestamp) -> sqlx::Result<u64> {
    let deleted = sqlx::query(
        "with old as materialized (
             select d.organization_id,
                    d.endpoint_id,
                    d.event_id
               from webhook_endpoints w
              cross join lateral (
                    select *
                      from webhook_deliveries
                     where organization_id = w.organization_id
                       and endpoint_id = w.id
                       and event_id < $1
                       and created_at < $2
                       and (state <> 'pending' or w.state = 'disabled')
                     order by event_id
                     limit $3
                       for update skip locked
              ) d
              limit $4
         )
         delete from webhook_deliveries d
          using old
          where d.organization_id = old.organization_id
            and d.endpoint_id = old.endpoint_id
            and d.event_id = old.event_id",
    )
    .bind(least_uuid(before))
    .bind(before)
    .bind(SHARE)
    .bind(BATCH)
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
