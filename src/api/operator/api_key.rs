//! API keys: creation, answers and the list.

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::body::fields::Fields;
use crate::api::body::reader::Body;
use crate::api::body::values;
use crate::api::wire::cursor::IdList;
use crate::api::wire::id_page::{IdPage, IdPageQuery};
use crate::api::wire::parameters::Parameters;
use crate::api::wire::scalars::{WireId, WireLabel};
use crate::api::wire::timestamp::WireTimestamp;
use crate::domain::Result;
use crate::domain::credential::api_key::{ApiKey, ApiKeyDraft, ApiKeyQuery, ApiKeySecret, Scope};
use crate::domain::id::{ApiKeyId, ApiKeyKind, OrganizationId};
use crate::domain::label::labels;
use crate::domain::limit::rate_limit::RateLimits;
use crate::domain::page::{Order, Page};
use crate::domain::text::Text;

labels! {
    /// The `type` of a key.
    ApiKeyType {
        /// A key.
        ApiKey = "api_key",
    }
}

/// A key, without its secret.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WireApiKey {
    /// Unique; not the key itself.
    id: WireId<ApiKeyKind>,
    /// The type of the object.
    r#type: WireLabel<ApiKeyType>,
    /// Time of its creation, in UTC.
    created_at: WireTimestamp,
    /// The last four characters of the key, by which people distinguish keys.
    last_four: String,
    /// The scopes of the key.
    scopes: Vec<WireLabel<Scope>>,
    /// The workspace that the key is bound to. Null: any.
    workspace_id: Option<String>,
    /// Time at which the key expires, in UTC. Null: never.
    expires_at: Option<WireTimestamp>,
    /// Time of its revocation, in UTC. Null: it is not revoked.
    revoked_at: Option<WireTimestamp>,
    /// The rate limit of its requests that read, beside that of the organization. Null: none.
    read_limit: Option<String>,
    /// The rate limit of its requests that write, beside that of the organization. Null: none.
    write_limit: Option<String>,
}

/// A new key.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NewWireApiKey {
    #[serde(flatten)]
    api_key: WireApiKey,
    /// The key itself. Only this answer shows it.
    key: String,
}

impl From<ApiKey> for WireApiKey {
    fn from(key: ApiKey) -> Self {
        Self {
            id: WireId(key.id),
            r#type: WireLabel(ApiKeyType::ApiKey),
            created_at: WireTimestamp(key.created_at),
            last_four: key.last_four,
            scopes: key.scopes.into_iter().map(WireLabel).collect(),
            workspace_id: key.workspace_id.map(Text::into_string),
            expires_at: key.expires_at.map(WireTimestamp),
            revoked_at: key.revoked_at.map(WireTimestamp),
            read_limit: key.rate_limits.read.map(|limit| limit.to_string()),
            write_limit: key.rate_limits.write.map(|limit| limit.to_string()),
        }
    }
}

impl NewWireApiKey {
    /// The new `key` with its secret.
    #[must_use]
    pub fn new(key: ApiKey, secret: &ApiKeySecret) -> Self {
        Self { api_key: key.into(), key: secret.expose().to_owned() }
    }
}

/// The body of a create.
#[derive(Debug)]
pub struct CreateApiKey(pub ApiKeyDraft);

impl Body for CreateApiKey {
    fn read(fields: &mut Fields) -> Self {
        let draft = ApiKeyDraft {
            scopes: fields.required("scopes", values::some_labels()).unwrap_or_default(),
            workspace_id: fields.optional("workspace_id", values::text()),
            expires_at: fields.optional("expires_at", values::future_timestamp()),
            rate_limits: RateLimits {
                read: fields.optional("read_limit", values::rate_limit()),
                write: fields.optional("write_limit", values::rate_limit()),
            },
        };
        fields.documented_as("scopes", "The scopes of the key, which the requesting key must have too.");
        fields.documented_as("workspace_id", "The workspace that the key is bound to. `null` means the same as absence: the one that the requesting key is bound to, if any.");
        fields.documented_as(
            "expires_at",
            "Time at which the key expires, with any offset, not later than the requesting key. `null` means the same as absence: with the requesting key, if that expires.",
        );
        fields.documented_as("read_limit", "The rate limit of the key's requests that read. `null` means the same as absence: that of the requesting key, if any. It cannot be higher than that.");
        fields.documented_as("write_limit", "The rate limit of the key's requests that write, likewise.");
        Self(draft)
    }
}

const PARAMETERS: &[&str] = &["limit", "order", "page"];

/// Reads the query string's `pairs`.
///
/// # Errors
/// `Invalid` with every invalid parameter.
pub fn parse_query(organization: OrganizationId, pairs: Vec<(String, String)>) -> Result<ApiKeyQuery> {
    let mut parameters = Parameters::new(PARAMETERS, pairs);
    let IdPageQuery { order, limit, after } =
        IdPageQuery::read(&mut parameters, organization, IdList::ApiKeys, Order::default());
    let query = ApiKeyQuery { order, limit, after, workspace: None };
    parameters.finish()?;
    Ok(query)
}

/// The `page` that `query` selects.
#[must_use]
pub fn page(organization: OrganizationId, query: &ApiKeyQuery, page: Page<ApiKey, ApiKeyId>) -> IdPage<WireApiKey> {
    IdPage::new(organization, IdList::ApiKeys, query.order, page, WireApiKey::from)
}
