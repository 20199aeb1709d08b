//! `uprof keys`.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::arguments;
use crate::cli::database::with_pool;
use crate::cli::error::{CliError, VerbResult};
use crate::cli::output;
use crate::cli::output::{Format, Show};
use crate::config::DatabaseArgs;
use crate::domain::clock::{Clock, SystemClock, Timestamp};
use crate::domain::credential::api_key::{ApiKey, ApiKeyDraft, ApiKeyQuery, ApiKeySecret, Scope};
use crate::domain::id::{ApiKeyId, IdSource, OrganizationId, RandomIds};
use crate::domain::label::EnumLabel;
use crate::domain::page::Order;
use crate::domain::random::{Randomness, SystemRandomness};
use crate::domain::repository::ApiKeyRepository;
use crate::domain::text::{Text, WorkspaceId};
use crate::storage::PgApiKeys;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Keys {
    /// Create a key. It is shown this once
    Create(Create),
    /// List an organization's keys, oldest first, revoked and expired ones too
    List(List),
    /// Revoke a key: within 5 seconds it opens nothing any more
    Revoke(Revoke),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Create {
    #[command(flatten)]
    common: Common,
    /// What the key may do, separated by commas
    #[arg(long, value_name = "SCOPE", required = true, value_delimiter = ',', value_parser = arguments::label::<Scope>())]
    scopes: Vec<String>,
    /// From when on it is refused, as 2027-01-31T00:00:00Z [default: never]
    #[arg(long, value_name = "TIME", value_parser = arguments::timestamp)]
    expires_at: Option<Timestamp>,
    /// The one workspace it serves [default: any]
    #[arg(long, value_name = "WORKSPACE_ID", value_parser = arguments::text::<WorkspaceId>)]
    workspace: Option<WorkspaceId>,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Revoke {
    /// The key's id (not the key itself)
    #[arg(value_name = "KEY_ID")]
    id: ApiKeyId,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
struct Common {
    /// The organization's id
    #[arg(long, value_name = "ORGANIZATION_ID")]
    organization: OrganizationId,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Keys {
    pub(in crate::cli) fn run(self) -> VerbResult {
        match self {
            Self::Create(verb) => verb.run(),
            Self::List(verb) => verb.run(),
            Self::Revoke(verb) => verb.run(),
        }
    }
}

/// A fresh key of `organization`, and its secret.
pub(in crate::cli) fn new_key(
    organization: OrganizationId,
    draft: ApiKeyDraft,
) -> Result<(ApiKey, ApiKeySecret), CliError> {
    let secret = ApiKeySecret::from_random(SystemRandomness.bits()?);
    let now = SystemClock.now();
    let key = draft.into_key(ApiKeyId::new(RandomIds::default().next(now)), organization, &secret, now);
    Ok((key, secret))
}

impl Create {
    fn run(self) -> VerbResult {
        if self.expires_at.is_some_and(|expires_at| expires_at <= SystemClock.now()) {
            return Err("--expires-at lies in the past: give a time to come".into());
        }
        // Each once, however often it was given.
        let given = |scope: &Scope| self.scopes.iter().any(|word| word == scope.as_str());
        let scopes = Scope::ALL.iter().copied().filter(given).collect();
        let draft = ApiKeyDraft { scopes, workspace_id: self.workspace, expires_at: self.expires_at };
        let (key, secret) = new_key(self.common.organization, draft)?;
        with_pool(&self.common.database, async |pool| PgApiKeys::new(pool).create(&key, secret.hash(), None).await)?;
        output::one(self.common.format, &Shown { key: Some(secret.expose().to_owned()), ..Shown::from(key) })
    }
}

impl List {
    fn run(self) -> VerbResult {
        let organization = self.common.organization;
        let found = with_pool(&self.common.database, async |pool| {
            let keys = PgApiKeys::new(pool);
            let mut query = ApiKeyQuery { order: Order::Ascending, ..ApiKeyQuery::default() };
            let mut found = Vec::new();
            loop {
                let page = keys.list(organization, query).await?;
                found.extend(page.items);
                query.after = page.next;
                if query.after.is_none() {
                    return Ok(found);
                }
            }
        })?;
        output::all(self.common.format, &found.into_iter().map(Shown::from).collect::<Vec<_>>())
    }
}

impl Revoke {
    fn run(self) -> VerbResult {
        let (organization, now) = (self.common.organization, SystemClock.now());
        let revoked = with_pool(&self.common.database, async |pool| {
            PgApiKeys::new(pool).revoke(organization, self.id, now).await
        })?;
        output::one(self.common.format, &Shown::from(revoked))
    }
}

#[derive(Serialize)]
struct Shown {
    id: String,
    organization_id: String,
    /// The key itself, after its creation only.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    last_four: String,
    scopes: Vec<&'static str>,
    workspace_id: Option<String>,
    created_at: String,
    expires_at: Option<String>,
    revoked_at: Option<String>,
}

impl Show for Shown {
    fn text(&self) -> String {
        let key = self.key.clone().unwrap_or_else(|| format!("…{}", self.last_four));
        let state = match (&self.revoked_at, &self.expires_at) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(at)) => format!("expires {at}"),
            (None, None) => "no expiry".to_owned(),
        };
        let workspace = self.workspace_id.as_deref().unwrap_or("any workspace");
        format!("{}  {key}  {}  {workspace}  {state}", self.id, self.scopes.join(","))
    }
}

impl From<ApiKey> for Shown {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            organization_id: key.organization_id.to_string(),
            key: None,
            last_four: key.last_four,
            scopes: key.scopes.iter().map(|scope| scope.as_str()).collect(),
            workspace_id: key.workspace_id.map(Text::into_string),
            created_at: arguments::rfc3339(key.created_at),
            expires_at: key.expires_at.map(arguments::rfc3339),
            revoked_at: key.revoked_at.map(arguments::rfc3339),
        }
    }
}
