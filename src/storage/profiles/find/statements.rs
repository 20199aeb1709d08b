//! The statements that find and read a page. They are made of constants of this module; values are bound.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::conditions::{bind, checked};
use super::driver::{Driver, Wanted};
use super::names;
use super::search::Search;
use crate::domain::label::EnumLabel;
use crate::domain::page::Order;
use crate::domain::profile::list::{OrderBy, ProfileKeyset};
use crate::storage::profiles::row::{ProfileRow, select_profiles};

type Rows = Result<Vec<ProfileRow>, sqlx::Error>;

/// Reads whole profiles, in `{order}`, of which `{found}` has the rows.
const SELECT_FOUND: &str = select_profiles!("$2", from "{found} p", "order by {order}");

fn select(found: &str, order: &str) -> String {
    SELECT_FOUND.replace("{found}", found).replace("{order}", order)
}

/// The first candidates in the order of ids that fit: of each wanted value as many as the page holds, then those of all in order.
pub(super) async fn walk(connection: &mut PgConnection, search: Search<'_>, driver: &Driver) -> Rows {
    let order = search.query.order;
    let (scan, sorted, direction) = (driver.scan(order), driver.sorted(order), order.as_str());
    let checked = checked(&search.query.filter, driver);
    let found = format!(
        "(select f.*
            from unnest($6::text[], $7::text[]) as wanted (key, value)
           cross join lateral (
                 select c.*
                   from ({scan} offset 0) d
                 {checked}
                  order by {sorted}
                  limit $5
           ) f
           order by f.id {direction}
           limit $5)"
    );
    let statement = select(&found, &format!("p.id {direction}"));
    let wanted = driver.wanted(&search.query.filter);
    bind(sqlx::query_as(AssertSqlSafe(statement)), search, driver, wanted).fetch_all(connection).await
}

/// The first of all candidates that fit, in the list's order.
pub(super) async fn sort(connection: &mut PgConnection, search: Search<'_>, driver: &Driver) -> Rows {
    let (order, order_by) = (search.query.order, search.query.order_by);
    let (scan, direction) = (driver.scan(order), order.as_str());
    let checked = checked(&search.query.filter, driver);
    let beyond = if order == Order::Ascending { ">" } else { "<" };
    let (after, name, id) = match &search.query.after {
        Some(ProfileKeyset::Name(name, id)) => {
            (format!("f.name_key is null or (f.name_key, f.id) {beyond} ($20, $21)"), Some(name), Some(id.uuid()))
        }
        Some(ProfileKeyset::Nameless(id)) => {
            (format!("$20::text is null and f.name_key is null and f.id {beyond} $21"), None, Some(id.uuid()))
        }
        // The bounds of ids say the rest.
        Some(ProfileKeyset::CreatedAt(_)) | None => ("$20::text is null and $21::uuid is null".to_owned(), None, None),
    };
    let keys = |of: &str| match order_by {
        OrderBy::CreatedAt => format!("{of}.id {direction}"),
        OrderBy::Name => format!("{of}.name_key is null, {of}.name_key {direction}, {of}.id {direction}"),
    };
    let found = format!(
        "(select f.*
            from unnest($6::text[], $7::text[]) as wanted (key, value)
           cross join lateral (
                 select c.*
                   from ({scan} offset 0) d
                 {checked}
           ) f
           where {after}
           order by {}
           limit $5)",
        keys("f")
    );
    let statement = select(&found, &keys("p"));
    let wanted = driver.wanted(&search.query.filter);
    bind(sqlx::query_as(AssertSqlSafe(statement)), search, driver, wanted)
        .bind(name)
        .bind(id)
        .fetch_all(connection)
        .await
}

/// The first profiles with a name that fit, in the order of names. The last page's end bounds the ranges that it is in.
pub(super) async fn walk_names(connection: &mut PgConnection, search: Search<'_>) -> Rows {
    let order = search.query.order;
    let after = match &search.query.after {
        Some(ProfileKeyset::Name(name, id)) => Some((name, id.uuid())),
        _ => None,
    };
    let (mut ranges, mut ids) = (Vec::new(), Vec::new());
    for mut range in names::ranges(&search.query.filter) {
        let mut id = Uuid::nil();
        match (order, after) {
            (Order::Ascending, Some((name, after))) if range.from <= *name => {
                (range.from, id) = (name.clone(), after);
            }
            (Order::Descending, Some((name, after))) if range.until > *name => {
                (range.until, id) = (name.clone(), after);
            }
            _ => {}
        }
        // A page may have ended at the first name of the range.
        if range.from <= range.until {
            ranges.push((range.from, range.until));
            ids.push(id);
        }
    }
    let (driver, direction) = (Driver::NamePrefix, order.as_str());
    let checked = checked(&search.query.filter, &driver);
    let bounds = match order {
        Order::Ascending => {
            "(lower(i.name collate \"C\"), i.id) > (wanted.key, wanted.id)
             and lower(i.name collate \"C\") < wanted.value"
        }
        Order::Descending => {
            "(lower(i.name collate \"C\"), i.id) < (wanted.value, wanted.id)
             and lower(i.name collate \"C\") >= wanted.key"
        }
    };
    let found = format!(
        "(select f.*
            from unnest($6::text[], $7::text[], $20::uuid[]) as wanted (key, value, id)
           cross join lateral (
                 select c.*
                   from (
                        select lower(i.name collate \"C\") as key,
                               i.id as id
                          from user_profiles i
                         where i.organization_id = $1
                           and {bounds}
                           and i.name is not null
                         order by lower(i.name collate \"C\") {direction}, i.id {direction}
                        offset 0
                   ) d
                 {checked}
                  order by d.key {direction}, d.id {direction}
                  limit $5
           ) f
           order by f.name_key {direction}, f.id {direction}
           limit $5)"
    );
    let statement = select(&found, &format!("p.name_key {direction}, p.id {direction}"));
    let wanted = Wanted::pairs(ranges);
    bind(sqlx::query_as(AssertSqlSafe(statement)), search, &driver, wanted).bind(ids).fetch_all(connection).await
}
