//! A stored event.

use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::credential::api_key::KeyActor;
use crate::domain::event::{ApiKeyChange, Event, EventDetails, EventKind, EventSubject};
use crate::domain::id::{ApiKeyId, EnforcementActionId, EventId, ProfileId};
use crate::domain::label::EnumLabel;
use crate::domain::profile::ProfileField;
use crate::domain::text::Text;
use crate::domain::trust::grant::{GrantName, TrustGrantStatus};
use crate::domain::{Error, Result};

/// A stored event.
#[derive(FromRow)]
pub(in crate::storage) struct EventRow {
    pub(in crate::storage) id: Uuid,
    created_at: OffsetDateTime,
    kind: String,
    profile_id: Option<Uuid>,
    fields: Option<Vec<String>>,
    grant_name: Option<String>,
    grant_status: Option<String>,
    enforcement_action_id: Option<Uuid>,
    // No webhook notifies of events of keys.
    #[sqlx(default)]
    api_key_id: Option<Uuid>,
    #[sqlx(default)]
    actor_api_key_id: Option<Uuid>,
}

impl TryFrom<EventRow> for Event {
    type Error = Error;

    fn try_from(row: EventRow) -> Result<Self> {
        let id = EventId::new(row.id);
        let subject = subject(&row).ok_or_else(|| Error::internal(format!("events {id}: a column breaks a rule")))?;
        Ok(Self { id, created_at: row.created_at, subject })
    }
}

fn subject(row: &EventRow) -> Option<EventSubject> {
    let action = row.enforcement_action_id.map(EnforcementActionId::new);
    let details = match EventKind::from_label(&row.kind)? {
        EventKind::Created => EventDetails::Created,
        EventKind::Updated => {
            let fields = row.fields.as_ref()?.iter().map(|field| ProfileField::from_label(field));
            EventDetails::Updated(fields.collect::<Option<_>>()?)
        }
        EventKind::Erased => EventDetails::Erased,
        EventKind::ProgramStatusUpdated => EventDetails::ProgramStatusUpdated {
            grant: GrantName::parse(row.grant_name.clone()?).ok()?,
            status: match &row.grant_status {
                Some(status) => Some(TrustGrantStatus::from_label(status)?),
                None => None,
            },
        },
        EventKind::EnforcementActionOpened => EventDetails::EnforcementActionOpened(action?),
        EventKind::EnforcementActionUpdated => EventDetails::EnforcementActionUpdated(action?),
        EventKind::EnforcementActionResolved => EventDetails::EnforcementActionResolved(action?),
        EventKind::ApiKeyCreated => return api_key(row, ApiKeyChange::Created),
        EventKind::ApiKeyRevoked => return api_key(row, ApiKeyChange::Revoked),
    };
    Some(EventSubject::Profile(ProfileId::new(row.profile_id?), details))
}

fn api_key(row: &EventRow, change: ApiKeyChange) -> Option<EventSubject> {
    let actor = row.actor_api_key_id.map_or(KeyActor::CommandLine, |id| KeyActor::ApiKey(ApiKeyId::new(id)));
    Some(EventSubject::ApiKey(ApiKeyId::new(row.api_key_id?), change, actor))
}
