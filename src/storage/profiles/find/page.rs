//! Pages of filtered lists.
//!
//! One predicate *drives*: an index range of its own yields candidates, in the order of ids where the index ends in the id; the other
//! predicates are checked for each candidate by its key. Which one drives is decided by counting up to 1,001 entries of each index range, so
//! that a rare value is found whatever else is asked for, and without statistics.

use sqlx::postgres::PgConnection;

use super::driver::Driver;
use super::intersection;
use super::plan::{self, Plan};
use super::search::Search;
use super::statements;
use crate::domain::clock::Timestamp;
use crate::domain::id::OrganizationId;
use crate::domain::profile::list::{ProfileKeyset, ProfileQuery};
use crate::storage::profiles::row::ProfileRow;

/// The next `count` profiles of the list that its filter selects, but for the filter by enforcement status, which is a rule in Rust. A page by
/// name of which a part has no names is read in two statements; any other in one snapshot, which shows candidates and profiles alike.
pub(in crate::storage::profiles) async fn rows(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &ProfileQuery,
    now: Timestamp,
    count: i64,
) -> Result<Vec<ProfileRow>, sqlx::Error> {
    let search = Search { organization, query, now, count };
    match plan::choose(connection, search).await? {
        Plan::Walk(driver) => statements::walk(connection, search, &driver).await,
        Plan::Sort(driver) => statements::sort(connection, search, &driver).await,
        Plan::WalkNames => walk_names(connection, search).await,
        Plan::Intersect(drivers) => match intersection::rows(connection, search, &drivers).await? {
            Some(rows) => Ok(rows),
            None => walk_names(connection, search).await,
        },
    }
}

/// Profiles with a name, then those without.
async fn walk_names(connection: &mut PgConnection, search: Search<'_>) -> Result<Vec<ProfileRow>, sqlx::Error> {
    let mut rows = match &search.query.after {
        Some(ProfileKeyset::Nameless(_)) => Vec::new(),
        _ => statements::walk_names(connection, search).await?,
    };
    let missing = search.count - i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let filter = &search.query.filter;
    if missing > 0 && filter.names.is_empty() && filter.name_prefixes.is_empty() {
        let rest = Search { count: missing, ..search };
        rows.extend(statements::walk(connection, rest, &Driver::Nameless).await?);
    }
    Ok(rows)
}
