//! The statements that erase a profile.

use sqlx::Result;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::row::ProfileKey;
use crate::domain::event::Event;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::storage::events::outbox;

/// The most rows of each table that one transaction erases, besides those whose number has a limit (metadata and grants). An ordinary
/// profile has fewer, and is erased as a whole.
const CHUNK: i64 = 1_000;

/// As [`CHUNK`], of answers to batches, each of which has up to 9 MiB.
const CHUNK_OF_BATCHES: i64 = 50;

/// Erases a profile that the transaction has locked, at the time of the `event` that says so: nothing of it is readable from then on. Its id and the times of its creation and
/// erasure remain, and so do at most 24 hours long the idempotency keys, without their answers. Rows beyond [`CHUNK`] are left to
/// [`purge_erased`].
pub(super) async fn erase(connection: &mut PgConnection, key: ProfileKey, event: Event) -> Result<()> {
    // Cascades to metadata and grants.
    sqlx::query(
        "with erased as (
             delete from user_profiles
              where organization_id = $1
                and id = $2
          returning organization_id, id, created_at
         )
         insert into erased_user_profiles (organization_id, id, created_at, erased_at)
         select organization_id, id, created_at, $3
           from erased",
    )
    .bind(key.0.uuid())
    .bind(key.1.uuid())
    .bind(event.created_at)
    .execute(&mut *connection)
    .await?;
    erase_chunk(connection, key).await?;
    outbox::append(connection, &[(key.0, event)]).await
}

/// Erases the next rows of one erased profile that has some left. Answers whether there was one. Must run in a transaction.
pub(in crate::storage) async fn purge_erased(connection: &mut PgConnection) -> Result<bool> {
    let next: Option<(Uuid, Uuid)> = sqlx::query_as(
        "select organization_id,
                id
           from erased_user_profiles
          where has_remains
          order by erased_at
          limit 1
            for update skip locked",
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some((organization, id)) = next else { return Ok(false) };
    erase_chunk(connection, (OrganizationId::new(organization), ProfileId::new(id))).await?;
    Ok(true)
}

/// Erases at most [`CHUNK`] rows of each table, and records whether rows are left. An idempotency key, or the answer to a
/// batch, that another transaction has locked counts as left.
#[expect(clippy::too_many_lines, reason = "one statement, of a few lines for each table")]
async fn erase_chunk(connection: &mut PgConnection, key: ProfileKey) -> Result<()> {
    sqlx::query(
        "with decisions as (
             delete from trust_grant_decisions
              where ctid = any (array (
                    select ctid
                      from trust_grant_decisions
                     where organization_id = $1
                       and profile_id = $2
                     limit $3
              ))
          returning 1
         ), actions as (
             delete from enforcement_actions
              where ctid = any (array (
                    select ctid
                      from enforcement_actions
                     where organization_id = $1
                       and profile_id = $2
                     limit $3
              ))
          returning 1
         ), images as (
             delete from user_profile_before_images
              where ctid = any (array (
                    select ctid
                      from user_profile_before_images
                     where organization_id = $1
                       and profile_id = $2
                     limit $3
              ))
          returning 1
         ), links as (
             delete from enrollments
              where ctid = any (array (
                    select ctid
                      from enrollments
                     where organization_id = $1
                       and profile_id = $2
                     limit $3
              ))
          returning 1
         ), shown as materialized (
             select b.ctid as answer,
                    p.ctid as profile
               from batch_answer_profiles p
               join batch_answers b on b.organization_id = p.organization_id and b.key = p.key
              where p.organization_id = $1
                and p.profile_id = $2
              limit $4
                for update of b skip locked
         ), batch_answers_erased as (
             update batch_answers
                set answer = null
              where ctid = any (array (select answer from shown))
         ), shown_deleted as (
             delete from batch_answer_profiles
              where ctid = any (array (select profile from shown))
          returning 1
         ), answers as (
             update idempotency_keys
                set answer = null,
                    profile_id = null
              where ctid = any (array (
                    select ctid
                      from idempotency_keys
                     where organization_id = $1
                       and profile_id = $2
                     limit $3
                       for update skip locked
              ))
          returning 1
         )
         update erased_user_profiles
            set has_remains = (select count(*) from decisions) >= $3
                or (select count(*) from actions) >= $3
                or (select count(*) from images) >= $3
                or (select count(*) from links) >= $3
                or (select count(*) from answers) < (
                       select count(*)
                         from (
                              select
                                from idempotency_keys
                               where organization_id = $1
                                 and profile_id = $2
                               limit $3 + 1
                         ) as found
                   )
                or (select count(*) from shown_deleted) < (
                       select count(*)
                         from (
                              select
                                from batch_answer_profiles
                               where organization_id = $1
                                 and profile_id = $2
                               limit $4 + 1
                         ) as found
                   )
          where organization_id = $1
            and id = $2",
    )
    .bind(key.0.uuid())
    .bind(key.1.uuid())
    .bind(CHUNK)
    .bind(CHUNK_OF_BATCHES)
    .execute(connection)
    .await?;
    Ok(())
}
