//! A filtered list is what filtering the whole list in Rust leaves.

use std::collections::{BTreeMap, HashMap, HashSet};

use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestRunner};
use uprof::domain::clock::{Clock, SystemClock};
use uprof::domain::id::{ApiKeyId, IdSource, ProfileId, RandomIds};
use uprof::domain::label::EnumLabel;
use uprof::domain::page::{Order, PageLimit};
use uprof::domain::profile::change::Change;
use uprof::domain::profile::filter::{CreationRange, ProfileFilter};
use uprof::domain::profile::list::{OrderBy, ProfileQuery};
use uprof::domain::profile::metadata::{Metadata, MetadataPatch};
use uprof::domain::profile::relationship::Relationship;
use uprof::domain::profile::{Profile, ProfileDraft, ProfilePatch, ProfileUpdate, RevisionCondition};
use uprof::domain::repository::ProfileRepository;
use uprof::domain::text::{DisplayName, ReferenceId, Text};
use uprof::domain::trust::enforcement::EnforcementStatus;
use uprof::domain::trust::grant::{GrantName, TrustGrantStatus};
use uuid::Uuid;

use super::world::{World, moment};

/// Enough that some values are shared by more profiles than are sorted for a page.
const PROFILES: usize = 3_200;

/// Enough that most values are.
const MANY: usize = 7_200;

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Mostly none of `texts`, sometimes some.
fn some_of(texts: &[&str]) -> impl Strategy<Value = Vec<String>> + use<> {
    let all = owned(texts);
    let most = all.len().min(3);
    prop_oneof![3 => Just(Vec::new()), 2 => subsequence(all, 1..=most)]
}

fn created(count: i64) -> impl Strategy<Value = CreationRange> {
    let bound =
        move || option::weighted(0.3, (-5..count + 5, 0..4_i64).prop_map(|(number, micros)| moment(number, micros)));
    (bound(), bound()).prop_map(|(from, until)| CreationRange { from, until })
}

fn pairs() -> impl Strategy<Value = BTreeMap<String, Vec<String>>> {
    let long = |end: &str| format!("{}{end}", "é".repeat(510));
    let long = vec![long("0"), long("5"), long("35"), "é".repeat(510)];
    let of_long = prop_oneof![4 => Just(Vec::new()), 1 => subsequence(long, 1..=3)];
    (some_of(&["pro", "free", "rare", "Pro"]), of_long, some_of(&["17", "34"])).prop_map(|(plan, long, odd)| {
        let keys = owned(&["plan", "long", "a][b"]);
        keys.into_iter().zip([plan, long, odd]).filter(|(_, values)| !values.is_empty()).collect()
    })
}

fn grants() -> impl Strategy<Value = BTreeMap<GrantName, Vec<TrustGrantStatus>>> {
    let statuses = || {
        let some = subsequence(TrustGrantStatus::ALL.to_vec(), 1..=2);
        prop_oneof![3 => Just(Vec::new()), 1 => some]
    };
    (statuses(), statuses()).prop_map(|(cyber, bio)| {
        let names = ["cyber", "bio"].map(|name| GrantName::parse(name.to_owned()).unwrap());
        names.into_iter().zip([cyber, bio]).filter(|(_, statuses)| !statuses.is_empty()).collect()
    })
}

fn filters(count: usize) -> impl Strategy<Value = ProfileFilter> {
    let count = i64::try_from(count).unwrap();
    let relationships = subsequence(Relationship::ALL.to_vec(), 1..=2);
    let statuses = subsequence(EnforcementStatus::ALL.to_vec(), 1..=2);
    (
        some_of(&["shared", "user_1", "user_22", "user_300", "User_1"]),
        pairs(),
        grants(),
        prop_oneof![3 => Just(Vec::new()), 1 => relationships],
        created(count),
        some_of(&["common", "common 3", "zoë 4", "Ünique", "nobody"]),
        some_of(&["com", "common ", "zo", "z", "Ü", "ü", "x"]),
        prop_oneof![7 => Just(Vec::new()), 1 => statuses],
    )
        .prop_map(|(ids, metadata, trust_grants, relationships, created, names, name_prefixes, statuses)| {
            ProfileFilter {
                reference_ids: ids.into_iter().map(|id| ReferenceId::parse(id).unwrap()).collect(),
                metadata,
                trust_grants,
                relationships,
                created,
                names,
                name_prefixes,
                statuses,
            }
        })
}

fn queries(count: usize) -> impl Strategy<Value = ProfileQuery> {
    let limits = prop_oneof![Just(100), Just(20), 1..=100_u32];
    let order_by = select(OrderBy::ALL.to_vec());
    (filters(count), order_by, select(Order::ALL.to_vec()), limits).prop_map(|(filter, order_by, order, limit)| {
        ProfileQuery { order_by, order, limit: PageLimit::new(limit).unwrap(), after: None, filter }
    })
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 100, ..Config::default() })
}

/// Lists filtered as `queries` ask are what filtering the whole list in Rust leaves.
fn check(count: usize, cases: u32, queries: &impl Strategy<Value = ProfileQuery>) {
    let world = World::new(count);
    let mut lists = HashMap::new();
    for order_by in OrderBy::ALL {
        for order in Order::ALL {
            let query = ProfileQuery { order_by: *order_by, order: *order, ..ProfileQuery::default() };
            lists.insert((*order_by, *order), world.unfiltered(&query));
        }
    }
    assert_eq!(lists[&(OrderBy::Name, Order::Ascending)].len(), count);
    let found = |query: ProfileQuery| {
        let whole = &lists[&(query.order_by, query.order)];
        let expected: Vec<_> = whole.iter().filter(|profile| query.filter.matches(profile)).map(|one| one.id).collect();
        let found: Vec<_> = world.all(&query).into_iter().map(|profile| profile.id).collect();
        prop_assert!(found == expected, "{} and not {}: {query:?}", found.len(), expected.len());
        Ok(())
    };
    runner(cases).run(queries, found).unwrap();
}

#[test]
fn a_filtered_list_is_the_filtered_whole_list_in_any_order_and_pages_of_any_size() {
    check(PROFILES, 150, &queries(PROFILES));
}

#[test]
fn a_list_with_two_common_filters_is_the_filtered_whole_list_too() {
    let plans = select(owned(&["pro", "free"])).prop_map(|plan| BTreeMap::from([("plan".to_owned(), vec![plan])]));
    let statuses = select(TrustGrantStatus::ALL.to_vec());
    let grants = statuses.prop_map(|status| BTreeMap::from([(GrantName::cyber(), vec![status])]));
    let queries = (queries(MANY), plans, grants, any::<bool>()).prop_map(|(mut query, metadata, grants, is_bare)| {
        if is_bare {
            query.filter = ProfileFilter::default();
        }
        query.filter.reference_ids.clear();
        query.filter.metadata = metadata;
        query.filter.trust_grants = grants;
        query
    });
    check(MANY, 50, &queries);
}

/// A change between two pages.
#[derive(Clone, Debug)]
enum Write {
    Create(ProfileDraft),
    /// Of the profile at this place in the whole list.
    Update(prop::sample::Index, ProfilePatch),
    Delete(prop::sample::Index),
}

fn writes() -> impl Strategy<Value = Write> {
    let name = || option::of(select(owned(&["Common", "common 3", "Zoë 4", "Nobody"])));
    let plan = || select(owned(&["pro", "free", "rare"])).prop_map(|plan| [("plan".to_owned(), plan)]);
    let parsed = |name: String| DisplayName::parse(name).unwrap();
    let created = (name(), plan()).prop_map(move |(name, plan)| {
        let metadata = Metadata::parse(plan).unwrap();
        Write::Create(ProfileDraft { name: name.map(parsed), metadata, ..ProfileDraft::default() })
    });
    let updated = (any::<prop::sample::Index>(), name(), plan()).prop_map(move |(index, name, plan)| {
        let name = name.map_or(Change::Clear, |name| Change::Set(parsed(name)));
        let metadata = MetadataPatch::parse(plan).unwrap();
        Write::Update(index, ProfilePatch { name, metadata, ..ProfilePatch::default() })
    });
    prop_oneof![created, updated, any::<prop::sample::Index>().prop_map(Write::Delete)]
}

impl World {
    /// Makes the change; the profile that it touched.
    fn write(&self, write: Write, before: &[Profile]) -> ProfileId {
        let (profiles, organization, now) = (self.profiles(), self.organization, SystemClock.now());
        let by = ApiKeyId::new(Uuid::nil());
        self.runtime.block_on(async {
            match write {
                Write::Create(draft) => {
                    let id = ProfileId::new(RandomIds::default().next(now));
                    profiles.create(organization, draft.into_profile(id, now), by, None).await.unwrap();
                    id
                }
                Write::Update(index, patch) => {
                    let id = index.get(before).id;
                    // It may be deleted already.
                    let update = ProfileUpdate { patch, condition: RevisionCondition::Any, by, now };
                    drop(profiles.update(organization, id, update, None).await);
                    id
                }
                Write::Delete(index) => {
                    let id = index.get(before).id;
                    drop(profiles.delete(organization, id, RevisionCondition::Any, now).await);
                    id
                }
            }
        })
    }
}

#[test]
fn while_others_write_each_profile_that_stays_as_it_is_is_found_once_and_none_that_does_not_fit() {
    let world = World::new(240);
    let writes = proptest::collection::vec(writes(), 12);
    let found = |(query, writes): (ProfileQuery, Vec<Write>)| {
        let query = ProfileQuery { limit: PageLimit::new(1 + u32::from(query.limit.get() > 50)).unwrap(), ..query };
        let before = world.unfiltered(&query);
        let (mut writes, mut touched) = (writes.into_iter(), HashSet::new());
        let (mut found, mut page_query) = (Vec::new(), query.clone());
        loop {
            let page = world.page(&page_query);
            prop_assert!(page.items.iter().all(|profile| query.filter.matches(profile)), "{query:?}");
            found.extend(page.items.into_iter().map(|profile| profile.id));
            page_query.after = page.next;
            if page_query.after.is_none() {
                break;
            }
            if let Some(write) = writes.next() {
                touched.insert(world.write(write, &before));
            }
        }
        found.retain(|id| !touched.contains(id));
        let untouched = before.iter().filter(|profile| !touched.contains(&profile.id));
        let expected: Vec<_> = untouched.filter(|one| query.filter.matches(one)).map(|one| one.id).collect();
        prop_assert_eq!(found, expected, "{:?}", query);
        Ok(())
    };
    runner(40).run(&(queries(240), writes), found).unwrap();
}
