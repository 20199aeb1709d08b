//! What pages and single profiles cost: the last of many reads as little as the first. Counted in what Postgres read, not in time.

use sqlx::Row;
use uprof::domain::clock::{Clock, SystemClock};
use uprof::domain::id::{ApiKeyId, OrganizationId, ProfileId};
use uprof::domain::page::{Order, PageLimit};
use uprof::domain::profile::change::Change;
use uprof::domain::profile::filter::ProfileFilter;
use uprof::domain::profile::list::{OrderBy, ProfileKeyset, ProfileQuery};
use uprof::domain::profile::metadata::MetadataPatch;
use uprof::domain::profile::{ProfilePatch, ProfileUpdate, RevisionCondition};
use uprof::domain::repository::ProfileRepository;
use uprof::domain::text::{DisplayName, Text};
use uprof::domain::trust::enforcement::EnforcementStatus;
use uuid::Uuid;

use crate::support::accounts::Accounts;
use crate::support::app::DEFAULT_VERSION;
use crate::support::cost::{Cost, EXECUTIONS};
use crate::support::database::Database;

const PROFILES: usize = 20_000;
const NAMED: usize = 16_000;

/// The most rows that reading, locking and saving one profile may take, with a row of each kind that hangs on it.
const ROWS_OF_ONE: i64 = 20;

/// Collects statistics, and removes the index entries of updated rows: a scan removes none while a test on another database of the cluster is in
/// a long transaction, and each execution would count them.
const VACUUM: &str = "vacuum (analyze, index_cleanup on)";

struct World {
    organization: OrganizationId,
    database: Database,
}

impl World {
    /// One organization with many profiles, each with something of all that can hang on one, among many organizations with few.
    fn new() -> Self {
        let world = Self::empty();
        world.fill(1, PROFILES + 2000);
        world
    }

    fn empty() -> Self {
        let database = Database::migrated();
        let organization = Accounts::of(database.url()).organization(DEFAULT_VERSION);
        Self { organization, database }
    }

    /// Adds the profiles with these numbers; those above [`PROFILES`] belong to other organizations.
    fn fill(&self, first: usize, last: usize) {
        let id = "('01900000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid";
        let name = "case when number % 5 > 0 then 'Name ' || md5((number / 3)::text) end";
        self.database.execute(&format!(
            "set session_replication_role = replica;
             create temporary table added on commit drop as
             select case when number > {PROFILES} then md5((number % 500)::text)::uuid else '{}' end as organization_id,
                    {id} as id,
                    {name} as name
               from generate_series({first}, {last}) as number;
             insert into user_profiles (organization_id, id, created_at, updated_at, name, relationship)
             select organization_id, id, now(), now(), name, 'external' from added;
             insert into user_profile_metadata (organization_id, profile_id, key, value)
             select organization_id, id, 'plan', 'pro' from added;
             insert into trust_grants (organization_id, profile_id, name, status, decision_id, decided_at)
             select organization_id, id, 'cyber', 'active', gen_random_uuid(), now() from added;
             insert into trust_grant_parts (organization_id, profile_id, grant_name, name, status)
             select organization_id, id, 'cyber', 'a', 'active' from added;
             insert into enforcement_actions (
                    organization_id, profile_id, id, kind, reason, opened_at, opened_by, identity_check)
             select organization_id, id, id, 'ban', 'high_harm', now(), 'reviewer', 'none' from added;
             insert into idempotency_keys (organization_id, key, fingerprint, profile_id, created_at, answer)
             select organization_id, id::text, sha256(''), id, now(), '{{}}' from added;",
            self.organization.uuid()
        ));
    }

    /// Where the page after the first `position` profiles of the list begins.
    fn after(&self, order_by: OrderBy, order: Order, position: usize) -> Option<ProfileKeyset> {
        let offset = position.checked_sub(1)?;
        let way = if order == Order::Ascending { "asc" } else { "desc" };
        let keys = match order_by {
            OrderBy::CreatedAt => format!("id {way}"),
            OrderBy::Name => format!("name is null, lower(name collate \"C\") {way}, id {way}"),
        };
        let organization = self.organization.uuid();
        let row = self.database.row(&format!(
            "select id, lower(name collate \"C\") from user_profiles where organization_id = '{organization}'
              order by {keys} limit 1 offset {offset}"
        ));
        let (id, name) = (ProfileId::new(row.get::<Uuid, _>(0)), row.get::<Option<String>, _>(1));
        Some(match (order_by, name) {
            (OrderBy::CreatedAt, _) => ProfileKeyset::CreatedAt(id),
            (OrderBy::Name, Some(name)) => ProfileKeyset::Name(name, id),
            (OrderBy::Name, None) => ProfileKeyset::Nameless(id),
        })
    }

    /// Whatever page of whatever list reads what it shows and one profile more, and no table from end to end.
    fn check_every_list(&self, limit: u32, how: &str) {
        let positions = [0, NAMED - 8, PROFILES - limit as usize - 1];
        for (order_by, order) in [OrderBy::CreatedAt, OrderBy::Name].into_iter().flat_map(both_ways) {
            for position in positions {
                let after = self.after(order_by, order, position);
                let limit = PageLimit::new(limit).unwrap();
                let page = ProfileQuery { order_by, order, limit, after, filter: ProfileFilter::default() };
                self.check(&page, limit.get(), &format!("{how}, {limit:?} of {order_by:?} {order:?} after {position}"));
            }
        }
    }

    /// A single profile is found, locked and saved by its key, wherever among the others it stands.
    fn check_single_profiles(&self, how: &str) {
        let middle = self.database.row(&format!(
            "select id from user_profiles where organization_id = '{}' order by id offset {} limit 1",
            self.organization.uuid(),
            PROFILES / 2
        ));
        let id = ProfileId::new(middle.get(0));
        let read = self.database.cost(&async |profiles, _| {
            profiles.retrieve(self.organization, id, SystemClock.now()).await.unwrap();
        });
        let updated = self.database.cost(&async |profiles, execution| {
            let name = DisplayName::parse(format!("{how} {execution}")).unwrap();
            let patch = ProfilePatch { name: Change::Set(name), ..ProfilePatch::default() };
            let (condition, by) = (RevisionCondition::Any, ApiKeyId::new(Uuid::nil()));
            let update = ProfileUpdate { patch, condition, by, now: SystemClock.now() };
            profiles.update(self.organization, id, update, None).await.unwrap();
        });
        for cost in [read, updated] {
            assert!(cost.is_bounded(), "{how}: {cost:?}");
            assert!(cost.sequential_scans == 0 && cost.rows <= EXECUTIONS * ROWS_OF_ONE, "{how}: {cost:?}");
            assert!(cost.index_entries <= EXECUTIONS * 2 * ROWS_OF_ONE, "{how}: {cost:?}");
        }
    }

    /// A filtered page examines as much behind the last profiles as behind the first: 1,000 where nothing is found, and no more than it shows
    /// where everything fits. Every profile here is banned.
    fn check_filtered_lists(&self, how: &str) {
        use EnforcementStatus::{Banned, Pending, Unrestricted};
        let filters: [(&[_], usize); 3] = [(&[Pending], 1_000), (&[Banned], 21), (&[Banned, Unrestricted], 21)];
        for (order_by, order) in [(OrderBy::CreatedAt, Order::Descending), (OrderBy::Name, Order::Ascending)] {
            for (statuses, examined) in filters {
                let after = self.after(order_by, order, NAMED - 8);
                let page =
                    ProfileQuery { order_by, order, after, filter: with_statuses(statuses), ..ProfileQuery::default() };
                let (cost, read) = (self.cost_of(&page), EXECUTIONS * i64::try_from(examined).unwrap() * 5);
                let how = format!("{how}, {statuses:?} by {order_by:?}: {cost:?}");
                // Perhaps the open action of each, once more: by it the profile was found.
                assert!(cost.is_bounded(), "{how}");
                assert!(cost.sequential_scans == 0 && (read..=read / 5 * 6).contains(&cost.rows), "{how}");
                assert!(cost.index_entries <= read / 5 * 6 + EXECUTIONS * 10, "{how}");
            }
        }
    }

    /// A list of those that are limited does not look at the others.
    fn check_rare_limits(&self, how: &str) {
        let query = ProfileQuery { filter: with_statuses(&[EnforcementStatus::Banned]), ..ProfileQuery::default() };
        let cost = self.cost_of(&query);
        assert!(cost.is_bounded(), "{how}: {cost:?}");
        assert!(cost.sequential_scans == 0 && cost.rows <= EXECUTIONS * 3 * 6, "{how}: {cost:?}");
    }

    /// `page` examines this many profiles and one more.
    fn check(&self, page: &ProfileQuery, examined: usize, how: &str) {
        let cost = self.cost_of(page);
        // Each profile, and one row of each kind that hangs on it.
        let read = EXECUTIONS * i64::try_from(examined + 1).unwrap() * 5;
        assert!(cost.is_bounded(), "{how}: {cost:?}");
        assert_eq!((cost.sequential_scans, cost.rows), (0, read), "{how}: {cost:?}");
        // The first entry of an index that is looked at may be one too many.
        assert!(cost.index_entries <= read + EXECUTIONS, "{how}: {cost:?}");
    }

    fn cost_of(&self, page: &ProfileQuery) -> Cost {
        self.database.cost(&async |profiles, _| {
            let found = profiles.list(self.organization, page.clone(), SystemClock.now()).await.unwrap();
            assert!(found.items.len() == page.limit.get() || !page.filter.statuses.is_empty(), "{page:?}");
        })
    }
}

fn with_statuses(statuses: &[EnforcementStatus]) -> ProfileFilter {
    ProfileFilter { statuses: statuses.to_vec(), ..ProfileFilter::default() }
}

fn both_ways(order_by: OrderBy) -> [(OrderBy, Order); 2] {
    [(order_by, Order::Ascending), (order_by, Order::Descending)]
}

#[test]
fn page_5000_and_profile_10000_read_as_much_as_the_first_whatever_postgres_knows_and_however_it_plans() {
    let world = World::new();
    world.check_every_list(100, "before statistics");
    world.check_filtered_lists("before statistics");
    world.check_single_profiles("before statistics");
    world.database.execute(VACUUM);
    world.check_every_list(4, "with statistics");
    world.check_single_profiles("with statistics");
    world.database.execute(VACUUM);
    world.check_filtered_lists("with statistics");
    world.database.execute(
        "update enforcement_actions
            set resolved_at = now(), resolved_by = 'reviewer'
          where profile_id not in (select id from user_profiles order by id limit 3)",
    );
    world.database.execute("vacuum full analyze enforcement_actions");
    world.check_rare_limits("three are limited");
}

/// While replicas are replaced, those of the release before serve on the new schema, whose index of pairs has all columns that they read.
#[test]
fn statements_that_equate_the_profile_or_state_no_order_read_pairs_by_the_primary_key() {
    let world = World::new();
    world.database.execute(VACUUM);
    for (name, selected) in [("by_id", "profile_id = $2"), ("by_range", "profile_id between $2 and $3")] {
        world.database.execute(&format!(
            "set enable_sort = off;
             set enable_incremental_sort = off;
             set plan_cache_mode = force_generic_plan;
             prepare {name} (uuid, uuid, uuid) as
             select profile_id,
                    key,
                    value
               from user_profile_metadata
              where organization_id = $1
                and {selected};
             do $$
             declare
                 line text;
             begin
                 for line in execute 'explain execute {name} (gen_random_uuid(), gen_random_uuid(), gen_random_uuid())' loop
                     if line like '%user_profile_metadata_pair_idx%' then
                         raise exception '{name}: %', line;
                     end if;
                 end loop;
             end $$"
        ));
    }
}

#[test]
fn plans_that_were_made_while_the_tables_were_almost_empty_read_no_more_when_they_are_full() {
    let world = World::empty();
    // As few as are analyzed at all.
    world.fill(1, 60);
    world.database.execute(VACUUM);
    let organization = world.organization;
    let id = ProfileId::new(world.database.row("select id from user_profiles limit 1").get(0));
    let metadata = |value: &str| MetadataPatch::parse([("plan".to_owned(), value.to_owned())]).unwrap();
    let cost = world.database.cost(&async |profiles, execution| {
        if execution == 1 {
            // In a thread of its own, which may wait.
            std::thread::scope(|scope| scope.spawn(|| world.fill(61, PROFILES)).join().unwrap());
        }
        let now = SystemClock.now();
        profiles.retrieve(organization, id, now).await.unwrap();
        for patch in [metadata("free"), metadata("")] {
            let patch = ProfilePatch { metadata: patch, ..ProfilePatch::default() };
            let (condition, by) = (RevisionCondition::Any, ApiKeyId::new(Uuid::nil()));
            let update = ProfileUpdate { patch, condition, by, now };
            profiles.update(organization, id, update, None).await.unwrap();
        }
        for (order_by, order) in [OrderBy::CreatedAt, OrderBy::Name].into_iter().flat_map(both_ways) {
            let limit = PageLimit::new(1).unwrap();
            let page = ProfileQuery { order_by, order, limit, ..ProfileQuery::default() };
            profiles.list(organization, page, now).await.unwrap();
        }
    });
    // The scans of the small tables count too.
    assert!(cost.rows < i64::try_from(PROFILES / 2).unwrap(), "{cost:?}");
}
