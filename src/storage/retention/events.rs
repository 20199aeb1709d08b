//! Events that are past their retention.

use sqlx::postgres::PgConnection;

use super::batch::{BATCH, SHARE};
use crate::domain::clock::Timestamp;
use crate::domain::id::least_uuid;

/// Deletes events from before `before`, oldest first, and the values before an update that belong to them. Answers how many events.
/// Those that are yet to be delivered stay; what waits for a disabled endpoint is not.
///
/// The range of ids, which begin with the time, is what is scanned; the time of creation is checked, since an id may be earlier.
pub(super) async fn delete(connection: &mut PgConnection, before: Timestamp) -> sqlx::Result<u64> {
    let deleted = sqlx::query(
        "with old as materialized (
             select e.organization_id,
                    e.id,
                    e.profile_id,
                    e.revision
               from organizations o
              cross join lateral (
                    select *
                      from events
                     where organization_id = o.id
                       and id < $1
                       and created_at < $2
                       and not exists (
                           select
                             from webhook_deliveries d
                             join webhook_endpoints w
                               on w.organization_id = d.organization_id
                              and w.id = d.endpoint_id
                            where d.organization_id = o.id
                              and d.event_id = events.id
                              and d.state = 'pending'
                              and w.state = 'enabled'
                       )
                     order by id
                     limit $3
                       for update skip locked
              ) e
              limit $4
         ), images as (
             delete from user_profile_before_images i
              using old
              where i.organization_id = old.organization_id
                and i.profile_id = old.profile_id
                and i.revision = old.revision
         )
         delete from events e
          using old
          where e.organization_id = old.organization_id
            and e.id = old.id",
    )
    .bind(least_uuid(before))
    .bind(before)
    .bind(SHARE)
    .bind(BATCH)
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
