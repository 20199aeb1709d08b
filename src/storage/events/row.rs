//! A stored event.

use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::event::{Event, EventDetails, EventKind};
use crate::domain::id::{EnforcementActionId, EventId, ProfileId};
use crate::domain::label::EnumLabel;
use crate::domain::profile::ProfileField;
use crate::domain::text::Text;
use crate::domain::trust::grant::{GrantName, TrustGrantStatus};
use crate::domain::{Error, Result};

/// A stored event.
#[derive(FromRow)]
pub(in crate::storage) struct EventRow {
    pub(super) id: Uuid,
    created_at: OffsetDateTime,
    kind: String,
    profile_id: Uuid,
    fields: Option<Vec<String>>,
    grant_name: Option<String>,
    grant_status: Option<String>,
    enforcement_action_id: Option<Uuid>,
}

impl TryFrom<EventRow> for Event {
    type Error = Error;

    fn try_from(row: EventRow) -> Result<Self> {
        let id = EventId::new(row.id);
        let details =
            event_details(&row).ok_or_else(|| Error::internal(format!("events {id}: a column breaks a rule")))?;
        Ok(Self { id, created_at: row.created_at, profile_id: ProfileId::new(row.profile_id), details })
    }
}

fn event_details(row: &EventRow) -> Option<EventDetails> {
    let action = row.enforcement_action_id.map(EnforcementActionId::new);
    Some(match EventKind::from_label(&row.kind)? {
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
        EventKind::EnforcementActionResolved => EventDetails::EnforcementActionResolved(action?),
    })
}
