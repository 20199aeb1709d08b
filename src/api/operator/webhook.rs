//! Webhook endpoints, as the official clients' `client.beta.organization.webhooks` sends and reads them.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use validator::ValidationError;

use crate::api::body::fields::Fields;
use crate::api::body::{reader, values};
use crate::api::wire::parameters::{self, Parameters};
use crate::api::wire::scalars::{WireId, WireLabel, WireUrl};
use crate::api::wire::timestamp::WireTimestamp;
use crate::domain::clock::Timestamp;
use crate::domain::error::reason;
use crate::domain::id::{Id, IdKind, WebhookEndpointId, WebhookEndpointKind};
use crate::domain::label::labels;
use crate::domain::page::PageLimit;
use crate::domain::text::Text;
use crate::domain::webhook::endpoint::{
    CursorPage, CursorPageQuery, EndpointDescription, EndpointLabel, EndpointPatch, EndpointState, WebhookEndpoint,
    WebhookEventType,
};
use crate::domain::webhook::secret::SigningSecret;
use crate::domain::webhook::url::{Reach, WebhookUrl};
use crate::domain::{Error, Result};

labels! {
    /// The `type` of the answer to a deletion.
    DeletedEndpointType {
        /// A deleted endpoint.
        WebhookEndpointDeleted = "webhook_endpoint_deleted",
    }
}

/// An endpoint.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WireEndpoint {
    /// Unique.
    id: WireId<WebhookEndpointKind>,
    /// Time of its creation, in UTC.
    created_at: WireTimestamp,
    /// Time of its last change by an update or by the service, in UTC.
    updated_at: WireTimestamp,
    /// The URL that deliveries are sent to.
    url: WireUrl,
    /// A short label. Empty: none.
    name: String,
    /// A description for people. Empty: none.
    description: String,
    /// The kinds of events that the endpoint subscribes to.
    enabled_events: Vec<WireLabel<WebhookEventType>>,
    /// Whether deliveries are sent to it.
    state: WireLabel<EndpointState>,
    /// Why the service disabled it. Empty: it is enabled, or was disabled by an update.
    disabled_reason: String,
}

/// A new endpoint.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NewWireEndpoint {
    #[serde(flatten)]
    endpoint: WireEndpoint,
    /// The secret that signs deliveries. Only this answer shows it.
    signing_secret: String,
}

/// The answer to a deletion.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeletedEndpoint {
    /// The id that the endpoint had.
    id: WireId<WebhookEndpointKind>,
    /// The type of the object.
    r#type: WireLabel<DeletedEndpointType>,
}

/// A new secret.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NewSigningSecret {
    /// The secret that signs deliveries from now on. Only this answer shows it.
    signing_secret: String,
}

/// A cursor page in an answer.
#[derive(Debug, Serialize)]
pub struct CursorPageBody<T> {
    data: Vec<T>,
    has_more: bool,
    first_id: Option<String>,
    last_id: Option<String>,
}

impl<T> CursorPageBody<T> {
    /// `cursor_page`, each item converted by `convert`; `id` gives the id of an item.
    pub(super) fn new<I>(cursor_page: CursorPage<I>, id: impl Fn(&I) -> String, convert: impl Fn(I) -> T) -> Self {
        Self {
            first_id: cursor_page.items.first().map(&id),
            last_id: cursor_page.items.last().map(&id),
            has_more: cursor_page.has_more,
            data: cursor_page.items.into_iter().map(convert).collect(),
        }
    }
}

/// The body of a create.
#[derive(Debug)]
pub struct CreateWebhook {
    url: Option<WebhookUrl>,
    name: EndpointLabel,
    description: EndpointDescription,
    enabled_events: Vec<WebhookEventType>,
}

impl CreateWebhook {
    /// Reads `bytes`, which arrived `now`, as the new endpoint `id`, whose URL is within `reach`.
    ///
    /// # Errors
    /// `Invalid` with every violation.
    pub fn parse(bytes: &[u8], reach: Reach, id: WebhookEndpointId, now: Timestamp) -> Result<WebhookEndpoint> {
        let created = reader::parse_with(bytes, now, |fields| Self::read(fields, reach))?;
        let missing = || Error::internal("webhook endpoint passed validation without a URL");
        Ok(WebhookEndpoint {
            id,
            created_at: now,
            updated_at: now,
            url: created.url.ok_or_else(missing)?.into(),
            name: created.name,
            description: created.description,
            enabled_events: created.enabled_events,
            state: EndpointState::Enabled,
            disabled_reason: String::new(),
        })
    }

    fn read(fields: &mut Fields, reach: Reach) -> Self {
        let created = Self {
            url: fields.required("url", values::webhook_url(reach)),
            name: fields.optional("name", values::possibly_empty()).unwrap_or_default(),
            description: fields.optional("description", values::possibly_empty()).unwrap_or_default(),
            enabled_events: fields.required("enabled_events", values::some_labels()).unwrap_or_default(),
        };
        fields.documented_as("name", "A short label of the endpoint. `null` means the same as absence.");
        created
    }

    pub(in crate::api) fn schema() -> Value {
        Fields::schema_of(|fields| Self::read(fields, Reach::Internet))
    }
}

/// Reads `bytes`, which arrived `now`, as an update; a new URL must be within `reach`.
///
/// # Errors
/// `Invalid` with every violation.
pub fn parse_patch(bytes: &[u8], reach: Reach, now: Timestamp) -> Result<EndpointPatch> {
    reader::parse_with(bytes, now, |fields| read_patch(fields, reach))
}

fn read_patch(fields: &mut Fields, reach: Reach) -> EndpointPatch {
    let patch = EndpointPatch {
        url: fields.optional("url", values::webhook_url(reach)),
        name: fields.optional("name", values::possibly_empty()),
        description: fields.optional("description", values::possibly_empty()),
        enabled_events: fields.optional("enabled_events", values::label_list()).unwrap_or_default(),
        state: fields.optional("state", values::label()),
    };
    fields.documented_as("name", "A short label of the endpoint. `null` means the same as absence.");
    fields.documented_as(
        "enabled_events",
        "The kinds of events that the endpoint subscribes to; replaces the whole set. An empty list and `null` mean the same as absence.",
    );
    patch
}

pub(in crate::api) fn patch_schema() -> Value {
    Fields::schema_of(|fields| read_patch(fields, Reach::Internet))
}

const PARAMETERS: &[&str] = &["after_id", "before_id", "limit", "order"];

/// Reads the query string's `pairs`.
///
/// # Errors
/// `Invalid` with every invalid parameter.
pub fn parse_query<K: IdKind>(pairs: Vec<(String, String)>) -> Result<CursorPageQuery<Id<K>>> {
    let mut parameters = Parameters::new(PARAMETERS, pairs);
    let query = CursorPageQuery {
        order: parameters.one("order", parameters::label).unwrap_or_default(),
        limit: parameters.one("limit", limit).unwrap_or_default(),
        after: parameters.one("after_id", parameters::id),
        before: parameters.one("before_id", parameters::id),
    };
    parameters.finish()?;
    Ok(query)
}

/// As in other lists, but 0 means the default.
fn limit(text: &str) -> std::result::Result<PageLimit, ValidationError> {
    match text.parse() {
        Ok(0) => Ok(PageLimit::default()),
        Ok(number) => u32::try_from(number)
            .ok()
            .and_then(PageLimit::new)
            .ok_or_else(|| reason("range", format!("Input should be between 0 and {}", PageLimit::MAX))),
        Err(_) => Err(reason("type", "Input should be a valid integer")),
    }
}

/// The page in an answer.
#[must_use]
pub fn cursor_page(cursor_page: CursorPage<WebhookEndpoint>) -> CursorPageBody<WireEndpoint> {
    CursorPageBody::new(cursor_page, |endpoint| endpoint.id.to_string(), WireEndpoint::from)
}

impl From<WebhookEndpoint> for WireEndpoint {
    fn from(endpoint: WebhookEndpoint) -> Self {
        Self {
            id: WireId(endpoint.id),
            created_at: WireTimestamp(endpoint.created_at),
            updated_at: WireTimestamp(endpoint.updated_at),
            url: WireUrl(endpoint.url.as_str().to_owned()),
            name: endpoint.name.into_string(),
            description: endpoint.description.into_string(),
            enabled_events: endpoint.enabled_events.into_iter().map(WireLabel).collect(),
            state: WireLabel(endpoint.state),
            disabled_reason: endpoint.disabled_reason,
        }
    }
}

impl NewWireEndpoint {
    /// The new `endpoint` with its signing secret.
    #[must_use]
    pub fn new(endpoint: WebhookEndpoint, secret: &SigningSecret) -> Self {
        Self { endpoint: endpoint.into(), signing_secret: secret.expose() }
    }
}

impl DeletedEndpoint {
    /// The answer for the endpoint `id`.
    #[must_use]
    pub const fn new(id: WebhookEndpointId) -> Self {
        Self { id: WireId(id), r#type: WireLabel(DeletedEndpointType::WebhookEndpointDeleted) }
    }
}

impl NewSigningSecret {
    /// The new `secret`.
    #[must_use]
    pub fn new(secret: &SigningSecret) -> Self {
        Self { signing_secret: secret.expose() }
    }
}
