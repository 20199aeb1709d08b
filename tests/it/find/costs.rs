//! What a page of a filtered list costs: as much behind many pages as at the start, whatever Postgres knows, and however many profiles the
//! other predicates select.

use std::collections::BTreeMap;

use uprof::domain::clock::{Clock, SystemClock};
use uprof::domain::page::{Order, PageLimit};
use uprof::domain::profile::filter::{CreationRange, ProfileFilter};
use uprof::domain::profile::list::{OrderBy, ProfileKeyset, ProfileQuery};
use uprof::domain::profile::relationship::Relationship;
use uprof::domain::repository::ProfileRepository;
use uprof::domain::text::{ReferenceId, Text};
use uprof::domain::trust::enforcement::EnforcementStatus;
use uprof::domain::trust::grant::{GrantName, TrustGrantStatus};

use super::world::{World, moment, seed};
use crate::support::accounts::Accounts;
use crate::support::app::DEFAULT_VERSION;
use crate::support::cost::EXECUTIONS;
use crate::support::database::Database;

const PROFILES: usize = 7_200;
const LIMIT: u32 = 20;

/// A counted index range, at most.
const COUNTED: i64 = 1_001;

/// The rows of a shown profile: itself when it is checked and when it is read, a candidate, what is checked, and what hangs on it.
const ROWS_OF_ONE: i64 = 16;

fn metadata(key: &str, value: &str) -> BTreeMap<String, Vec<String>> {
    BTreeMap::from([(key.to_owned(), vec![value.to_owned()])])
}

fn grants(status: TrustGrantStatus) -> BTreeMap<GrantName, Vec<TrustGrantStatus>> {
    BTreeMap::from([(GrantName::cyber(), vec![status])])
}

fn ids(ids: &[&str]) -> Vec<ReferenceId> {
    ids.iter().map(|id| ReferenceId::parse((*id).to_owned()).unwrap()).collect()
}

/// Filters that select more than can be counted, one of each driver; how many profiles at most a page examines for each that it shows, and
/// how many index ranges are counted.
fn common() -> [(ProfileFilter, i64, i64); 8] {
    let any = ProfileFilter::default;
    [
        (ProfileFilter { reference_ids: ids(&["shared"]), ..any() }, 1, 0),
        (ProfileFilter { metadata: metadata("plan", "pro"), ..any() }, 1, 0),
        (ProfileFilter { trust_grants: grants(TrustGrantStatus::Pending), ..any() }, 1, 0),
        (ProfileFilter { names: vec!["common".to_owned()], ..any() }, 1, 0),
        (ProfileFilter { name_prefixes: vec!["com".to_owned()], ..any() }, 2, 1),
        (ProfileFilter { relationships: vec![Relationship::External], ..any() }, 2, 0),
        (ProfileFilter { metadata: metadata("plan", "pro"), reference_ids: ids(&["shared"]), ..any() }, 4, 2),
        // In the order of names, a thousand that match both are found first.
        (pending_pro(), 1, 7),
    ]
}

/// Two filters, of which each alone selects more than are counted.
fn pending_pro() -> ProfileFilter {
    let trust_grants = grants(TrustGrantStatus::Pending);
    ProfileFilter { metadata: metadata("plan", "pro"), trust_grants, ..ProfileFilter::default() }
}

struct Page {
    query: ProfileQuery,
    shown: usize,
}

impl World {
    /// `page` reads no more than `examined` candidates, and `counted` index ranges.
    fn check(&self, page: &Page, examined: i64, counted: i64, how: &str) {
        self.close();
        let cost = self.database.cost(&async |profiles, _| {
            let found = profiles.list(self.organization, page.query.clone(), SystemClock.now()).await.unwrap();
            assert_eq!(found.items.len(), page.shown, "{how}");
        });
        let shown = i64::try_from(page.shown).unwrap() + 1;
        let most = EXECUTIONS * (shown * ROWS_OF_ONE + examined * 6 + counted * COUNTED);
        let how = format!("{how}, {examined} examined: {cost:?} but {most}, {:?}", page.query);
        assert!(cost.is_bounded(), "{how}");
        assert!(cost.sequential_scans == 0 && cost.rows <= most && cost.index_entries <= most + most / 4, "{how}");
    }

    fn check_common_filters(&self, how: &str) {
        for (order_by, order) in [(OrderBy::CreatedAt, Order::Descending), (OrderBy::Name, Order::Ascending)] {
            let any =
                ProfileQuery { order_by, order, limit: PageLimit::new(LIMIT).unwrap(), ..ProfileQuery::default() };
            let whole = self.unfiltered(&any);
            for (filter, per_shown, counted) in common() {
                let matching: Vec<_> = whole.iter().filter(|profile| filter.matches(profile)).collect();
                assert!(matching.len() > 1_050, "{} {filter:?}", matching.len());
                // In the order of names each driver is counted, and the names are walked.
                let (per_shown, counted) =
                    if order_by == OrderBy::Name { (14, counted.max(3)) } else { (per_shown, counted) };
                for position in [0, 1_000] {
                    let last = matching[..position].last();
                    let after = last.map(|last| ProfileKeyset::of(last, order_by));
                    let query = ProfileQuery { after, filter: filter.clone(), ..any.clone() };
                    let page = Page { shown: query.limit.get(), query };
                    self.check(&page, i64::from(LIMIT + 1) * per_shown, counted, &format!("{how}, after {position}"));
                }
            }
        }
    }

    /// A rare value drives, with whatever it is combined: a few profiles are examined, and nothing more than counted of the others.
    fn check_rare_filters(&self, how: &str) {
        let any = ProfileFilter::default;
        let common = |filter| ProfileFilter { metadata: metadata("plan", "pro"), ..filter };
        let created = CreationRange { from: Some(moment(5_000, 0)), until: Some(moment(5_003, 0)) };
        for filter in [
            ProfileFilter { reference_ids: ids(&["user_100", "user_200"]), ..any() },
            common(ProfileFilter { reference_ids: ids(&["user_100"]), ..any() }),
            common(ProfileFilter { names: vec!["zoë 5002".to_owned()], ..any() }),
            common(ProfileFilter { name_prefixes: vec!["zoë 500".to_owned()], ..any() }),
            common(ProfileFilter { created, ..any() }),
            common(ProfileFilter { statuses: vec![EnforcementStatus::Restricted], ..any() }),
        ] {
            for order_by in [OrderBy::CreatedAt, OrderBy::Name] {
                let query = ProfileQuery { order_by, filter: filter.clone(), ..ProfileQuery::default() };
                let whole = self.unfiltered(&query);
                let matching = whole.iter().filter(|profile| filter.matches(profile)).count();
                assert!((1..=5).contains(&matching), "{matching} {filter:?}");
                // Of the few with an open action the status is checked in Rust, in steps that each count anew.
                let examined = match (&filter.created, filter.statuses.as_slice()) {
                    (CreationRange { from: None, until: None }, []) => 10,
                    (_, []) => 610,
                    _ => 2_400,
                };
                self.check(&Page { query, shown: matching }, examined, 3, how);
            }
        }
    }
}

#[test]
fn few_profiles_that_match_two_common_filters_are_found_by_reading_the_two_indexes_alone() {
    const PRO: i64 = 3_273;
    const REJECTED: i64 = 1_662;
    let world = World::new(PROFILES);
    // The rejected have odd numbers, those with this plan even ones.
    world.database.execute(
        "update user_profile_metadata m
            set value = 'pro'
           from user_profiles u
          where u.id = m.profile_id
            and u.organization_id = m.organization_id
            and m.key = 'plan'
            and u.name in ('Zoë 3987', 'Zoë 4519', 'Zoë 6003')",
    );
    world.database.execute("vacuum (analyze, index_cleanup on)");
    let trust_grants = grants(TrustGrantStatus::Rejected);
    let filter = ProfileFilter { metadata: metadata("plan", "pro"), trust_grants, ..ProfileFilter::default() };
    for (order_by, order) in [(OrderBy::CreatedAt, Order::Descending), (OrderBy::Name, Order::Ascending)] {
        let query = ProfileQuery { order_by, order, filter: filter.clone(), ..ProfileQuery::default() };
        world.close();
        let cost = world.database.cost(&async |profiles, _| {
            let found = profiles.list(world.organization, query.clone(), SystemClock.now()).await.unwrap();
            assert_eq!(found.items.len(), 3, "{order_by:?}");
        });
        // Whether a grant has expired is in its row.
        let (rows, entries) = (COUNTED + 4 * ROWS_OF_ONE, PRO + REJECTED + 2 * COUNTED + 4 * ROWS_OF_ONE);
        let is_cheap = cost.rows <= EXECUTIONS * rows && cost.index_entries <= EXECUTIONS * entries;
        assert!(cost.sequential_scans == 0 && cost.is_bounded() && is_cheap, "{order_by:?}: {cost:?}");
    }
}

/// Many organizations with a few profiles each, so that Postgres plans for one of those.
fn small_organizations(database: &Database) {
    let accounts = Accounts::of(database.url());
    let some = accounts.organization(DEFAULT_VERSION);
    seed(database, some, 50);
    for table in ["user_profiles", "user_profile_metadata", "trust_grants"] {
        database.execute(&format!(
            "set session_replication_role = replica;
             create temporary table copied as select * from {table} where organization_id = '{0}';
             do $$ begin
                 for copy in 1..100 loop
                     update copied set organization_id = md5(copy::text)::uuid;
                     insert into {table} select * from copied;
                 end loop;
             end $$",
            some.uuid()
        ));
    }
}

#[test]
fn a_filtered_page_costs_the_same_wherever_it_is_and_whatever_postgres_knows() {
    let world = World::new(PROFILES);
    small_organizations(&world.database);
    world.check_common_filters("before statistics");
    world.check_rare_filters("before statistics");
    world.database.execute("vacuum (analyze, index_cleanup on)");
    world.check_common_filters("with statistics");
    world.check_rare_filters("with statistics");
}
