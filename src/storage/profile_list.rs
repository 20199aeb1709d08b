//! Lists of profiles: one keyset query a list and direction, each on an index that runs its way.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::profile_row::{ProfileRow, select_profiles};
use crate::domain::Result;
use crate::domain::enforcement::EnforcementStatus;
use crate::domain::id::OrganizationId;
use crate::domain::page::{Keyset, Order, OrderBy, Page, PageQuery};
use crate::domain::profile::Profile;

/// How many profiles a filtered request examines at the most.
const EXAMINED: usize = 1_000;

type Rows = std::result::Result<Vec<ProfileRow>, sqlx::Error>;

/// The rows of one page, one more than wanted: it tells whether another page follows.
pub(super) async fn rows(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &PageQuery,
    now: OffsetDateTime,
) -> Rows {
    let wanted = i64::try_from(examined(query) + 1).unwrap_or(i64::MAX);
    match query.order_by {
        OrderBy::CreatedAt => by_creation(connection, organization, query, now, wanted).await,
        OrderBy::Name => by_name(connection, organization, query, now, wanted).await,
    }
}

/// The page that `rows` hold.
pub(super) fn page(rows: Vec<ProfileRow>, query: &PageQuery) -> Result<Page<Profile>> {
    let profiles = rows.into_iter().map(Profile::try_from).collect::<Result<Vec<_>>>()?;
    let holds = |profile: &Profile| {
        query.statuses.is_empty() || query.statuses.contains(&EnforcementStatus::of(&profile.enforcement_actions))
    };
    Ok(Page::of_those(profiles, examined(query), query.limit, |profile| Keyset::of(profile, query.order_by), holds))
}

fn examined(query: &PageQuery) -> usize {
    if query.statuses.is_empty() { query.limit.get() } else { EXAMINED }
}

async fn by_creation(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &PageQuery,
    now: OffsetDateTime,
    wanted: i64,
) -> Rows {
    // The bounds of the first page stand beyond every id: an `or` instead would keep Postgres from seeking in the index.
    let (select, first) = match query.order {
        Order::Ascending => {
            (select_profiles!("where p.organization_id = $1 and p.id > $3 order by p.id limit $4"), Uuid::nil())
        }
        Order::Descending => {
            (select_profiles!("where p.organization_id = $1 and p.id < $3 order by p.id desc limit $4"), Uuid::max())
        }
    };
    let after = match &query.after {
        Some(Keyset::CreatedAt(id)) => id.uuid(),
        _ => first,
    };
    sqlx::query_as(select).bind(organization.uuid()).bind(now).bind(after).bind(wanted).fetch_all(connection).await
}

/// Those with a name, then those without, so that the latter come last whichever way the list runs.
async fn by_name(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &PageQuery,
    now: OffsetDateTime,
    wanted: i64,
) -> Rows {
    let mut rows = match &query.after {
        Some(Keyset::Nameless(_)) => Vec::new(),
        _ => named(connection, organization, query, now, wanted).await?,
    };
    let missing = wanted - i64::try_from(rows.len()).unwrap_or(i64::MAX);
    if missing > 0 {
        rows.extend(nameless(connection, organization, query, now, missing).await?);
    }
    Ok(rows)
}

async fn named(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &PageQuery,
    now: OffsetDateTime,
    wanted: i64,
) -> Rows {
    let after = match &query.after {
        Some(Keyset::Name(key, id)) => Some((key, id.uuid())),
        _ => None,
    };
    let select = match (query.order, after) {
        (Order::Ascending, None) => select_profiles!(
            "where p.organization_id = $1
               and p.name is not null
             order by lower(p.name collate \"C\"), p.id
             limit $3"
        ),
        (Order::Descending, None) => select_profiles!(
            "where p.organization_id = $1
               and p.name is not null
             order by lower(p.name collate \"C\") desc, p.id desc
             limit $3"
        ),
        (Order::Ascending, Some(_)) => select_profiles!(
            "where p.organization_id = $1
               and p.name is not null
               and (lower(p.name collate \"C\"), p.id) > ($4, $5)
             order by lower(p.name collate \"C\"), p.id
             limit $3"
        ),
        (Order::Descending, Some(_)) => select_profiles!(
            "where p.organization_id = $1
               and p.name is not null
               and (lower(p.name collate \"C\"), p.id) < ($4, $5)
             order by lower(p.name collate \"C\") desc, p.id desc
             limit $3"
        ),
    };
    let statement = sqlx::query_as(select).bind(organization.uuid()).bind(now).bind(wanted);
    match after {
        None => statement.fetch_all(connection).await,
        Some((key, id)) => statement.bind(key).bind(id).fetch_all(connection).await,
    }
}

async fn nameless(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &PageQuery,
    now: OffsetDateTime,
    wanted: i64,
) -> Rows {
    let (select, first) = match query.order {
        Order::Ascending => (
            select_profiles!("where p.organization_id = $1 and p.name is null and p.id > $3 order by p.id limit $4"),
            Uuid::nil(),
        ),
        Order::Descending => (
            select_profiles!(
                "where p.organization_id = $1 and p.name is null and p.id < $3 order by p.id desc limit $4"
            ),
            Uuid::max(),
        ),
    };
    let after = match &query.after {
        Some(Keyset::Nameless(id)) => id.uuid(),
        _ => first,
    };
    sqlx::query_as(select).bind(organization.uuid()).bind(now).bind(after).bind(wanted).fetch_all(connection).await
}
