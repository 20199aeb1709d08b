//! The predicates of a filter, checked for one candidate.

use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::QueryAs;

use super::bounds::IdBounds;
use super::driver::{Driver, Wanted};
use super::search::Search;
use crate::domain::label::EnumLabel;
use crate::domain::profile::filter::ProfileFilter;
use crate::domain::text::Text;
use crate::storage::profiles::row::ProfileRow;

/// Reads the row `c` of the candidate `d`, and checks it against what the filter asks of the profile's own row. Read by primary key: `offset 0`
/// keeps Postgres from merging it with the conditions on what it finds.
const ROW: &str = r#"
    cross join lateral (
          select u.*,
                 lower(u.name collate "C") as name_key
            from user_profiles u
           where u.organization_id = $1
             and u.id = d.id
          offset 0
    ) c
    where d.id > $3
      and d.id < $4
      and ($8::text[] is null or c.reference_id = any ($8))
      and ($9::text[] is null or c.relationship = any ($9))
      and ($10::timestamptz is null or c.created_at >= $10)
      and ($11::timestamptz is null or c.created_at < $11)
      and ($12::text[] is null or c.name_key = any ($12))"#;

// Only what is asked for is a part of the statement: to prepare the execution of a subquery takes Postgres longer than to check a candidate's row.
// What is not has a condition that names its parameters, for each has to have a type.

const NAME_PREFIXES: &str = "
      and exists (select from unnest($13::text[]) as prefix (text) where starts_with(c.name_key, prefix.text))";

const NO_NAME_PREFIXES: &str = "
      and $13::text[] is null";

/// Read by primary key: besides `offset 0`, the comparisons and the order of the profile's id, instead of an equation, keep Postgres from reading
/// another index of the table ([`Driver::scan`]). A profile has one value for a key: as many pairs are found as keys are asked for.
const PAIRS: &str = "
      and (select count(*)
             from unnest($14::text[], $15::text[]) as pair (key, value)
            cross join lateral (
                  select m.value
                    from user_profile_metadata m
                   where m.organization_id = $1
                     and m.profile_id >= d.id
                     and m.profile_id <= d.id
                     and m.key = pair.key
                   order by m.profile_id
                  offset 0
            ) found
            where found.value = pair.value) = $16::bigint";

const NO_PAIRS: &str = "
      and $14::text[] = $15::text[]
      and $16::bigint = 0";

/// As [`PAIRS`]: a profile has one status of a grant.
const GRANTS: &str = "
      and (select count(*)
             from unnest($17::text[], $18::text[]) as pair (name, status)
            cross join lateral (
                  select g.status,
                         g.expires_at
                    from trust_grants g
                   where g.organization_id = $1
                     and g.profile_id >= d.id
                     and g.profile_id <= d.id
                     and g.name = pair.name
                   order by g.profile_id
                  offset 0
            ) found
            where found.status = pair.status
              and (found.expires_at is null or found.expires_at > $2)) = $19::bigint";

const NO_GRANTS: &str = "
      and $17::text[] = $18::text[]
      and $19::bigint = 0";

/// What is asked of a candidate besides what its driver has looked for.
struct Rest {
    pairs: Wanted,
    keys: usize,
    grants: Wanted,
    names: usize,
}

impl Rest {
    fn of(filter: &ProfileFilter, driver: &Driver) -> Self {
        let metadata =
            filter.metadata.iter().filter(|(key, _)| !matches!(driver, Driver::Metadata(own) if own == *key));
        let trust_grants =
            filter.trust_grants.iter().filter(|(name, _)| !matches!(driver, Driver::TrustGrant(own) if own == *name));
        Self {
            keys: metadata.clone().count(),
            pairs: Wanted::pairs(
                metadata.flat_map(|(key, values)| values.iter().map(|value| (key.clone(), value.clone()))),
            ),
            names: trust_grants.clone().count(),
            grants: Wanted::pairs(trust_grants.flat_map(|(name, statuses)| {
                statuses.iter().map(|status| (name.as_str().to_owned(), status.as_str().to_owned()))
            })),
        }
    }
}

/// Reads and checks the candidates `d` of `driver`: their rows are `c`.
pub(super) fn checked(filter: &ProfileFilter, driver: &Driver) -> String {
    let rest = Rest::of(filter, driver);
    let prefixes = if filter.name_prefixes.is_empty() { NO_NAME_PREFIXES } else { NAME_PREFIXES };
    let pairs = if rest.keys == 0 { NO_PAIRS } else { PAIRS };
    let grants = if rest.names == 0 { NO_GRANTS } else { GRANTS };
    [ROW, prefixes, pairs, grants].concat()
}

/// A statement that reads profiles.
pub(super) type Statement<'q> = QueryAs<'q, Postgres, ProfileRow, PgArguments>;

/// Binds `$1` to `$19` of a statement with [`checked`] candidates of `driver`, which looks for `wanted`.
pub(super) fn bind<'q>(statement: Statement<'q>, search: Search<'_>, driver: &Driver, wanted: Wanted) -> Statement<'q> {
    let (filter, bounds) = (&search.query.filter, IdBounds::of(search.query));
    let Rest { pairs, keys, grants, names } = Rest::of(filter, driver);
    statement
        .bind(search.organization.uuid())
        .bind(search.now)
        .bind(bounds.after)
        .bind(bounds.before)
        .bind(search.count)
        .bind(wanted.keys)
        .bind(wanted.values)
        .bind(some(filter.reference_ids.iter().map(Text::as_str)))
        .bind(some(filter.relationships.iter().map(|kind| kind.as_str())))
        .bind(filter.created.from)
        .bind(filter.created.until)
        .bind(some(filter.names.iter().map(String::as_str)))
        .bind(some(filter.name_prefixes.iter().map(String::as_str)))
        .bind(pairs.keys)
        .bind(pairs.values)
        .bind(count(keys))
        .bind(grants.keys)
        .bind(grants.values)
        .bind(count(names))
}

/// The texts, if there are any.
fn some<'t>(texts: impl Iterator<Item = &'t str>) -> Option<Vec<String>> {
    let texts: Vec<_> = texts.map(str::to_owned).collect();
    (!texts.is_empty()).then_some(texts)
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
