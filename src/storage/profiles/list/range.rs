//! Pages in the order of creation. Such a page is a contiguous range of the primary key, and so is what belongs to its profiles, in every table: each is
//! read in one scan, and answered as one array per column.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::columns::PageColumns;
use crate::domain::id::OrganizationId;
use crate::domain::page::Order;
use crate::storage::profiles::row::ProfileRow;

/// `$after` compares an id with the position `$3`, `$order` sorts; the least and the greatest id are at `$first` and `$last` of the page. Pairs are
/// in the order of their primary key, which only that index has: another one includes all their columns, and reads those of the whole
/// organization.
macro_rules! select_range {
    ($after:literal, $order:literal, $first:literal, $last:literal) => {
        concat!(
            "with page as materialized (
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
             ), profiles as materialized (
                 select (array_agg(id))[",
            $first,
            "] as first_id,
                        (array_agg(id))[",
            $last,
            "] as last_id,
                        array_agg(id) as ids,
                        array_agg(created_at) as created_ats,
                        array_agg(updated_at) as updated_ats,
                        array_agg(revision) as revisions,
                        array_agg(name) as names,
                        array_agg(relationship) as relationships,
                        array_agg(account_status) as account_statuses,
                        array_agg(country) as countries,
                        array_agg(email_hash) as email_hashes,
                        array_agg(entity_type) as entity_types,
                        array_agg(name_hash) as name_hashes,
                        array_agg(onboarded_at) as onboarded_ats,
                        array_agg(reference_id) as reference_ids
                   from page
             )
             select *
               from profiles p
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
                              and profile_id between p.first_id and p.last_id
                            order by profile_id, key
                      ) pairs
              ) m
              cross join lateral (
                    select array_agg(profile_id) as grant_profile_ids,
                           array_agg(name) as grant_names,
                           array_agg(status) as grant_statuses,
                           array_agg(expires_at) as grant_expires_ats
                      from trust_grants
                     where organization_id = $1
                       and profile_id between p.first_id and p.last_id
                       and (expires_at is null or expires_at > $2)
              ) g
              cross join lateral (
                    select array_agg(profile_id) as part_profile_ids,
                           array_agg(grant_name) as part_grant_names,
                           array_agg(name) as part_names,
                           array_agg(status) as part_statuses,
                           array_agg(requires_data_retention) as part_data_retentions,
                           array_agg(requires_human_review) as part_human_reviews
                      from trust_grant_parts
                     where organization_id = $1
                       and profile_id between p.first_id and p.last_id
              ) t
              cross join lateral (
                    select array_agg(profile_id) as action_profile_ids,
                           array_agg(id) as action_ids,
                           array_agg(kind) as action_kinds,
                           array_agg(reason) as action_reasons,
                           array_agg(opened_at) as action_opened_ats,
                           array_agg(expires_at) as action_expires_ats,
                           array_agg(identity_check) as action_identity_checks
                      from enforcement_actions
                     where organization_id = $1
                       and profile_id between p.first_id and p.last_id
                       and resolved_at is null
                       and (expires_at is null or expires_at > $2)
              ) a"
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
        Order::Ascending => select_range!(">", "asc", "1", "count(*)::integer"),
        Order::Descending => select_range!("<", "desc", "count(*)::integer", "1"),
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
