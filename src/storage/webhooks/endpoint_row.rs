//! Webhook endpoints as rows.

use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::id::WebhookEndpointId;
use crate::domain::label::EnumLabel;
use crate::domain::text::Text;
use crate::domain::webhook::endpoint::{
    EndpointDescription, EndpointLabel, EndpointState, StoredUrl, WebhookEndpoint, WebhookEventType,
};
use crate::domain::{Error, Result};
use crate::storage::pool::error::not_found;

/// Reads the endpoints that `$which` selects and orders.
macro_rules! select_endpoints {
    ($which:literal) => {
        concat!(
            "select id,
                    created_at,
                    updated_at,
                    url,
                    name,
                    description,
                    enabled_events,
                    state,
                    disabled_reason
               from webhook_endpoints ",
            $which
        )
    };
}

pub(super) use select_endpoints;

#[derive(FromRow)]
pub(super) struct EndpointRow {
    id: Uuid,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    url: String,
    name: String,
    description: String,
    enabled_events: Vec<String>,
    state: String,
    disabled_reason: String,
}

pub(super) fn endpoint_not_found() -> Error {
    not_found("Webhook endpoint")
}

/// The labels that an array column stores.
pub(super) fn labels<T: EnumLabel>(values: &[T]) -> Vec<&'static str> {
    values.iter().map(|value| value.as_str()).collect()
}

impl TryFrom<EndpointRow> for WebhookEndpoint {
    type Error = Error;

    fn try_from(row: EndpointRow) -> Result<Self> {
        let id = WebhookEndpointId::new(row.id);
        let broken = |column: &str| Error::internal(format!("webhook_endpoints {id}: {column} breaks a rule"));
        let enabled_events = row.enabled_events.iter().map(|label| WebhookEventType::from_label(label));
        Ok(Self {
            id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            url: StoredUrl::from_stored(row.url),
            name: EndpointLabel::parse(row.name).map_err(|_| broken("name"))?,
            description: EndpointDescription::parse(row.description).map_err(|_| broken("description"))?,
            enabled_events: enabled_events.collect::<Option<_>>().ok_or_else(|| broken("enabled_events"))?,
            state: EndpointState::from_label(&row.state).ok_or_else(|| broken("state"))?,
            disabled_reason: row.disabled_reason,
        })
    }
}
