//! The predicates of a filter, checked for one candidate.

use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::QueryAs;

use super::bounds::IdBounds;
use super::driver::Wanted;
use super::search::Search;
use crate::domain::label::EnumLabel;
use crate::domain::text::Text;
use crate::storage::profiles::row::ProfileRow;

/// Checks the candidate `d`, whose row is `c`. Each look-up is by primary key: `offset 0` keeps Postgres from merging it with the conditions on
/// what it finds, and the comparisons and the order of the profile's id, instead of an equation, from reading another index of the table
/// ([`Driver::scan`](super::driver::Driver::scan)). A profile has one value for a key and one status of a grant: as many pairs are found as keys
/// are asked for.
pub(super) const CHECKED: &str = r#"
    cross join lateral (
          select u.relationship,
                 u.reference_id,
                 u.created_at,
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
      and ($12::text[] is null or c.name_key = any ($12))
      and ($13::text[] is null
           or exists (select from unnest($13) as prefix (text) where starts_with(c.name_key, prefix.text)))
      and ($16::bigint = 0
           or (select count(*)
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
                where found.value = pair.value) = $16)
      and ($19::bigint = 0
           or (select count(*)
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
                  and (found.expires_at is null or found.expires_at > $2)) = $19)"#;

/// A statement that reads profiles.
pub(super) type Statement<'q> = QueryAs<'q, Postgres, ProfileRow, PgArguments>;

/// Binds `$1` to `$19`.
pub(super) fn bind<'q>(
    statement: Statement<'q>,
    search: Search<'_>,
    bounds: IdBounds,
    wanted: Wanted,
) -> Statement<'q> {
    let filter = &search.query.filter;
    let pairs = Wanted::pairs(
        filter.metadata.iter().flat_map(|(key, values)| values.iter().map(|value| (key.clone(), value.clone()))),
    );
    let grants = Wanted::pairs(filter.trust_grants.iter().flat_map(|(name, statuses)| {
        statuses.iter().map(|status| (name.as_str().to_owned(), status.as_str().to_owned()))
    }));
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
        .bind(count(filter.metadata.len()))
        .bind(grants.keys)
        .bind(grants.values)
        .bind(count(filter.trust_grants.len()))
}

/// The texts, if there are any.
fn some<'t>(texts: impl Iterator<Item = &'t str>) -> Option<Vec<String>> {
    let texts: Vec<_> = texts.map(str::to_owned).collect();
    (!texts.is_empty()).then_some(texts)
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
