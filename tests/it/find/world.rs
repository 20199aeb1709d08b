//! Many profiles that differ in everything that a filter can ask for, and the repository that lists them.

use std::cell::RefCell;
use std::sync::Arc;

use time::{Duration, OffsetDateTime};
use tokio::runtime::Runtime;
use uprof::domain::clock::{Clock, SystemClock};
use uprof::domain::id::{OrganizationId, RandomIds};
use uprof::domain::page::PageLimit;
use uprof::domain::profile::Profile;
use uprof::domain::profile::list::{ProfilePage, ProfileQuery};
use uprof::domain::repository::ProfileRepository;
use uprof::storage::{Outbox, PgProfiles, Pool, PoolSettings};

use crate::support::accounts::Accounts;
use crate::support::app::DEFAULT_VERSION;
use crate::support::database::{Database, runtime};

/// The milliseconds since the epoch at which the first profile was created; the others follow at intervals of a second.
const FIRST_MILLISECOND: i64 = 1_770_000_000_000;

pub(super) struct World {
    pub(super) organization: OrganizationId,
    /// All of them: that one, and the other.
    pub(super) organizations: [OrganizationId; 2],
    session: RefCell<Option<(Pool, PgProfiles)>>,
    pub(super) runtime: Runtime,
    // The last to go: the others are connected to it.
    pub(super) database: Database,
}

impl World {
    /// One organization with `count` profiles, of which some values are shared by more than a thousand if there are three thousand, and
    /// another one with the same.
    pub(super) fn new(count: usize) -> Self {
        let database = Database::migrated();
        let accounts = Accounts::of(database.url());
        let organizations = [(); 2].map(|()| accounts.organization(DEFAULT_VERSION));
        for organization in organizations {
            seed(&database, organization, count);
        }
        Self {
            organization: organizations[0],
            organizations,
            session: RefCell::new(None),
            runtime: runtime(),
            database,
        }
    }

    /// The repository.
    pub(super) fn profiles(&self) -> PgProfiles {
        let mut session = self.session.borrow_mut();
        let (_, profiles) = session.get_or_insert_with(|| {
            let settings = PoolSettings::for_one(self.database.url());
            let pool = self.runtime.block_on(async { Pool::new(&settings).unwrap() });
            let profiles = PgProfiles::new(pool.clone(), Outbox::new(Arc::new(RandomIds::default())));
            (pool, profiles)
        });
        profiles.clone()
    }

    /// Closes the connection of the repository, which opens another when it is used.
    pub(super) fn close(&self) {
        if let Some((pool, _)) = self.session.take() {
            self.runtime.block_on(pool.close());
        }
    }

    /// One page, and where the next one starts.
    pub(super) fn page(&self, query: &ProfileQuery) -> ProfilePage {
        let profiles = self.profiles();
        let page = profiles.list(self.organization, query.clone(), SystemClock.now());
        self.runtime.block_on(page).unwrap()
    }

    /// The profiles of all pages.
    pub(super) fn all(&self, query: &ProfileQuery) -> Vec<Profile> {
        let mut query = query.clone();
        let mut profiles = Vec::new();
        loop {
            let page = self.page(&query);
            assert!(page.items.len() <= query.limit.get());
            let is_full = page.items.len() == query.limit.get();
            assert!(page.next.is_none() || is_full || !query.filter.statuses.is_empty(), "{query:?}");
            profiles.extend(page.items);
            query.after = page.next;
            if query.after.is_none() {
                return profiles;
            }
        }
    }

    /// The profiles of the list of `query` without its filter.
    pub(super) fn unfiltered(&self, query: &ProfileQuery) -> Vec<Profile> {
        let limit = PageLimit::new(PageLimit::MAX).unwrap();
        self.all(&ProfileQuery { order: query.order, order_by: query.order_by, limit, ..ProfileQuery::default() })
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.close();
    }
}

/// When the profile with this `number` was created, but for a few microseconds.
pub(super) fn moment(number: i64, micros: i64) -> OffsetDateTime {
    let first = OffsetDateTime::from_unix_timestamp(FIRST_MILLISECOND / 1_000).unwrap();
    first + Duration::seconds(number) + Duration::microseconds(micros)
}

/// Adds `count` profiles to `organization`.
pub(super) fn seed(database: &Database, organization: OrganizationId, count: usize) {
    let organization = organization.uuid();
    database.execute(&format!(
        "set session_replication_role = replica;
         create temporary table seed as
         select number,
                (lpad(to_hex({FIRST_MILLISECOND} + number * 1000), 12, '0') || '70008000' || lpad(to_hex(number), 12, '0'))::uuid as id,
                timestamptz 'epoch' + ({FIRST_MILLISECOND} + number * 1000) * interval '1 millisecond'
                                    + number % 3 * interval '1 microsecond' as created_at
           from generate_series(1, {count}) as number;
         insert into user_profiles (organization_id, id, created_at, updated_at, name, relationship, reference_id)
         select '{organization}'::uuid, id, created_at, created_at,
                (array[null, 'Common', 'common', 'COMMON ' || number % 7, 'Zoë ' || number, 'Ünique', 'com'])[1 + number % 7],
                case when number % 50 = 0 then 'resold' when number % 75 = 0 then 'internal' else 'external' end,
                case number % 3 when 0 then 'shared' when 1 then 'user_' || number / 4 end
           from seed;
         insert into user_profile_metadata (organization_id, profile_id, key, value)
         select '{organization}'::uuid, id, 'plan', case when number % 2 = 0 then 'pro' when number % 100 = 1 then 'rare' else 'free' end
           from seed
          where number % 11 > 0
          union all
         select '{organization}'::uuid, id, 'long', repeat('é', 510) || number % 40 from seed where number % 5 = 0
          union all
         select '{organization}'::uuid, id, 'a][b', number::text from seed where number % 17 = 0;
         insert into trust_grants (organization_id, profile_id, name, status, decision_id, decided_at, expires_at)
         select '{organization}'::uuid, id, 'cyber', (array['active', 'active', 'pending', 'rejected'])[1 + number % 4], gen_random_uuid(), now(),
                case when number % 4 < 2 then case number % 3 when 0 then now() - interval '1 hour' when 1 then now() + interval '1 day' end end
           from seed
          where number % 13 > 0
          union all
         select '{organization}'::uuid, id, 'bio', 'pending', gen_random_uuid(), now(), null from seed where number % 97 = 0;
         insert into trust_grant_parts (organization_id, profile_id, grant_name, name, status)
         select '{organization}'::uuid, id, 'cyber', 'a', 'active' from seed where number % 13 > 0;
         insert into enforcement_actions (
                organization_id, profile_id, id, kind, reason, opened_at, opened_by, identity_check)
         select '{organization}'::uuid, id, id, 'ban', 'high_harm', now(), 'reviewer', 'none' from seed where number % 19 = 0
          union all
         select '{organization}'::uuid, id, gen_random_uuid(), 'restriction', 'high_harm', now(), 'reviewer', 'none'
           from seed
          where number % 38 = 0
             or number % 1901 = 0;
         insert into enforcement_actions (
                organization_id, profile_id, id, kind, reason, opened_at, opened_by, identity_check, resolved_at, resolved_by)
         select '{organization}'::uuid, id, gen_random_uuid(), 'ban', 'high_harm', now(), 'reviewer', 'none', now(), 'reviewer'
           from seed
          where number % 23 = 0;
         drop table seed;"
    ));
}
