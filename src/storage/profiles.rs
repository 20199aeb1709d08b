//! Profiles, with their metadata and trust grants.

use std::collections::BTreeMap;

use async_trait::async_trait;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, FromRow};
use time::OffsetDateTime;
use uuid::Uuid;

use super::error::{Failure, not_found};
use super::pool::Pool;
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::metadata::Metadata;
use crate::domain::page::{Keyset, Order, Page, PageQuery};
use crate::domain::profile::{Profile, ProfilePatch, Relationship};
use crate::domain::repository::ProfileRepository;
use crate::domain::text::{DisplayName, ReferenceId, Text};
use crate::domain::trust_grant::TrustGrantStatus;
use crate::domain::word::Word;
use crate::domain::{Error, Result};

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

/// Reads whole profiles; what follows picks and orders them.
macro_rules! select_profiles {
    ($which:literal) => {
        concat!(
            "select p.id,
                    p.created_at,
                    p.updated_at,
                    p.name,
                    p.relationship,
                    p.reference_id,
                    metadata.keys as metadata_keys,
                    metadata.values as metadata_values,
                    grants.names as grant_names,
                    grants.statuses as grant_statuses
               from user_profiles p
              cross join lateral (
                    select coalesce(array_agg(m.key), '{}') as keys,
                           coalesce(array_agg(m.value), '{}') as values
                      from user_profile_metadata m
                     where m.organization_id = p.organization_id
                       and m.profile_id = p.id
              ) metadata
              cross join lateral (
                    select coalesce(array_agg(g.name), '{}') as names,
                           coalesce(array_agg(g.status), '{}') as statuses
                      from trust_grants g
                     where g.organization_id = p.organization_id
                       and g.profile_id = p.id
              ) grants ",
            $which
        )
    };
}

#[derive(FromRow)]
struct ProfileRow {
    id: Uuid,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    name: Option<String>,
    relationship: String,
    reference_id: Option<String>,
    metadata_keys: Vec<String>,
    metadata_values: Vec<String>,
    grant_names: Vec<String>,
    grant_statuses: Vec<String>,
}

#[async_trait]
impl ProfileRepository for PgProfiles {
    async fn create(&self, organization: OrganizationId, profile: Profile) -> Result<Profile> {
        self.0
            .run(move |connection| {
                Box::pin(async move {
                    let (keys, values): (Vec<_>, Vec<_>) = profile.metadata.pairs().unzip();
                    sqlx::query(
                        "with created as (
                             insert into user_profiles
                                    (organization_id, id, created_at, updated_at, name, relationship, reference_id)
                             values ($1, $2, $3, $4, $5, $6, $7)
                         )
                         insert into user_profile_metadata (organization_id, profile_id, key, value)
                         select $1, $2, pair.key, pair.value
                           from unnest($8::text[], $9::text[]) as pair (key, value)",
                    )
                    .bind(organization.uuid())
                    .bind(profile.id.uuid())
                    .bind(profile.created_at)
                    .bind(profile.updated_at)
                    .bind(profile.name.as_ref().map(Text::as_str))
                    .bind(profile.relationship.as_str())
                    .bind(profile.reference_id.as_ref().map(Text::as_str))
                    .bind(keys)
                    .bind(values)
                    .execute(connection)
                    .await?;
                    Ok(profile)
                })
            })
            .await
    }

    async fn retrieve(&self, organization: OrganizationId, id: ProfileId) -> Result<Profile> {
        self.0.run(move |connection| Box::pin(read(connection, organization, id))).await
    }

    async fn list(&self, organization: OrganizationId, query: PageQuery) -> Result<Page<Profile>> {
        // The bounds of the first page stand beyond every id: an `or` instead would keep Postgres from seeking in the index.
        let (select, first) = match query.order {
            Order::Ascending => {
                (select_profiles!("where p.organization_id = $1 and p.id > $2 order by p.id limit $3"), Uuid::nil())
            }
            Order::Descending => (
                select_profiles!("where p.organization_id = $1 and p.id < $2 order by p.id desc limit $3"),
                Uuid::max(),
            ),
        };
        let after = query.after.map_or(first, |keyset| keyset.id.uuid());
        let limit = query.limit.get();
        let rows: Vec<ProfileRow> = self
            .0
            .run(move |connection| {
                Box::pin(async move {
                    // One more than asked for tells whether another page follows.
                    Ok(sqlx::query_as(select)
                        .bind(organization.uuid())
                        .bind(after)
                        .bind(i64::from(limit) + 1)
                        .fetch_all(connection)
                        .await?)
                })
            })
            .await?;
        let mut items = rows.into_iter().map(Profile::try_from).collect::<Result<Vec<_>>>()?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(|last| Keyset { id: last.id });
        Ok(Page { items, next })
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
                    // A statement of its own: what waits for a lock still reads with the snapshot from before it waited.
                    sqlx::query("select from user_profiles where organization_id = $1 and id = $2 for update")
                        .bind(organization.uuid())
                        .bind(id.uuid())
                        .execute(&mut *transaction)
                        .await?;
                    let before = read(&mut transaction, organization, id).await?;
                    let Some(after) = before.patched(&patch, now)? else { return Ok(before) };
                    save(&mut transaction, organization, &after).await?;
                    transaction.commit().await?;
                    Ok(after)
                })
            })
            .await
    }

    async fn delete(&self, organization: OrganizationId, id: ProfileId) -> Result<()> {
        self.0
            .run(move |connection| {
                Box::pin(async move {
                    let deleted = sqlx::query("delete from user_profiles where organization_id = $1 and id = $2")
                        .bind(organization.uuid())
                        .bind(id.uuid())
                        .execute(connection)
                        .await?;
                    if deleted.rows_affected() == 0 { Err(not_found("User profile").into()) } else { Ok(()) }
                })
            })
            .await
    }
}

async fn read(
    connection: &mut PgConnection,
    organization: OrganizationId,
    id: ProfileId,
) -> std::result::Result<Profile, Failure> {
    let row: Option<ProfileRow> = sqlx::query_as(select_profiles!("where p.organization_id = $1 and p.id = $2"))
        .bind(organization.uuid())
        .bind(id.uuid())
        .fetch_optional(connection)
        .await?;
    Ok(row.ok_or_else(|| not_found("User profile"))?.try_into()?)
}

async fn save(
    connection: &mut PgConnection,
    organization: OrganizationId,
    profile: &Profile,
) -> std::result::Result<(), sqlx::Error> {
    let (keys, values): (Vec<_>, Vec<_>) = profile.metadata.pairs().unzip();
    sqlx::query(
        "with saved as (
             update user_profiles
                set updated_at = $3,
                    name = $4,
                    relationship = $5,
                    reference_id = $6
              where organization_id = $1
                and id = $2
         ), removed as (
             delete from user_profile_metadata
              where organization_id = $1
                and profile_id = $2
                and key <> all ($7::text[])
         )
         insert into user_profile_metadata as m (organization_id, profile_id, key, value)
         select $1, $2, pair.key, pair.value
           from unnest($7::text[], $8::text[]) as pair (key, value)
             on conflict on constraint user_profile_metadata_pkey do update
            set value = excluded.value
          where m.value <> excluded.value",
    )
    .bind(organization.uuid())
    .bind(profile.id.uuid())
    .bind(profile.updated_at)
    .bind(profile.name.as_ref().map(Text::as_str))
    .bind(profile.relationship.as_str())
    .bind(profile.reference_id.as_ref().map(Text::as_str))
    .bind(keys)
    .bind(values)
    .execute(connection)
    .await?;
    Ok(())
}

impl TryFrom<ProfileRow> for Profile {
    type Error = Error;

    fn try_from(row: ProfileRow) -> Result<Self> {
        let id = ProfileId::new(row.id);
        // The column alone: a stored value must not end in a log.
        let broken = |column: &str| Error::internal(format!("user_profiles {id}: {column} breaks a rule"));
        let grants = row.grant_names.into_iter().zip(&row.grant_statuses).map(|(name, status)| {
            let status = TrustGrantStatus::from_word(status).ok_or_else(|| broken("trust grant status"))?;
            Ok((name, status))
        });
        Ok(Self {
            id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            name: row.name.map(DisplayName::parse).transpose().map_err(|_| broken("name"))?,
            relationship: Relationship::from_word(&row.relationship).ok_or_else(|| broken("relationship"))?,
            reference_id: row.reference_id.map(ReferenceId::parse).transpose().map_err(|_| broken("reference_id"))?,
            metadata: Metadata::parse(row.metadata_keys.into_iter().zip(row.metadata_values))
                .map_err(|_| broken("metadata"))?,
            trust_grants: grants.collect::<Result<BTreeMap<_, _>>>()?,
        })
    }
}
