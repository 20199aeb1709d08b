//! `uprof keys`.

use std::num::NonZeroUsize;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::arguments::{OrganizationArgs, check_expiry};
use super::paging::read_list;
use super::rate_limits::{RateLimitArgs, RateLimitsJson};
use crate::cli::error::{CliError, VerbResult};
use crate::cli::output::Printable;
use crate::cli::values;
use crate::domain::clock::{Clock, SystemClock, Timestamp};
use crate::domain::credential::api_key::{ApiKey, ApiKeyDraft, ApiKeyQuery, ApiKeySecret, KeyActor, Scope};
use crate::domain::id::{ApiKeyId, IdSource, OrganizationId, RandomIds};
use crate::domain::label::EnumLabel;
use crate::domain::page::Order;
use crate::domain::random::{Randomness, SystemRandomness};
use crate::domain::repository::ApiKeyRepository;
use crate::domain::text::{Text, WorkspaceId};
use crate::storage::{Outbox, PgApiKeys, Pool};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum KeysCommand {
    /// Create an API key and print it; it cannot be shown again
    Create(CreateKey),
    /// List an organization's API keys, oldest first, including revoked and expired ones
    List(ListKeys),
    /// Change the rate limits of an API key; running services apply them within 5 seconds
    Update(UpdateKey),
    /// Revoke an API key; running services refuse it within 5 seconds
    Revoke(RevokeKey),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct CreateKey {
    /// What the key may do, separated by commas
    #[arg(long, value_name = "SCOPE", required = true, value_delimiter = ',', value_parser = values::label::<Scope>())]
    scopes: Vec<Scope>,
    /// When the key expires, as 2027-01-31T00:00:00Z [default: never]
    #[arg(long, value_name = "TIME", value_parser = values::timestamp)]
    expires_at: Option<Timestamp>,
    /// The only workspace that the key is valid for [default: any]
    #[arg(long, value_name = "WORKSPACE_ID", value_parser = values::text::<WorkspaceId>)]
    workspace: Option<WorkspaceId>,
    #[command(flatten)]
    rate_limits: RateLimitArgs,
    #[command(flatten)]
    organization: OrganizationArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ListKeys {
    #[command(flatten)]
    organization: OrganizationArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct UpdateKey {
    /// The key's id (not the key itself)
    #[arg(value_name = "KEY_ID")]
    id: ApiKeyId,
    #[command(flatten)]
    rate_limits: RateLimitArgs,
    #[command(flatten)]
    organization: OrganizationArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct RevokeKey {
    /// The key's id (not the key itself)
    #[arg(value_name = "KEY_ID")]
    id: ApiKeyId,
    #[command(flatten)]
    organization: OrganizationArgs,
}

impl KeysCommand {
    pub(in crate::cli) fn run(self) -> VerbResult {
        match self {
            Self::Create(verb) => verb.run(),
            Self::List(verb) => verb.run(),
            Self::Update(verb) => verb.run(),
            Self::Revoke(verb) => verb.run(),
        }
    }
}

/// A new key of `organization`, not yet stored, and its secret.
pub(in crate::cli) fn new_key(
    organization: OrganizationId,
    draft: ApiKeyDraft,
) -> Result<(ApiKey, ApiKeySecret), CliError> {
    let secret = ApiKeySecret::from_random(SystemRandomness.bits()?);
    let now = SystemClock.now();
    let key = draft.into_key(ApiKeyId::new(RandomIds::default().next(now)), organization, &secret, now);
    Ok((key, secret))
}

/// The keys in the database of `pool`.
pub(in crate::cli) fn api_keys(pool: Pool) -> PgApiKeys {
    PgApiKeys::new(pool, Outbox::new(Arc::new(RandomIds::default())))
}

impl CreateKey {
    fn run(self) -> VerbResult {
        let OrganizationArgs { organization, admin } = self.organization;
        check_expiry(self.expires_at, SystemClock.now())?;
        // Without duplicates.
        let scopes = Scope::ALL.iter().copied().filter(|scope| self.scopes.contains(scope)).collect();
        let draft = ApiKeyDraft {
            scopes,
            workspace_id: self.workspace,
            expires_at: self.expires_at,
            rate_limits: self.rate_limits.limits()?,
        };
        let (key, secret) = new_key(organization, draft)?;
        let work = async |pool| api_keys(pool).create(&key, secret.hash(), KeyActor::CommandLine, None).await;
        admin.with_pool(work)?;
        admin.print(&printable(key, Some(&secret)))
    }
}

impl ListKeys {
    fn run(self) -> VerbResult {
        let OrganizationArgs { organization, admin } = self.organization;
        let found = admin.with_pool(async |pool| {
            let keys = api_keys(pool);
            read_list(NonZeroUsize::MAX, async |limit, after| {
                keys.list(organization, ApiKeyQuery { order: Order::Ascending, limit, after, workspace: None }).await
            })
            .await
        })?;
        admin.print_all(found.into_iter().map(|key| printable(key, None)))
    }
}

impl UpdateKey {
    fn run(self) -> VerbResult {
        let OrganizationArgs { organization, admin } = self.organization;
        let patch = self.rate_limits.patch()?;
        let updated = admin.with_pool(async |pool| api_keys(pool).limit(organization, self.id, patch).await)?;
        admin.print(&printable(updated, None))
    }
}

impl RevokeKey {
    fn run(self) -> VerbResult {
        let OrganizationArgs { organization, admin } = self.organization;
        let now = SystemClock.now();
        let revoked = admin.with_pool(async |pool| {
            api_keys(pool).revoke(organization, self.id, None, KeyActor::CommandLine, now).await
        })?;
        admin.print(&printable(revoked, None))
    }
}

#[derive(Serialize)]
struct KeyJson {
    id: String,
    organization_id: String,
    /// The secret, of a new key only.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    last_four: String,
    scopes: Vec<&'static str>,
    workspace_id: Option<String>,
    created_at: String,
    expires_at: Option<String>,
    revoked_at: Option<String>,
    #[serde(flatten)]
    rate_limits: RateLimitsJson,
}

fn printable(key: ApiKey, secret: Option<&ApiKeySecret>) -> Printable<KeyJson> {
    let json = KeyJson {
        id: key.id.to_string(),
        organization_id: key.organization_id.to_string(),
        key: secret.map(|secret| secret.expose().to_owned()),
        last_four: key.last_four,
        scopes: key.scopes.iter().map(|scope| scope.as_str()).collect(),
        workspace_id: key.workspace_id.map(Text::into_string),
        created_at: values::rfc3339(key.created_at),
        expires_at: key.expires_at.map(values::rfc3339),
        revoked_at: key.revoked_at.map(values::rfc3339),
        rate_limits: RateLimitsJson::new(key.rate_limits),
    };
    let shown = json.key.clone().unwrap_or_else(|| format!("…{}", json.last_four));
    let state = match (&json.revoked_at, &json.expires_at) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) => format!("expires {at}"),
        (None, None) => "no expiry".to_owned(),
    };
    let workspace = json.workspace_id.as_deref().unwrap_or("any workspace");
    let limits = json.rate_limits.suffix();
    let text = format!("{}  {shown}  {}  {workspace}  {state}{limits}", json.id, json.scopes.join(","));
    Printable::new(json, text)
}
