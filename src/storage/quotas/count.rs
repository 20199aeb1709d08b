//! The statements that count what quotas limit.

use sqlx::postgres::PgConnection;

use crate::domain::clock::Timestamp;
use crate::domain::id::OrganizationId;
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::limit::quota::{DEFAULT_API_KEYS, Resource, quota_exceeded};
use crate::storage::pool::error::StorageError;

/// Counts the objects of `organization` at `now`, up to `limit`.
pub(super) async fn count(
    connection: &mut PgConnection,
    organization: OrganizationId,
    resource: Resource,
    limit: u32,
    now: Timestamp,
) -> sqlx::Result<i64> {
    let limit = i64::from(limit);
    let select = match resource {
        Resource::ApiKeys => {
            "select count(*)
               from (
                   select
                     from api_keys
                    where organization_id = $1
                      and revoked_at is null
                      and (expires_at is null or expires_at > $3)
                    limit $2
               ) as counted"
        }
        Resource::OpenLinks => {
            "select count(*)
               from (
                   select
                     from enrollments
                    where organization_id = $1
                      and used_at is null
                      and expires_at > $3
                    limit $2
               ) as counted"
        }
        // A profile does not expire.
        Resource::Profiles => return count_profiles(connection, organization, limit).await,
    };
    sqlx::query_scalar(select).bind(organization.uuid()).bind(limit).bind(now).fetch_one(connection).await
}

async fn count_profiles(connection: &mut PgConnection, organization: OrganizationId, limit: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "select count(*)
           from (
               select
                 from user_profiles
                where organization_id = $1
                limit $2
           ) as counted",
    )
    .bind(organization.uuid())
    .bind(limit)
    .fetch_one(connection)
    .await
}

/// Locks the organization, so that its API keys are created one after another, and checks that one more key is within its quota.
///
/// # Errors
/// `Conflict` if it is not.
pub(in crate::storage) async fn check_api_key_quota(
    connection: &mut PgConnection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<(), StorageError> {
    // A stronger lock would wait for every transaction that refers to the organization.
    let own: Option<Option<i64>> = sqlx::query_scalar(
        "select api_key_quota
           from organizations
          where id = $1
            for no key update",
    )
    .bind(organization.uuid())
    .fetch_optional(&mut *connection)
    .await?;
    let quota = own.flatten().map_or(DEFAULT_API_KEYS, |own| u32::try_from(own).unwrap_or(u32::MAX));
    if count(connection, organization, Resource::ApiKeys, quota, now).await? < i64::from(quota) {
        Ok(())
    } else {
        Err(quota_exceeded(Resource::ApiKeys, quota).into())
    }
}

/// Whether the answer to a request with this idempotency key is stored.
pub(super) async fn is_answered(
    connection: &mut PgConnection,
    organization: OrganizationId,
    key: &IdempotencyKey,
) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from idempotency_keys where organization_id = $1 and key = $2)")
        .bind(organization.uuid())
        .bind(key.as_str())
        .fetch_one(connection)
        .await
}
