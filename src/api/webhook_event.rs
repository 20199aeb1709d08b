//! The body of a webhook. Every attempt must send the same bytes, so they depend only on the event and on the version that was the
//! organization's default when the delivery was queued.

use serde::Serialize;

use super::wire::scalars::{WireId, WireLabel};
use super::wire::timestamp::WireTimestamp;
use super::{ApiVersion, VersionVisitor, WireFormat};
use crate::domain::event::{Event, EventDetails, EventSubject};
use crate::domain::id::{
    EnforcementActionId, EnforcementActionKind, EventMark, OrganizationId, OrganizationKind, ProfileKind,
};
use crate::domain::label::{EnumLabel, labels};
use crate::domain::text::Text;
use crate::domain::trust::grant::GrantName;
use crate::domain::webhook::endpoint::WebhookEventType;
use crate::domain::{Error, Result};

labels! {
    /// The `type` of every webhook body.
    WebhookBodyType {
        /// An event.
        Event = "event",
    }
}

#[derive(Serialize)]
struct WebhookBody {
    id: WireId<EventMark>,
    created_at: WireTimestamp,
    r#type: WireLabel<WebhookBodyType>,
    data: WebhookData,
}

#[derive(Serialize)]
struct WebhookData {
    r#type: WireLabel<WebhookEventType>,
    id: WireId<ProfileKind>,
    organization_id: WireId<OrganizationKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enforcement_action_id: Option<WireId<EnforcementActionKind>>,
}

/// The body that reports `event` to an organization, under the version with the label `version`. `None`: that version shows nothing of the
/// event.
///
/// # Errors
/// `Internal`: unknown version.
pub fn body(organization: OrganizationId, event: &Event, version: &str) -> Result<Option<Vec<u8>>> {
    let version = ApiVersion::from_label(version)
        .ok_or_else(|| Error::internal("webhook delivery has a version that this release does not know"))?;
    let EventSubject::Profile(profile_id, details) = &event.subject else { return Ok(None) };
    let Some((event_type, enforcement_action_id)) = notice(details, version) else { return Ok(None) };
    let body = WebhookBody {
        id: WireId(event.id),
        created_at: WireTimestamp(event.created_at),
        r#type: WireLabel(WebhookBodyType::Event),
        data: WebhookData {
            r#type: WireLabel(event_type),
            id: WireId(*profile_id),
            organization_id: WireId(organization),
            enforcement_action_id: enforcement_action_id.map(WireId),
        },
    };
    serde_json::to_vec(&body).map(Some).map_err(Error::internal)
}

fn notice(details: &EventDetails, version: ApiVersion) -> Option<(WebhookEventType, Option<EnforcementActionId>)> {
    match details {
        EventDetails::Created
        | EventDetails::Updated(_)
        | EventDetails::Erased
        | EventDetails::EnforcementActionUpdated(_) => None,
        EventDetails::ProgramStatusUpdated { grant, .. } => {
            version.visit(ShowsGrant(grant)).then_some((WebhookEventType::ProgramStatusUpdated, None))
        }
        EventDetails::EnforcementActionOpened(id) => Some((WebhookEventType::EnforcementActionOpened, Some(*id))),
        EventDetails::EnforcementActionResolved(id) => Some((WebhookEventType::EnforcementActionResolved, Some(*id))),
    }
}

/// Whether profiles of a version show a grant.
struct ShowsGrant<'g>(&'g GrantName);

impl VersionVisitor for ShowsGrant<'_> {
    type Output = bool;

    fn visit<F: WireFormat>(self) -> bool {
        F::SHOWN_GRANTS.is_none_or(|shown| shown.contains(&self.0.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::domain::id::{EventId, ProfileId};
    use crate::domain::trust::grant::TrustGrantStatus;

    const ORGANIZATION: OrganizationId = OrganizationId::new(Uuid::from_u128(1));

    fn event(details: EventDetails) -> Event {
        let created_at = datetime!(2026-03-15 10:00:00.5 UTC);
        let subject = EventSubject::Profile(ProfileId::new(Uuid::from_u128(3)), details);
        Event { id: EventId::new(Uuid::from_u128(2)), created_at, subject }
    }

    fn sent(details: EventDetails, version: &str) -> Option<String> {
        body(ORGANIZATION, &event(details), version).unwrap().map(|body| String::from_utf8(body).unwrap())
    }

    fn decided(grant: &str) -> EventDetails {
        EventDetails::ProgramStatusUpdated {
            grant: GrantName::parse(grant.to_owned()).unwrap(),
            status: Some(TrustGrantStatus::Active),
        }
    }

    #[test]
    fn the_bytes_of_a_body_never_change() {
        let head = |digit| format!("01{}{digit}", "0".repeat(21));
        let body = |data: &str| {
            format!(
                r#"{{"id":"evt_{}","created_at":"2026-03-15T10:00:00.5Z","type":"event","data":{{"type":"user_profile.{data}}}}}"#,
                head(2)
            )
        };
        let whose = format!(r#""id":"uprof_{}","organization_id":"org_{}""#, head(3), head(1));
        let action = EnforcementActionId::new(Uuid::from_u128(4));
        let which = format!(r#""enforcement_action_id":"enac_{}""#, head(4));
        for version in ApiVersion::ALL {
            let sent = |what| sent(what, version.as_str()).unwrap();
            assert_eq!(sent(decided("cyber")), body(&format!(r#"program_status_updated",{whose}"#)));
            let opened = EventDetails::EnforcementActionOpened(action);
            assert_eq!(sent(opened), body(&format!(r#"enforcement_action_opened",{whose},{which}"#)));
            let resolved = EventDetails::EnforcementActionResolved(action);
            assert_eq!(sent(resolved), body(&format!(r#"enforcement_action_resolved",{whose},{which}"#)));
        }
    }

    #[test]
    fn only_grants_that_a_version_shows_are_reported() {
        for version in ApiVersion::ALL {
            let is_sent = |grant| sent(decided(grant), version.as_str()).is_some();
            assert!(is_sent("cyber") && is_sent("efs"), "{version:?}");
            assert_eq!(is_sent("early_access"), *version < ApiVersion::Ga, "{version:?}");
        }
    }

    #[test]
    fn creates_updates_and_erasures_are_not_reported() {
        for what in [EventDetails::Created, EventDetails::Updated(Vec::new()), EventDetails::Erased] {
            assert_eq!(sent(what, "ga"), None);
        }
    }

    #[test]
    fn an_unknown_version_is_an_internal_error() {
        assert!(body(ORGANIZATION, &event(decided("cyber")), "2099-01-01").is_err());
    }
}
