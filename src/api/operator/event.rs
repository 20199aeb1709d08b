//! Events and their list.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::api::wire::event_cursor;
use crate::api::wire::id_page::{IdPage, PageQuery};
use crate::api::wire::parameters::{self, Parameters};
use crate::api::wire::scalars::{WireId, WireLabel};
use crate::api::wire::timestamp::WireTimestamp;
use crate::domain::Result;
use crate::domain::event::{Event, EventDetails, EventKeyset, EventKind, EventQuery, EventSubject};
use crate::domain::id::{
    ApiKeyId, ApiKeyKind, EnforcementActionKind, EventMark, OrganizationId, ProfileId, ProfileKind,
};
use crate::domain::label::labels;
use crate::domain::page::{Order, Page};
use crate::domain::profile::ProfileField;
use crate::domain::text::Text;
use crate::domain::trust::grant::TrustGrantStatus;

labels! {
    /// The `type` of an event.
    EventType {
        /// An event.
        Event = "event",
    }
}

/// A change of one profile or API key.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WireEvent {
    /// Unique; ids sort by the time at which they were generated.
    id: WireId<EventMark>,
    /// Time of the event, in UTC.
    created_at: WireTimestamp,
    /// The type of the object.
    r#type: WireLabel<EventType>,
    /// The kind of the event, and its details.
    data: EventData,
}

/// Event details; only the fields of the event's kind are present.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EventData {
    /// The kind of the event.
    r#type: WireLabel<EventKind>,
    /// The changed profile, which may have been deleted since, or the API key.
    id: WireSubjectId,
    /// The fields that an update changed; only in `user_profile.updated`.
    #[schemars(with = "Vec<WireLabel<ProfileField>>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<WireLabel<ProfileField>>>,
    /// The changed grant; only in `user_profile.program_status_updated`.
    #[schemars(with = "ChangedGrant")]
    #[serde(skip_serializing_if = "Option::is_none")]
    trust_grant: Option<ChangedGrant>,
    /// The action that was opened, updated or resolved; only in those three kinds.
    #[schemars(with = "WireId<EnforcementActionKind>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    enforcement_action_id: Option<WireId<EnforcementActionKind>>,
    /// The id of the acting API key, or `command_line`; only in `api_key.created` and `api_key.revoked`.
    #[schemars(with = "String")]
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
}

/// The id of what changed.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum WireSubjectId {
    Profile(WireId<ProfileKind>),
    ApiKey(WireId<ApiKeyKind>),
}

impl JsonSchema for WireSubjectId {
    fn schema_name() -> Cow<'static, str> {
        "SubjectId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": format!("{}|{}", ProfileId::pattern(), ApiKeyId::pattern())})
    }
}

/// A grant after the event.
#[derive(Debug, Serialize, JsonSchema)]
struct ChangedGrant {
    /// The grant's name.
    name: String,
    /// The status of the grant. Null: withdrawn or expired.
    status: Option<WireLabel<TrustGrantStatus>>,
}

impl EventData {
    fn new(kind: WireLabel<EventKind>, subject: EventSubject) -> Self {
        let (id, details, actor) = match subject {
            EventSubject::Profile(id, details) => (WireSubjectId::Profile(WireId(id)), Some(details), None),
            EventSubject::ApiKey(id, _, actor) => (WireSubjectId::ApiKey(WireId(id)), None, Some(actor.to_string())),
        };
        let mut data = Self { r#type: kind, id, fields: None, trust_grant: None, enforcement_action_id: None, actor };
        match details {
            None | Some(EventDetails::Created | EventDetails::Erased) => {}
            Some(EventDetails::Updated(fields)) => data.fields = Some(fields.into_iter().map(WireLabel).collect()),
            Some(EventDetails::ProgramStatusUpdated { grant, status }) => {
                data.trust_grant = Some(ChangedGrant { name: grant.into_string(), status: status.map(WireLabel) });
            }
            Some(
                EventDetails::EnforcementActionOpened(id)
                | EventDetails::EnforcementActionUpdated(id)
                | EventDetails::EnforcementActionResolved(id),
            ) => {
                data.enforcement_action_id = Some(WireId(id));
            }
        }
        data
    }
}

impl From<Event> for WireEvent {
    fn from(event: Event) -> Self {
        let data = EventData::new(WireLabel(event.kind()), event.subject);
        Self {
            id: WireId(event.id),
            created_at: WireTimestamp(event.created_at),
            r#type: WireLabel(EventType::Event),
            data,
        }
    }
}

const PARAMETERS: &[&str] = &["ending_at", "limit", "order", "page", "starting_at", "type", "user_profile_id"];

/// Reads the query string's `pairs`.
///
/// # Errors
/// `Invalid` with every invalid parameter.
pub fn parse_query(organization: OrganizationId, pairs: Vec<(String, String)>) -> Result<EventQuery> {
    let mut parameters = Parameters::new(PARAMETERS, pairs);
    let PageQuery { order, limit, after } = PageQuery::read_with(&mut parameters, Order::default(), |order, text| {
        event_cursor::decode(organization, order, text)
    });
    let query = EventQuery {
        order,
        limit,
        after,
        profile_id: parameters.one("user_profile_id", parameters::id),
        kinds: parameters.labels("type"),
        since: parameters.one("starting_at", parameters::moment),
        until: parameters.one("ending_at", parameters::moment),
    };
    parameters.finish()?;
    Ok(query)
}

/// The `page` that `query` selects.
#[must_use]
pub fn page(organization: OrganizationId, query: &EventQuery, page: Page<Event, EventKeyset>) -> IdPage<WireEvent> {
    IdPage::with_cursor(page, |keyset| event_cursor::encode(organization, query.order, keyset), WireEvent::from)
}
