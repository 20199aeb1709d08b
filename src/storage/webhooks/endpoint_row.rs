//! Rows of endpoints, and the cursor pages of lists that run in the order of ids.

use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::id::{Id, WebhookEndpointId};
use crate::domain::label::EnumLabel;
use crate::domain::page::Order;
use crate::domain::text::Text;
use crate::domain::webhook::endpoint::{
    CursorPage, CursorPageQuery, EndpointDescription, EndpointLabel, EndpointState, WebhookEndpoint, WebhookEventType,
};
use crate::domain::webhook::url::WebhookUrl;
use crate::domain::{Error, Result};
use crate::storage::pool::error::not_found;

/// Reads endpoints of the organization `$1`.
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
               from webhook_endpoints
              where organization_id = $1 ",
            $which
        )
    };
}

pub(in crate::storage) use select_endpoints;

#[derive(FromRow)]
pub(in crate::storage) struct EndpointRow {
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

/// Nothing of that id in this organization.
pub(in crate::storage) fn endpoint_not_found() -> Error {
    not_found("Webhook endpoint")
}

/// Between which ids the cursor page lies, both exclusive.
pub(in crate::storage) fn bounds<K>(query: &CursorPageQuery<Id<K>>) -> (Uuid, Uuid) {
    let (greater, less) = match query.order {
        Order::Ascending => (query.after, query.before),
        Order::Descending => (query.before, query.after),
    };
    (greater.map_or(Uuid::nil(), Id::uuid), less.map_or(Uuid::max(), Id::uuid))
}

/// How many rows tell what the cursor page holds and whether the list goes on.
pub(in crate::storage) fn wanted<I>(query: &CursorPageQuery<I>) -> i64 {
    i64::try_from(query.limit.get() + 1).unwrap_or(i64::MAX)
}

/// The cursor page that `rows` hold, which were [`wanted`].
pub(in crate::storage) fn cursor_page<I, R, T: TryFrom<R, Error = Error>>(
    rows: Vec<R>,
    query: &CursorPageQuery<I>,
) -> Result<CursorPage<T>> {
    let has_more = rows.len() > query.limit.get();
    let items = rows.into_iter().take(query.limit.get()).map(T::try_from).collect::<Result<_>>()?;
    Ok(CursorPage { items, has_more })
}

pub(in crate::storage) fn labels<T: EnumLabel>(values: &[T]) -> Vec<&'static str> {
    values.iter().map(|value| value.as_str()).collect()
}

impl TryFrom<EndpointRow> for WebhookEndpoint {
    type Error = Error;

    fn try_from(row: EndpointRow) -> Result<Self> {
        let id = WebhookEndpointId::new(row.id);
        let broken = |column: &str| Error::internal(format!("webhook_endpoints {id}: {column} breaks a rule"));
        let subjects = row.enabled_events.iter().map(|word| WebhookEventType::from_label(word));
        Ok(Self {
            id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            url: WebhookUrl::from_stored(row.url),
            name: EndpointLabel::parse(row.name).map_err(|_| broken("name"))?,
            description: EndpointDescription::parse(row.description).map_err(|_| broken("description"))?,
            enabled_events: subjects.collect::<Option<_>>().ok_or_else(|| broken("enabled_events"))?,
            state: EndpointState::from_label(&row.state).ok_or_else(|| broken("state"))?,
            disabled_reason: row.disabled_reason,
        })
    }
}
