//! The outbox: events, appended in the transaction of the change that they report.

use std::sync::Arc;

use sqlx::Result;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::profile_events::joined;
use crate::domain::clock::Timestamp;
use crate::domain::credential::api_key::KeyActor;
use crate::domain::event::{ApiKeyChange, Event, EventDetails, EventSubject};
use crate::domain::id::{ApiKeyId, DecisionId, Id, IdSource, OrganizationId, ProfileId};
use crate::domain::label::EnumLabel;
use crate::domain::profile::Revision;
use crate::domain::text::Text;
use crate::storage::webhooks::fan_out;

/// Makes events. A clone takes ids from the same source.
#[derive(Clone)]
pub struct Outbox(Arc<dyn IdSource>);

impl Outbox {
    /// An outbox that takes the ids of events from `ids`.
    #[must_use]
    pub fn new(ids: Arc<dyn IdSource>) -> Self {
        Self(ids)
    }

    /// An event of a profile, with a new id.
    pub(in crate::storage) fn event(&self, profile_id: ProfileId, details: EventDetails, now: Timestamp) -> Event {
        Event { id: self.id(now), created_at: now, subject: EventSubject::Profile(profile_id, details) }
    }

    /// An event of an API key, with a new id.
    pub(in crate::storage) fn api_key_event(
        &self,
        id: ApiKeyId,
        change: ApiKeyChange,
        actor: KeyActor,
        now: Timestamp,
    ) -> Event {
        Event { id: self.id(now), created_at: now, subject: EventSubject::ApiKey(id, change, actor) }
    }

    /// A new id, for an object stored together with an event.
    pub(in crate::storage) fn id<K>(&self, now: Timestamp) -> Id<K> {
        Id::new(self.0.next(now))
    }
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Outbox")
    }
}

/// What the history of a profile holds of a change, besides its event.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::storage) struct ChangeRecord {
    /// The revision that it made.
    pub(in crate::storage) revision: Option<Revision>,
    /// The decision on a grant that it is.
    pub(in crate::storage) decision: Option<DecisionId>,
}

impl ChangeRecord {
    pub(in crate::storage) fn of(revision: Revision) -> Self {
        Self { revision: Some(revision), decision: None }
    }
}

/// Appends `events`, which change no profile, in one round trip, and queues their webhook deliveries.
pub(in crate::storage) async fn append(
    connection: &mut PgConnection,
    events: &[(OrganizationId, Event)],
) -> Result<()> {
    append_change(connection, events, ChangeRecord::default()).await
}

/// Appends the events of one change, as [`append`] does.
pub(in crate::storage) async fn append_change(
    connection: &mut PgConnection,
    events: &[(OrganizationId, Event)],
    record: ChangeRecord,
) -> Result<()> {
    let columns = EventColumns::of(events);
    sqlx::query(
        "insert into events (
                organization_id,
                id,
                created_at,
                kind,
                profile_id,
                fields,
                grant_name,
                grant_status,
                enforcement_action_id,
                api_key_id,
                actor_api_key_id,
                revision,
                decision_id)
         select organization_id,
                id,
                created_at,
                kind,
                profile_id,
                string_to_array(fields, ','),
                grant_name,
                grant_status,
                enforcement_action_id,
                api_key_id,
                actor_api_key_id,
                $12::bigint,
                $13::uuid
           from unnest(
                $1::uuid[],
                $2::uuid[],
                $3::timestamptz[],
                $4::text[],
                $5::uuid[],
                $6::text[],
                $7::text[],
                $8::text[],
                $9::uuid[],
                $10::uuid[],
                $11::uuid[]
                ) as event (
                organization_id,
                id,
                created_at,
                kind,
                profile_id,
                fields,
                grant_name,
                grant_status,
                enforcement_action_id,
                api_key_id,
                actor_api_key_id)",
    )
    .bind(columns.organization_ids)
    .bind(columns.ids)
    .bind(columns.created_ats)
    .bind(columns.kinds)
    .bind(columns.profile_ids)
    .bind(columns.fields)
    .bind(columns.grant_names)
    .bind(columns.grant_statuses)
    .bind(columns.enforcement_action_ids)
    .bind(columns.api_key_ids)
    .bind(columns.actor_api_key_ids)
    .bind(record.revision.map(Revision::number))
    .bind(record.decision.map(Id::uuid))
    .execute(&mut *connection)
    .await?;
    fan_out::queue(connection, events).await
}

/// Events as arrays, one per column.
#[derive(Default)]
struct EventColumns<'e> {
    organization_ids: Vec<Uuid>,
    ids: Vec<Uuid>,
    created_ats: Vec<OffsetDateTime>,
    kinds: Vec<&'static str>,
    profile_ids: Vec<Option<Uuid>>,
    /// As [`joined`] joins them.
    fields: Vec<Option<String>>,
    grant_names: Vec<Option<&'e str>>,
    grant_statuses: Vec<Option<&'static str>>,
    enforcement_action_ids: Vec<Option<Uuid>>,
    api_key_ids: Vec<Option<Uuid>>,
    actor_api_key_ids: Vec<Option<Uuid>>,
}

impl<'e> EventColumns<'e> {
    fn of(events: &'e [(OrganizationId, Event)]) -> Self {
        let mut columns = Self::default();
        for (organization, event) in events {
            columns.add(*organization, event);
        }
        columns
    }

    fn add(&mut self, organization: OrganizationId, event: &'e Event) {
        self.organization_ids.push(organization.uuid());
        self.ids.push(event.id.uuid());
        self.created_ats.push(event.created_at);
        self.kinds.push(event.kind().as_str());
        self.profile_ids.push(event.profile_id().map(Id::uuid));
        let (mut fields, mut grant, mut action, mut api_key, mut actor) = (None, None, None, None, None);
        match &event.subject {
            EventSubject::Profile(_, details) => match details {
                EventDetails::Created | EventDetails::Erased => {}
                EventDetails::Updated(changed) => fields = Some(joined(changed)),
                EventDetails::ProgramStatusUpdated { grant: name, status } => grant = Some((name.as_str(), *status)),
                EventDetails::EnforcementActionOpened(id)
                | EventDetails::EnforcementActionUpdated(id)
                | EventDetails::EnforcementActionResolved(id) => {
                    action = Some(id.uuid());
                }
            },
            EventSubject::ApiKey(id, _, by) => {
                api_key = Some(id.uuid());
                actor = match by {
                    KeyActor::ApiKey(id) => Some(id.uuid()),
                    KeyActor::CommandLine => None,
                };
            }
        }
        self.fields.push(fields);
        self.grant_names.push(grant.map(|(name, _)| name));
        self.grant_statuses.push(grant.and_then(|(_, status)| status).map(EnumLabel::as_str));
        self.enforcement_action_ids.push(action);
        self.api_key_ids.push(api_key);
        self.actor_api_key_ids.push(actor);
    }
}
