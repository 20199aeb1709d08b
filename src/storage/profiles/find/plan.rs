//! Which predicate drives.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use super::bounds::IdBounds;
use super::driver::Driver;
use super::search::Search;
use crate::domain::page::Order;
use crate::domain::profile::filter::CreationRange;
use crate::domain::profile::list::OrderBy;

/// The most candidates that are sorted for a page, and the most index entries that are counted, but for one.
pub(super) const MAX_SORTED: i64 = 1_000;

/// The most drivers that are intersected: each is another index range to read, and candidates are checked for what the others ask anyway.
const MAX_INTERSECTED: usize = 4;

/// How a page is found.
pub(super) enum Plan {
    /// Candidates in the order of ids, until the page is full.
    Walk(Driver),
    /// All candidates, which are few, sorted.
    Sort(Driver),
    /// Profiles in the order of names, until the page is full.
    WalkNames,
    /// What these have in common, each of which has many candidates.
    Intersect(Vec<Driver>),
}

/// Decides by counting candidates. A count is a hint: a page is right whichever predicate drives.
pub(super) async fn choose(connection: &mut PgConnection, search: Search<'_>) -> Result<Plan, sqlx::Error> {
    match search.query.order_by {
        OrderBy::CreatedAt => by_creation(connection, search).await,
        OrderBy::Name => by_name(connection, search).await,
    }
}

async fn by_creation(connection: &mut PgConnection, search: Search<'_>) -> Result<Plan, sqlx::Error> {
    let filter = &search.query.filter;
    let mut drivers = Driver::by_id(filter);
    // Whole names select fewer than their beginnings.
    if !filter.name_prefixes.is_empty() && filter.names.is_empty() {
        drivers.push(Driver::NamePrefix);
    }
    match drivers.as_slice() {
        [] => return Ok(Plan::Walk(Driver::Creation)),
        [only] if !matches!(only, Driver::NamePrefix) => return Ok(Plan::Walk(only.clone())),
        _ => {}
    }
    Ok(match smallest(connection, search, drivers).await? {
        Some((Driver::NamePrefix, count)) if count > MAX_SORTED => {
            many_in_common(search, count).unwrap_or(Plan::Walk(Driver::Creation))
        }
        Some((Driver::NamePrefix, _)) => Plan::Sort(Driver::NamePrefix),
        Some((driver, count)) => many_in_common(search, count).unwrap_or(Plan::Walk(driver)),
        None => Plan::Walk(Driver::Creation),
    })
}

async fn by_name(connection: &mut PgConnection, search: Search<'_>) -> Result<Plan, sqlx::Error> {
    let filter = &search.query.filter;
    let mut drivers = Driver::by_id(filter);
    drivers.retain(|driver| !matches!(driver, Driver::Name));
    if filter.created != CreationRange::default() {
        drivers.push(Driver::Creation);
    }
    if drivers.is_empty() {
        return Ok(Plan::WalkNames);
    }
    let is_by_name = !filter.names.is_empty() || !filter.name_prefixes.is_empty();
    let named = if is_by_name { count(connection, search, &Driver::NamePrefix).await? } else { i64::MAX };
    Ok(match smallest(connection, search, drivers).await? {
        Some((driver, count)) if count <= MAX_SORTED && count < named => Plan::Sort(driver),
        Some((_, count)) if named > MAX_SORTED => many_in_common(search, count).unwrap_or(Plan::WalkNames),
        _ => Plan::WalkNames,
    })
}

/// The intersection of the drivers that allow one, if even the smallest of all has many candidates, `count`: what they have in common may be
/// anywhere among those, and each that is not would be checked by its key.
fn many_in_common(search: Search<'_>, count: i64) -> Option<Plan> {
    let filter = &search.query.filter;
    let mut drivers = Driver::by_id(filter);
    drivers.retain(|driver| driver.is_intersectable(filter));
    drivers.truncate(MAX_INTERSECTED);
    (count > MAX_SORTED && drivers.len() > 1).then_some(Plan::Intersect(drivers))
}

/// The driver with the fewest candidates, the first of them if there are several, and how many it has.
async fn smallest(
    connection: &mut PgConnection,
    search: Search<'_>,
    drivers: Vec<Driver>,
) -> Result<Option<(Driver, i64)>, sqlx::Error> {
    let mut smallest: Option<(Driver, i64)> = None;
    for driver in drivers {
        let count = count(connection, search, &driver).await?;
        if smallest.as_ref().is_none_or(|(_, least)| count < *least) {
            smallest = Some((driver, count));
        }
    }
    Ok(smallest)
}

/// How many candidates `driver` has, at most one more than [`MAX_SORTED`].
async fn count(connection: &mut PgConnection, search: Search<'_>, driver: &Driver) -> Result<i64, sqlx::Error> {
    let (bounds, wanted) = (IdBounds::of(search.query), driver.wanted(&search.query.filter));
    let scan = driver.scan(Order::Ascending);
    // Every parameter has to have a type, whether or not the scan needs it.
    let statement = format!(
        "select count(*)
           from (
                select
                  from unnest($6::text[], $7::text[]) as wanted (key, value)
                 cross join lateral ({scan} limit $5) d
                 where $2::timestamptz is not null
                   and $3::uuid is not null
                   and $4::uuid is not null
                 limit $5
           ) counted"
    );
    // Safe: made of constants of this module; values are bound.
    sqlx::query_scalar(AssertSqlSafe(statement))
        .bind(search.organization.uuid())
        .bind(search.now)
        .bind(bounds.after)
        .bind(bounds.before)
        .bind(MAX_SORTED + 1)
        .bind(wanted.keys)
        .bind(wanted.values)
        .fetch_one(connection)
        .await
}
