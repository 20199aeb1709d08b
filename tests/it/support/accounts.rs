//! Organizations and keys, made through the storage as the operator's verbs make them.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use tokio::runtime::Runtime;
use uprof::domain::clock::{Clock, SystemClock, Timestamp};
use uprof::domain::credential::api_key::{ApiKey, ApiKeySecret, KeyActor, Scope};
use uprof::domain::credential::organization::{Organization, OrganizationPatch};
use uprof::domain::id::{ApiKeyId, IdSource, OrganizationId, RandomIds};
use uprof::domain::label::EnumLabel;
use uprof::domain::limit::quota::{Quotas, QuotasPatch};
use uprof::domain::limit::rate_limit::{RateLimits, RateLimitsPatch};
use uprof::domain::profile::change::Change;
use uprof::domain::repository::{ApiKeyRepository, OrganizationRepository};
use uprof::domain::text::{DisplayName, Text, WorkspaceId};
use uprof::storage::{Outbox, PgApiKeys, PgOrganizations, Pool, PoolSettings};

use super::database::{runtime, try_execute};

/// The operator of a service.
pub(crate) struct Accounts {
    database_url: SecretString,
    runtime: Runtime,
    pool: Pool,
    ids: RandomIds,
}

/// A key as its holder knows it.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) organization: OrganizationId,
    pub(crate) id: ApiKeyId,
    pub(crate) secret: String,
}

/// The changes of limits on reads and on writes; an empty text removes one.
pub(crate) fn limits(read: &str, write: &str) -> RateLimitsPatch {
    let change = |text: &str| if text.is_empty() { Change::Clear } else { Change::Set(text.parse().unwrap()) };
    RateLimitsPatch { read: change(read), write: change(write) }
}

/// What a key may do, and for how long.
pub(crate) struct KeySpec {
    pub(crate) scopes: Vec<Scope>,
    pub(crate) workspace: Option<&'static str>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) rate_limits: RateLimits,
}

impl Default for KeySpec {
    /// Does everything, in every workspace, for ever.
    fn default() -> Self {
        Self { scopes: Scope::ALL.to_vec(), workspace: None, expires_at: None, rate_limits: RateLimits::default() }
    }
}

impl Accounts {
    pub(crate) fn of(database_url: SecretString) -> Self {
        let runtime = runtime();
        let pool = runtime.block_on(async { Pool::new(&PoolSettings::for_one(database_url.clone())) }).unwrap();
        Self { database_url, runtime, pool, ids: RandomIds::default() }
    }

    /// An organization pinned to the shape `default_version`.
    pub(crate) fn organization(&self, default_version: &str) -> OrganizationId {
        let organization = Organization {
            id: OrganizationId::new(self.ids.next(SystemClock.now())),
            created_at: SystemClock.now(),
            name: DisplayName::parse("Example Organization".to_owned()).unwrap(),
            default_version: default_version.to_owned(),
            rate_limits: RateLimits::default(),
            quotas: Quotas::default(),
        };
        self.runtime.block_on(PgOrganizations::new(self.pool.clone()).create(&organization)).unwrap();
        organization.id
    }

    /// A new key, without its event: tests see the events of what they do.
    pub(crate) fn key(&self, organization: OrganizationId, spec: KeySpec) -> Key {
        let mut random = [0; 32];
        getrandom::fill(&mut random).unwrap();
        let secret = ApiKeySecret::from_random(random);
        let key = ApiKey {
            id: ApiKeyId::new(self.ids.next(SystemClock.now())),
            organization_id: organization,
            last_four: secret.last_four().to_owned(),
            scopes: spec.scopes,
            workspace_id: spec.workspace.map(|id| WorkspaceId::parse(id.to_owned()).unwrap()),
            created_at: SystemClock.now(),
            expires_at: spec.expires_at,
            revoked_at: None,
            rate_limits: spec.rate_limits,
        };
        self.runtime.block_on(self.api_keys().create(&key, secret.hash(), KeyActor::CommandLine, None)).unwrap();
        let forget = format!("delete from events where api_key_id = '{}'", key.id.uuid());
        try_execute(self.database_url.expose_secret(), &forget).unwrap();
        Key { organization, id: key.id, secret: secret.expose().to_owned() }
    }

    /// Pins `organization` to another shape, as another process does.
    pub(crate) fn pin(&self, organization: OrganizationId, default_version: &str) {
        let patch =
            OrganizationPatch { default_version: Some(default_version.to_owned()), ..OrganizationPatch::default() };
        self.runtime.block_on(PgOrganizations::new(self.pool.clone()).update(organization, patch)).unwrap();
    }

    /// Changes the rate limits of `organization`, as another process does.
    pub(crate) fn limit(&self, organization: OrganizationId, rate_limits: RateLimitsPatch) {
        let patch = OrganizationPatch { rate_limits, ..OrganizationPatch::default() };
        self.runtime.block_on(PgOrganizations::new(self.pool.clone()).update(organization, patch)).unwrap();
    }

    /// Changes the quotas of `organization`, as another process does.
    pub(crate) fn set_quotas(&self, organization: OrganizationId, quotas: QuotasPatch) {
        let patch = OrganizationPatch { quotas, ..OrganizationPatch::default() };
        self.runtime.block_on(PgOrganizations::new(self.pool.clone()).update(organization, patch)).unwrap();
    }

    /// Changes the rate limits of `key`, as another process does.
    pub(crate) fn limit_key(&self, key: &Key, patch: RateLimitsPatch) {
        self.runtime.block_on(self.api_keys().limit(key.organization, key.id, patch)).unwrap();
    }

    /// Revokes `key` as another process does: past the service's cache.
    pub(crate) fn revoke(&self, key: &Key) {
        let keys = self.api_keys();
        let revoked = keys.revoke(key.organization, key.id, None, KeyActor::CommandLine, SystemClock.now());
        self.runtime.block_on(revoked).unwrap();
    }

    fn api_keys(&self) -> PgApiKeys {
        PgApiKeys::new(self.pool.clone(), Outbox::new(Arc::new(RandomIds::default())))
    }
}

impl Drop for Accounts {
    fn drop(&mut self) {
        self.runtime.block_on(self.pool.close());
    }
}
