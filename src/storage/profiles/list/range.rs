//! Pages in the order of creation. Such a page is a contiguous range of the primary key, and so is what belongs to its profiles, in every table: each is
//! read in one scan, and answered as one array per column.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::columns::PageColumns;
use crate::domain::id::OrganizationId;
use crate::domain::page::Order;
use crate::storage::profiles::row::ProfileRow;

/// An array per column where most profiles have a value, and one of records for what few profiles have: to prepare an aggregate takes Postgres as
/// long as to read some profiles.
///
/// `$after` compares an id with the position `$3`, `$order` sorts; the least and the greatest id are at `$first` and `$last` of the page. Pairs are
/// in the order of their primary key, which only that index has: another one includes all their columns, and reads those of the whole
/// organization.
macro_rules! select_range {
    ($after:literal, $order:literal, $first:literal, $last:literal) => {
        concat!(
            "with profiles as materialized (
                 select array_agg(id) as ids,
                        array_agg(created_at) as created_ats,
                        array_agg(updated_at) as updated_ats,
                        array_agg(revision) as revisions,
                        array_agg(name) as names,
                        array_agg(relationship) as relationships,
                        array_agg(reference_id) as reference_ids,
                        array_agg((id, account_status, country, email_hash, entity_type, name_hash, onboarded_at))
                            filter (where not (account_status, country, email_hash, entity_type, name_hash, onboarded_at) is null)
                        as details
                   from (
                        select *
                          from user_profiles
                         where organization_id = $1
                           and id ",
            $after,
            " $3
                         order by id ",
            $order,
            "
                         limit $4
                   ) page
             )
             select p.*,
                    m.*,
                    array(
                        select (profile_id, name, status, expires_at)
                          from trust_grants
                         where organization_id = $1
                           and profile_id between b.first_id and b.last_id
                           and (expires_at is null or expires_at > $2)
                    ) as grants,
                    array(
                        select (profile_id, grant_name, name, status, requires_data_retention, requires_human_review)
                          from trust_grant_parts
                         where organization_id = $1
                           and profile_id between b.first_id and b.last_id
                    ) as parts,
                    array(
                        select (profile_id, id, kind, reason, opened_at, expires_at, identity_check)
                          from enforcement_actions
                         where organization_id = $1
                           and profile_id between b.first_id and b.last_id
                           and resolved_at is null
                           and (expires_at is null or expires_at > $2)
                    ) as actions
               from profiles p
              cross join lateral (
                    select p.ids[",
            $first,
            "] as first_id,
                           p.ids[",
            $last,
            "] as last_id
              ) b
              cross join lateral (
                    select array_agg(profile_id) as pair_profile_ids,
                           array_agg(key) as pair_keys,
                           array_agg(value) as pair_values
                      from (
                           select profile_id,
                                  key,
                                  value
                             from user_profile_metadata
                            where organization_id = $1
                              and profile_id between b.first_id and b.last_id
                            order by profile_id, key
                      ) pairs
              ) m"
        )
    };
}

/// The `count` profiles after the id `after` in `order`, as of `now`.
pub(super) async fn range(
    connection: &mut PgConnection,
    organization: OrganizationId,
    (after, order): (Uuid, Order),
    now: OffsetDateTime,
    count: i64,
) -> sqlx::Result<Vec<ProfileRow>> {
    let select = match order {
        Order::Ascending => select_range!(">", "asc", "1", "cardinality(p.ids)"),
        Order::Descending => select_range!("<", "desc", "cardinality(p.ids)", "1"),
    };
    let columns: PageColumns = sqlx::query_as(select)
        .bind(organization.uuid())
        .bind(now)
        .bind(after)
        .bind(count)
        .fetch_one(connection)
        .await?;
    Ok(columns.rows(organization, order))
}
