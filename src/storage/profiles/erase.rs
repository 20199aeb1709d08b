//! The statement that erases a profile.

use sqlx::Result;
use sqlx::postgres::PgConnection;

use crate::domain::clock::Timestamp;
use crate::domain::id::{OrganizationId, ProfileId};

/// Erases a profile and, by cascading foreign keys, all that belongs to it; its id and the times of its creation and erasure remain. Answers
/// whether it existed.
pub(super) async fn erase(
    connection: &mut PgConnection,
    organization: OrganizationId,
    id: ProfileId,
    now: Timestamp,
) -> Result<bool> {
    let erased = sqlx::query(
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
    .bind(organization.uuid())
    .bind(id.uuid())
    .bind(now)
    .execute(connection)
    .await?;
    Ok(erased.rows_affected() > 0)
}
