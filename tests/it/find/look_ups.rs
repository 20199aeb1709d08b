//! Look-ups by one external id are served together, and answer what the list answers.

use std::rc::Rc;

use tokio::task::{LocalSet, spawn_local};
use uprof::domain::clock::{Clock, SystemClock};
use uprof::domain::id::OrganizationId;
use uprof::domain::label::EnumLabel;
use uprof::domain::page::{Order, PageLimit};
use uprof::domain::profile::filter::ProfileFilter;
use uprof::domain::profile::list::{OrderBy, ProfilePage, ProfileQuery};
use uprof::domain::repository::ProfileRepository;
use uprof::domain::text::{ReferenceId, Text};
use uprof::metrics::Registry;
use uprof::storage::{BatchSettings, BatchingProfiles};

use super::world::World;
use crate::support::max_wait::MAX_WAIT;
use crate::support::metrics::Metrics;

const SETTINGS: BatchSettings =
    BatchSettings { max_rows: 256, capacity: 4096, capacity_bytes: 32 << 20, max_wait: MAX_WAIT };

/// Lists by each of `external_ids`, in both orders, with pages of one and of twenty.
fn queries<'i>(external_ids: impl Iterator<Item = &'i str>) -> Vec<ProfileQuery> {
    let mut queries = Vec::new();
    for id in external_ids {
        let filter =
            ProfileFilter { reference_ids: vec![ReferenceId::parse(id.to_owned()).unwrap()], ..Default::default() };
        for order in Order::ALL {
            for limit in [1, 20] {
                let limit = PageLimit::new(limit).unwrap();
                let query = ProfileQuery { order: *order, limit, filter: filter.clone(), ..ProfileQuery::default() };
                queries.push(ProfileQuery { order_by: OrderBy::Name, ..query.clone() });
                queries.push(query);
            }
        }
    }
    queries
}

impl World {
    /// The pages of `queries`, asked for at once.
    fn at_once(&self, queries: &[(OrganizationId, ProfileQuery)], registry: &Registry) -> Vec<ProfilePage> {
        let repository = self.profiles();
        LocalSet::new().block_on(&self.runtime, async {
            let profiles = Rc::new(BatchingProfiles::new(repository, SETTINGS, registry));
            let asked: Vec<_> = queries
                .iter()
                .cloned()
                .map(|(organization, query)| {
                    let profiles = Rc::clone(&profiles);
                    spawn_local(async move { profiles.list(organization, query, SystemClock.now()).await.unwrap() })
                })
                .collect();
            let mut pages = Vec::new();
            for page in asked {
                pages.push(page.await.unwrap());
            }
            pages
        })
    }
}

#[test]
fn look_ups_that_are_served_together_answer_the_pages_of_the_list() {
    let world = World::new(300);
    // Of `shared` there are a hundred, of `user_1` one or two, of `User_1` none.
    let numbered: Vec<_> = (0..80).map(|number| format!("user_{number}")).collect();
    let queries = queries(["shared", "User_1", "user_1", "nobody"].into_iter().chain(numbered.iter().map(|id| &**id)));
    let queries: Vec<_> =
        queries.into_iter().flat_map(|query| world.organizations.map(|one| (one, query.clone()))).collect();
    let registry = Registry::default();
    let pages = world.at_once(&queries, &registry);
    let (mut found, profiles) = (0, world.profiles());
    for ((organization, query), page) in queries.iter().zip(pages) {
        let listed = profiles.list(*organization, query.clone(), SystemClock.now());
        assert_eq!(world.runtime.block_on(listed).unwrap(), page, "{query:?}");
        found += page.items.len();
    }
    assert!(found > 600, "{found}");
    let metrics = Metrics::read(&registry.text());
    let transactions = metrics.count("uprof_batch_rows_count{kind=\"look_up\"}");
    assert!((1..=10).contains(&transactions), "{transactions}");
}
