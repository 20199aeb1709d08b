//! Events and their list.

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::wire::event_cursor;
use crate::api::wire::id_page::{IdPage, PageQuery};
use crate::api::wire::parameters::{self, Parameters};
use crate::api::wire::scalars::{WireId, WireLabel};
use crate::api::wire::timestamp::WireTimestamp;
use crate::domain::Result;
use crate::domain::event::{Event, EventDetails, EventKeyset, EventKind, EventQuery};
use crate::domain::id::{EnforcementActionKind, EventMark, OrganizationId, ProfileKind};
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

/// One thing that happened to one profile.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WireEvent {
    /// Unique; ids sort by the time at which they were made.
    id: WireId<EventMark>,
    /// When it happened, in UTC.
    created_at: WireTimestamp,
    /// What kind of object this is.
    r#type: WireLabel<EventType>,
    /// What happened, and to what.
    data: EventData,
}

/// What happened; only the fields of its kind are present.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EventData {
    /// What kind of thing happened.
    r#type: WireLabel<EventKind>,
    /// The profile that it happened to, which may be gone since.
    id: WireId<ProfileKind>,
    /// Which fields an update changed; of an update only.
    #[schemars(with = "Vec<WireLabel<ProfileField>>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<WireLabel<ProfileField>>>,
    /// Which grant changed; of `user_profile.program_status_updated` only.
    #[schemars(with = "ChangedGrant")]
    #[serde(skip_serializing_if = "Option::is_none")]
    trust_grant: Option<ChangedGrant>,
    /// Which limit was placed or lifted; of those two only.
    #[schemars(with = "WireId<EnforcementActionKind>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    enforcement_action_id: Option<WireId<EnforcementActionKind>>,
}

/// A grant after the event.
#[derive(Debug, Serialize, JsonSchema)]
struct ChangedGrant {
    /// The grant's name.
    name: String,
    /// Granted, asked for, declined, or null: neither decided nor in flight.
    status: Option<WireLabel<TrustGrantStatus>>,
}

impl From<Event> for WireEvent {
    fn from(event: Event) -> Self {
        let mut data = EventData {
            r#type: WireLabel(event.details.kind()),
            id: WireId(event.profile_id),
            fields: None,
            trust_grant: None,
            enforcement_action_id: None,
        };
        match event.details {
            EventDetails::Created | EventDetails::Erased => {}
            EventDetails::Updated(fields) => data.fields = Some(fields.into_iter().map(WireLabel).collect()),
            EventDetails::ProgramStatusUpdated { grant, status } => {
                data.trust_grant = Some(ChangedGrant { name: grant.into_string(), status: status.map(WireLabel) });
            }
            EventDetails::EnforcementActionOpened(id) | EventDetails::EnforcementActionResolved(id) => {
                data.enforcement_action_id = Some(WireId(id));
            }
        }
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
