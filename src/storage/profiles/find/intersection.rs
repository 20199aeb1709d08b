//! Candidates that several drivers have in common, where each of them has many.
//!
//! Of two filters that a million profiles match each, walking one and checking the other looks up a million rows by their keys: more than a
//! request has time for if the profiles that match both are few. Two index ranges in the order of ids are merged ten times as fast.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use uuid::Uuid;

use super::bounds::IdBounds;
use super::driver::{Driver, Wanted};
use super::plan::MAX_SORTED;
use super::search::Search;
use super::statements;
use crate::domain::label::EnumLabel;
use crate::domain::page::Order;
use crate::domain::profile::list::OrderBy;
use crate::storage::profiles::row::ProfileRow;

/// One snapshot for candidates and profiles.
const BEGIN: &str = "begin isolation level repeatable read read only";

/// Joins by merging only. Postgres does not know how many entries each side has: where it expects few, it would look each up in the other
/// side, or read all of one before the first match. The settings are those of the transaction, and the plan is that of this statement alone,
/// whose text no other has.
const MERGE_ONLY: &str = "set local enable_nestloop = off; set local enable_hashjoin = off";

const ANY_JOIN: &str = "set local enable_nestloop to default; set local enable_hashjoin to default";

/// How many times as many candidates a step has as the one before it.
const STEP_GROWTH: i64 = 4;

/// A page of the profiles that are candidates of all `drivers`; `None` if a list by name has too many to sort them.
pub(super) async fn rows(
    connection: &mut PgConnection,
    search: Search<'_>,
    drivers: &[Driver],
) -> Result<Option<Vec<ProfileRow>>, sqlx::Error> {
    let mut transaction = connection.begin_with(BEGIN).await?;
    let rows = match search.query.order_by {
        OrderBy::CreatedAt => Some(in_steps(&mut transaction, search, drivers).await?),
        OrderBy::Name => sorted(&mut transaction, search, drivers).await?,
    };
    transaction.commit().await?;
    Ok(rows)
}

async fn in_steps(
    connection: &mut PgConnection,
    search: Search<'_>,
    drivers: &[Driver],
) -> Result<Vec<ProfileRow>, sqlx::Error> {
    let mut bounds = IdBounds::of(search.query);
    let (mut rows, mut missing, mut step_size) = (Vec::new(), search.count, search.count);
    loop {
        let ids = candidates(connection, search, drivers, bounds, step_size).await?;
        let last = ids.last().copied().filter(|_| length(&ids) == step_size);
        // All of a step are checked: few while those may be enough.
        step_size = (step_size * STEP_GROWTH).min(MAX_SORTED.max(search.count));
        let step = Search { count: missing, ..search };
        let found = statements::walk(connection, step, &Driver::Ids(ids)).await?;
        missing -= length(&found);
        rows.extend(found);
        let Some(last) = last.filter(|_| missing > 0) else { return Ok(rows) };
        match search.query.order {
            Order::Ascending => bounds.after = last,
            Order::Descending => bounds.before = last,
        }
    }
}

async fn sorted(
    connection: &mut PgConnection,
    search: Search<'_>,
    drivers: &[Driver],
) -> Result<Option<Vec<ProfileRow>>, sqlx::Error> {
    let ids = candidates(connection, search, drivers, IdBounds::of(search.query), MAX_SORTED + 1).await?;
    if length(&ids) > MAX_SORTED {
        return Ok(None);
    }
    statements::sort(connection, search, &Driver::Ids(ids)).await.map(Some)
}

/// The first ids within `bounds` that all `drivers` have an entry of, `count` at most, in the order of the list or, by name, in any.
async fn candidates(
    connection: &mut PgConnection,
    search: Search<'_>,
    drivers: &[Driver],
    bounds: IdBounds,
    count: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    let wanted = drivers.iter().map(|driver| driver.wanted(&search.query.filter));
    let (keys, values): (Vec<_>, Vec<_>) = wanted.map(|Wanted { keys, values }| (keys, values)).unzip();
    let ranges = drivers.iter().enumerate().map(|(index, driver)| {
        let (entries, place) = (driver.entries(index + 1), index + 1);
        if index == 0 { format!("({entries}) d1") } else { format!("join ({entries}) d{place} on d{place}.id = d1.id") }
    });
    let joined = ranges.collect::<Vec<_>>().join("\n");
    let direction = search.query.order.as_str();
    let statement = format!(
        "select d1.id
           from {joined}
          order by d1.id {direction}
          limit $4"
    );
    sqlx::raw_sql(MERGE_ONLY).execute(&mut *connection).await?;
    // Safe: made of constants of this module; values are bound.
    let ids = sqlx::query_scalar(AssertSqlSafe(statement))
        .bind(search.organization.uuid())
        .bind(bounds.after)
        .bind(bounds.before)
        .bind(count)
        .bind(keys.concat())
        .bind(values.concat())
        .fetch_all(&mut *connection)
        .await?;
    sqlx::raw_sql(ANY_JOIN).execute(connection).await?;
    Ok(ids)
}

fn length<T>(list: &[T]) -> i64 {
    i64::try_from(list.len()).unwrap_or(i64::MAX)
}
