//! Profiles, with all that hangs on them.

use async_trait::async_trait;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::query::Query;
use sqlx::{Connection, Postgres};

use super::error::{Failure, not_found};
use super::pool::Pool;
use super::profile_list;
use super::profile_row::{ProfileRow, select_profiles};
use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::page::{Page, PageQuery};
use crate::domain::profile::{Profile, ProfilePatch};
use crate::domain::repository::ProfileRepository;
use crate::domain::text::Text;
use crate::domain::word::Word;

/// [`ProfileRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgProfiles(Pool);

impl PgProfiles {
    /// The profiles behind `pool`.
    #[must_use]
    pub const fn new(pool: Pool) -> Self {
        Self(pool)
    }
}

#[async_trait]
impl ProfileRepository for PgProfiles {
    async fn create(&self, organization: OrganizationId, profile: Profile) -> Result<Profile> {
        self.0
            .run(move |connection| {
                Box::pin(async move {
                    insert(connection, organization, &profile).await?;
                    Ok(profile)
                })
            })
            .await
    }

    async fn retrieve(&self, organization: OrganizationId, id: ProfileId, now: Timestamp) -> Result<Profile> {
        self.0.read(move |connection| Box::pin(read(connection, organization, id, now))).await
    }

    async fn list(&self, organization: OrganizationId, query: PageQuery, now: Timestamp) -> Result<Page<Profile>> {
        self.0
            .read(move |connection| {
                Box::pin(async move {
                    let rows = profile_list::rows(connection, organization, &query, now).await?;
                    Ok(profile_list::page(rows, &query)?)
                })
            })
            .await
    }

    async fn update(
        &self,
        organization: OrganizationId,
        id: ProfileId,
        patch: ProfilePatch,
        now: Timestamp,
    ) -> Result<Profile> {
        self.0
            .run(move |connection| {
                Box::pin(async move {
                    let mut transaction = connection.begin().await?;
                    // A statement of its own: one that waits for a lock still reads with the snapshot from before it waited.
                    sqlx::query("select from user_profiles where organization_id = $1 and id = $2 for update")
                        .bind(organization.uuid())
                        .bind(id.uuid())
                        .execute(&mut *transaction)
                        .await?;
                    let before = read(&mut transaction, organization, id, now).await?;
                    let Some(after) = before.patched(&patch, now)? else { return Ok(before) };
                    save(&mut transaction, organization, &after).await?;
                    transaction.commit().await?;
                    Ok(after)
                })
            })
            .await
    }

    async fn delete(&self, organization: OrganizationId, id: ProfileId, now: Timestamp) -> Result<()> {
        self.0
            .run(move |connection| {
                Box::pin(async move {
                    // What hangs on the profile goes with it: every foreign key to it cascades.
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
                    if erased.rows_affected() == 0 { Err(not_found("User profile").into()) } else { Ok(()) }
                })
            })
            .await
    }
}

async fn read(
    connection: &mut PgConnection,
    organization: OrganizationId,
    id: ProfileId,
    now: Timestamp,
) -> std::result::Result<Profile, Failure> {
    let row: Option<ProfileRow> = sqlx::query_as(select_profiles!("where p.organization_id = $1 and p.id = $3"))
        .bind(organization.uuid())
        .bind(now)
        .bind(id.uuid())
        .fetch_optional(connection)
        .await?;
    Ok(row.ok_or_else(|| not_found("User profile"))?.try_into()?)
}

async fn insert(
    connection: &mut PgConnection,
    organization: OrganizationId,
    profile: &Profile,
) -> std::result::Result<(), sqlx::Error> {
    let statement = sqlx::query(
        "with created as (
             insert into user_profiles (
                    organization_id,
                    id,
                    created_at,
                    updated_at,
                    name,
                    relationship,
                    account_status,
                    country,
                    email_hash,
                    entity_type,
                    name_hash,
                    onboarded_at,
                    reference_id)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         )
         insert into user_profile_metadata (organization_id, profile_id, key, value)
         select $1, $2, pair.key, pair.value
           from unnest($14::text[], $15::text[]) as pair (key, value)",
    )
    .bind(organization.uuid())
    .bind(profile.id.uuid())
    .bind(profile.created_at)
    .bind(profile.updated_at);
    bind_fields(statement, profile).execute(connection).await?;
    Ok(())
}

async fn save(
    connection: &mut PgConnection,
    organization: OrganizationId,
    profile: &Profile,
) -> std::result::Result<(), sqlx::Error> {
    let statement = sqlx::query(
        "with saved as (
             update user_profiles
                set updated_at = $3,
                    name = $4,
                    relationship = $5,
                    account_status = $6,
                    country = $7,
                    email_hash = $8,
                    entity_type = $9,
                    name_hash = $10,
                    onboarded_at = $11,
                    reference_id = $12
              where organization_id = $1
                and id = $2
         ), removed as (
             delete from user_profile_metadata
              where organization_id = $1
                and profile_id = $2
                and key <> all ($13::text[])
         )
         insert into user_profile_metadata as m (organization_id, profile_id, key, value)
         select $1, $2, pair.key, pair.value
           from unnest($13::text[], $14::text[]) as pair (key, value)
             on conflict on constraint user_profile_metadata_pkey do update
            set value = excluded.value
          where m.value <> excluded.value",
    )
    .bind(organization.uuid())
    .bind(profile.id.uuid())
    .bind(profile.updated_at);
    bind_fields(statement, profile).execute(connection).await?;
    Ok(())
}

/// The eleven parameters that an insert and an update end with, in their order.
fn bind_fields<'q>(statement: Query<'q, Postgres, PgArguments>, profile: &Profile) -> Query<'q, Postgres, PgArguments> {
    let (keys, values): (Vec<_>, Vec<_>) = profile.metadata.pairs().unzip();
    let details = &profile.details;
    statement
        .bind(profile.name.as_ref().map(Text::as_str))
        .bind(profile.relationship.as_str())
        .bind(details.account_status.map(Word::as_str))
        .bind(details.country.as_ref().map(Text::as_str))
        .bind(details.email_hash.as_ref().map(Text::as_str))
        .bind(details.entity_type.map(Word::as_str))
        .bind(details.name_hash.as_ref().map(Text::as_str))
        .bind(details.onboarded_at)
        .bind(details.reference_id.as_ref().map(Text::as_str))
        .bind(keys)
        .bind(values)
}
