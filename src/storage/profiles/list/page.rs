//! Pages of profiles: a keyset query for each order and direction, each on an index in that order.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::range::range;
use crate::domain::Result;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::page::{Order, Page};
use crate::domain::profile::Profile;
use crate::domain::profile::list::{OrderBy, ProfileKeyset, ProfilePage, ProfileQuery};
use crate::domain::trust::enforcement::EnforcementStatus;
use crate::storage::pool::error::StorageError;
use crate::storage::profiles::find;
use crate::storage::profiles::read::read;
use crate::storage::profiles::row::{ProfileRow, select_profiles};

/// The most profiles that a request with a filter examines.
const MAX_EXAMINED: usize = 1_000;

/// Reads the ids of the organization's (`$1`) profiles that have an unresolved enforcement action, perhaps an expired one.
macro_rules! select_restricted {
    ($which:literal, $order:literal) => {
        concat!(
            "select distinct profile_id
               from enforcement_actions
              where organization_id = $1
                and resolved_at is null
                and profile_id ",
            $which,
            " order by profile_id ",
            $order,
            " limit $3"
        )
    };
}

type Rows = std::result::Result<Vec<ProfileRow>, sqlx::Error>;

/// One page of profiles.
pub(in crate::storage::profiles) async fn page(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &ProfileQuery,
    now: OffsetDateTime,
) -> std::result::Result<ProfilePage, StorageError> {
    if query.filter.statuses.is_empty() {
        let limit = query.limit.get();
        // One row more than the page holds shows whether another page follows.
        let rows = rows(connection, organization, query, now, limit + 1).await?;
        let profiles = rows.into_iter().map(Profile::try_from).collect::<Result<_>>()?;
        return Ok(Page::filtered(
            profiles,
            limit,
            query.limit,
            |profile| ProfileKeyset::of(profile, query.order_by),
            |_| true,
        ));
    }
    filtered(connection, organization, query, now).await
}

/// One page of the profiles with a wanted status. Examines profiles in steps, each twice as long as the one before: one step fills a page
/// where most profiles match, and there are few steps where few match.
async fn filtered(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &ProfileQuery,
    now: OffsetDateTime,
) -> std::result::Result<ProfilePage, StorageError> {
    let mut items = Vec::new();
    let mut query = query.clone();
    let (mut count, mut left) = (query.limit.get() + 1, MAX_EXAMINED);
    while left > 0 {
        count = count.min(left);
        let step = step(connection, organization, &query, now, count).await?;
        for profile in step.profiles {
            if items.len() == query.limit.get() {
                return Ok(Page { items, next: query.after });
            }
            // The next page begins after the last profile that was examined.
            query.after = Some(ProfileKeyset::of(&profile, query.order_by));
            if query.filter.statuses.contains(&EnforcementStatus::of(&profile.enforcement_actions)) {
                items.push(profile);
            }
        }
        if step.is_last {
            return Ok(Page { items, next: None });
        }
        query.after = step.end;
        left -= count;
        count *= 2;
    }
    Ok(Page { items, next: query.after })
}

/// The profiles that a request with a filter examines at once.
struct Step {
    profiles: Vec<Profile>,
    /// The next step begins after this.
    end: Option<ProfileKeyset>,
    is_last: bool,
}

/// The next `count` profiles to examine: only those with an open action where no other can match, if the list is in the order of the index
/// of open actions.
async fn step(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &ProfileQuery,
    now: OffsetDateTime,
    count: usize,
) -> std::result::Result<Step, StorageError> {
    let walks_actions =
        query.order_by == OrderBy::CreatedAt && query.filter.is_status_only() && query.filter.is_restricted();
    if !walks_actions {
        let rows = rows(connection, organization, query, now, count).await?;
        let profiles: Vec<_> = rows.into_iter().map(Profile::try_from).collect::<Result<_>>()?;
        let end = profiles.last().map(|profile| ProfileKeyset::of(profile, query.order_by));
        return Ok(Step { is_last: profiles.len() < count, end, profiles });
    }
    let ids = restricted(connection, organization, query, count).await?;
    let keys = ids.iter().map(|id| (organization, *id)).collect();
    let mut found = read(connection, &keys, now).await?;
    // A profile that was erased in between is not found.
    let profiles = ids.iter().filter_map(|id| found.remove(&(organization, *id))).collect::<Result<_>>()?;
    Ok(Step { profiles, end: ids.last().copied().map(ProfileKeyset::CreatedAt), is_last: ids.len() < count })
}

/// The ids of the next `count` profiles with an open action.
async fn restricted(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &ProfileQuery,
    count: usize,
) -> std::result::Result<Vec<ProfileId>, sqlx::Error> {
    let select = match query.order {
        Order::Ascending => select_restricted!("> $2", "asc"),
        Order::Descending => select_restricted!("< $2", "desc"),
    };
    let ids: Vec<Uuid> = sqlx::query_scalar(select)
        .bind(organization.uuid())
        .bind(after_id(query))
        .bind(i64::try_from(count).unwrap_or(i64::MAX))
        .fetch_all(connection)
        .await?;
    Ok(ids.into_iter().map(ProfileId::new).collect())
}

/// The next `count` rows of the list.
async fn rows(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &ProfileQuery,
    now: OffsetDateTime,
    count: usize,
) -> Rows {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    if !query.filter.is_status_only() {
        return find::rows(connection, organization, query, now, count).await;
    }
    match query.order_by {
        OrderBy::CreatedAt => range(connection, organization, (after_id(query), query.order), now, count).await,
        OrderBy::Name => by_name(connection, organization, query, now, count).await,
    }
}

/// The id after which a page by creation begins; beyond every id for the first page, since an `or` would keep Postgres from seeking in the
/// index.
fn after_id(query: &ProfileQuery) -> Uuid {
    match (&query.after, query.order) {
        (Some(ProfileKeyset::CreatedAt(id)), _) => id.uuid(),
        (_, Order::Ascending) => Uuid::nil(),
        (_, Order::Descending) => Uuid::max(),
    }
}

/// Profiles with a name, then those without: the latter come last in both directions.
async fn by_name(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &ProfileQuery,
    now: OffsetDateTime,
    count: i64,
) -> Rows {
    let mut rows = match &query.after {
        Some(ProfileKeyset::Nameless(_)) => Vec::new(),
        _ => named(connection, organization, query, now, count).await?,
    };
    let missing = count - i64::try_from(rows.len()).unwrap_or(i64::MAX);
    if missing > 0 {
        rows.extend(nameless(connection, organization, query, now, missing).await?);
    }
    Ok(rows)
}

async fn named(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &ProfileQuery,
    now: OffsetDateTime,
    count: i64,
) -> Rows {
    let after = match &query.after {
        Some(ProfileKeyset::Name(key, id)) => Some((key, id.uuid())),
        _ => None,
    };
    let select = match (query.order, after) {
        (Order::Ascending, None) => select_profiles!(
            "$2",
            "where p.organization_id = $1
               and p.name is not null
             order by lower(p.name collate \"C\"), p.id
             limit $3"
        ),
        (Order::Descending, None) => select_profiles!(
            "$2",
            "where p.organization_id = $1
               and p.name is not null
             order by lower(p.name collate \"C\") desc, p.id desc
             limit $3"
        ),
        (Order::Ascending, Some(_)) => select_profiles!(
            "$2",
            "where p.organization_id = $1
               and p.name is not null
               and (lower(p.name collate \"C\"), p.id) > ($4, $5)
             order by lower(p.name collate \"C\"), p.id
             limit $3"
        ),
        (Order::Descending, Some(_)) => select_profiles!(
            "$2",
            "where p.organization_id = $1
               and p.name is not null
               and (lower(p.name collate \"C\"), p.id) < ($4, $5)
             order by lower(p.name collate \"C\") desc, p.id desc
             limit $3"
        ),
    };
    let statement = sqlx::query_as(select).bind(organization.uuid()).bind(now).bind(count);
    match after {
        None => statement.fetch_all(connection).await,
        Some((key, id)) => statement.bind(key).bind(id).fetch_all(connection).await,
    }
}

async fn nameless(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &ProfileQuery,
    now: OffsetDateTime,
    count: i64,
) -> Rows {
    let (select, first) = match query.order {
        Order::Ascending => (
            select_profiles!(
                "$2",
                "where p.organization_id = $1 and p.name is null and p.id > $3 order by p.id limit $4"
            ),
            Uuid::nil(),
        ),
        Order::Descending => (
            select_profiles!(
                "$2",
                "where p.organization_id = $1 and p.name is null and p.id < $3 order by p.id desc limit $4"
            ),
            Uuid::max(),
        ),
    };
    let after = match &query.after {
        Some(ProfileKeyset::Nameless(id)) => id.uuid(),
        _ => first,
    };
    sqlx::query_as(select).bind(organization.uuid()).bind(now).bind(after).bind(count).fetch_all(connection).await
}
