//! Examples of profiles, events, keys and webhooks, made by the types that read and write them.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};
use time::macros::datetime;
use uuid::Uuid;

use crate::api::WireFormat;
use crate::api::ga::Ga;
use crate::api::operator::api_key;
use crate::api::operator::api_key::{NewWireApiKey, WireApiKey};
use crate::api::operator::event;
use crate::api::operator::history;
use crate::api::operator::webhook;
use crate::api::operator::webhook::{DeletedEndpoint, NewSigningSecret, NewWireEndpoint, WireEndpoint};
use crate::api::operator::webhook_delivery;
use crate::api::operator::webhook_delivery::WireDelivery;
use crate::api::profile_list::ListBody;
use crate::api::v2026_03_24::deletion::DeletedProfile;
use crate::api::v2026_03_24::links::{ActionUrl, EnrollmentUrl};
use crate::api::v2026_09_04::data_controls::WireDataControls;
use crate::domain::clock::Timestamp;
use crate::domain::credential::api_key::{ApiKey, ApiKeyDraft, ApiKeyQuery, ApiKeySecret, Scope};
use crate::domain::event::{Event, EventDetails, EventQuery, EventSubject};
use crate::domain::history::{ChangeAuthor, HistoryQuery, ProfileChange};
use crate::domain::id::{ApiKeyId, EventId, OrganizationId, ProfileId, WebhookEndpointId};
use crate::domain::label::EnumLabel;
use crate::domain::limit::rate_limit::{RateLimit, RateLimits};
use crate::domain::page::{Page, PageLimit};
use crate::domain::profile::external_user::ExternalUserDetails;
use crate::domain::profile::list::ProfileQuery;
use crate::domain::profile::metadata::Metadata;
use crate::domain::profile::{Profile, ProfileDraft, ProfileField, Revision};
use crate::domain::text::{DisplayName, ReferenceId, Text};
use crate::domain::trust::grant::{GrantName, GrantParts, TrustGrant, TrustGrantStatus};
use crate::domain::webhook::delivery::{Attempt, AttemptOutcome, Delivery, DeliveryState};
use crate::domain::webhook::endpoint::{
    CursorPage, EndpointDescription, EndpointLabel, EndpointState, StoredUrl, WebhookEndpoint, WebhookEventType,
};
use crate::domain::webhook::secret::SigningSecret;

pub(super) const ID: ProfileId = ProfileId::new(Uuid::from_u128(0x019d_191b_7f00_7b2a_9c3d_5e6f_7081_92a3));
pub(super) const CREATED_AT: Timestamp = datetime!(2026-03-23 12:00 UTC);
pub(super) const EXPIRES_AT: Timestamp = datetime!(2026-03-23 12:15 UTC);
const ENDPOINT_ID: WebhookEndpointId =
    WebhookEndpointId::new(Uuid::from_u128(0x019d_191b_7f00_7b2a_9c3d_5e6f_7081_92a5));
const SECRET: SigningSecret = SigningSecret::new([0x5a; 32]);
const URL: &str = "https://profiles.example.com/enroll/0hDvZ3yUq8Wc1Rk5TtLm2NpXs7Ba4Jf6Gg9VbEoYiQu";

pub(super) fn profile<F: WireFormat>() -> Value {
    serialized(F::Profile::from(example()))
}

pub(super) fn page<F: WireFormat>() -> Value {
    let page = Page { items: vec![example()], next: None };
    let organization = OrganizationId::new(Uuid::nil());
    serialized(ListBody::<F::ListedProfile>::new(organization, &ProfileQuery::default(), page))
}

pub(super) fn deleted() -> Value {
    serialized(DeletedProfile::new(ID))
}

pub(super) fn enrollment_url() -> Value {
    serialized(EnrollmentUrl::new(URL.to_owned(), EXPIRES_AT))
}

pub(super) fn action_url() -> Value {
    serialized(ActionUrl::new(URL.to_owned(), EXPIRES_AT))
}

fn event() -> Event {
    Event {
        id: EventId::new(Uuid::from_u128(0x019d_191b_7f00_7b2a_9c3d_5e6f_7081_92a4)),
        created_at: CREATED_AT,
        subject: EventSubject::Profile(ID, EventDetails::Updated(vec![ProfileField::Metadata, ProfileField::Name])),
    }
}

/// A page of the history of a profile, whose update has changed its metadata and its name.
pub(super) fn history() -> Value {
    let Profile { name, relationship, details, metadata, .. } = example();
    let change = ProfileChange {
        revision: Revision::FIRST.next(),
        event: event(),
        author: ChangeAuthor::ApiKey(example_key().id),
        before: Some(ProfileDraft { name, relationship, details, metadata }),
    };
    let query = HistoryQuery { profile_id: ID, limit: PageLimit::default(), after: None };
    let page = Page { items: vec![change], next: None };
    history::page::<Ga>(OrganizationId::new(Uuid::nil()), query, page).map_or(Value::Null, serialized)
}

pub(super) fn events() -> Value {
    let page = Page { items: vec![event()], next: None };
    serialized(event::page(OrganizationId::new(Uuid::nil()), &EventQuery::default(), page))
}

pub(super) fn api_keys() -> Value {
    let page = Page { items: vec![example_key()], next: None };
    serialized(api_key::page(OrganizationId::new(Uuid::nil()), &ApiKeyQuery::default(), page))
}

pub(super) fn new_api_key() -> Value {
    serialized(NewWireApiKey::new(example_key(), &example_secret()))
}

pub(super) fn revoked_api_key() -> Value {
    serialized(WireApiKey::from(ApiKey { revoked_at: Some(EXPIRES_AT), ..example_key() }))
}

pub(super) fn data_controls() -> Value {
    serialized(WireDataControls::from(example()))
}

fn example_secret() -> ApiKeySecret {
    ApiKeySecret::from_random([0x5a; 32])
}

fn example_key() -> ApiKey {
    let scopes = vec![Scope::ProfilesRead, Scope::ProfilesWrite];
    let rate_limits = RateLimits { read: RateLimit::from_stored("500/s burst 1000"), write: None };
    let draft = ApiKeyDraft { scopes, workspace_id: None, expires_at: None, rate_limits };
    let organization = OrganizationId::new(Uuid::nil());
    draft.into_key(ApiKeyId::new(ID.uuid()), organization, &example_secret(), CREATED_AT)
}

pub(super) fn webhook() -> Value {
    serialized(WireEndpoint::from(endpoint()))
}

pub(super) fn webhooks() -> Value {
    serialized(webhook::cursor_page(CursorPage { items: vec![endpoint()], has_more: false }))
}

pub(super) fn new_webhook() -> Value {
    serialized(NewWireEndpoint::new(endpoint(), &SECRET))
}

pub(super) fn deleted_webhook() -> Value {
    serialized(DeletedEndpoint::new(ENDPOINT_ID))
}

pub(super) fn signing_secret() -> Value {
    serialized(NewSigningSecret::new(&SECRET))
}

pub(super) fn delivery() -> Value {
    serialized(WireDelivery::from(pending()))
}

pub(super) fn deliveries() -> Value {
    serialized(webhook_delivery::cursor_page(CursorPage { items: vec![pending()], has_more: false }))
}

fn endpoint() -> WebhookEndpoint {
    WebhookEndpoint {
        id: ENDPOINT_ID,
        created_at: CREATED_AT,
        updated_at: CREATED_AT,
        url: StoredUrl::from_stored("https://example.com/webhooks".to_owned()),
        name: EndpointLabel::default(),
        description: EndpointDescription::default(),
        enabled_events: vec![WebhookEventType::ProgramStatusUpdated],
        state: EndpointState::Enabled,
        disabled_reason: String::new(),
    }
}

fn pending() -> Delivery {
    let attempt = |outcome| Attempt { at: CREATED_AT, took: Duration::from_millis(120), outcome };
    Delivery {
        event_id: EventId::new(Uuid::from_u128(0x019d_191b_7f00_7b2a_9c3d_5e6f_7081_92a4)),
        event_type: WebhookEventType::ProgramStatusUpdated,
        created_at: CREATED_AT,
        state: DeliveryState::Pending,
        next_attempt_at: Some(EXPIRES_AT),
        attempts: vec![
            attempt(AttemptOutcome::Unanswered("there was no answer in time".into())),
            attempt(AttemptOutcome::Answered(503)),
        ],
    }
}

/// A body with a value for every field of `schema` that is not deprecated.
pub(super) fn body(schema: &Value) -> Value {
    let Some(properties) = schema["properties"].as_object() else { return Value::Null };
    let current = properties.iter().filter(|(_, field)| field["deprecated"] != true);
    let values = current.map(|(name, field)| {
        let value = if field["properties"].is_object() { body(field) } else { value(name) };
        (name.clone(), value)
    });
    Value::Object(values.collect())
}

fn value(field: &str) -> Value {
    let text = match field {
        "access_type" => "application",
        "account_status" => "active",
        "country" => "NZ",
        "description" => "For the help desk.",
        "email_hash" => "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514",
        "enabled_events" => return vec![Value::from(WebhookEventType::ProgramStatusUpdated.as_str())].into(),
        "entity_type" => "individual",
        "expires_at" => "2999-01-01T00:00:00Z",
        "external_id" | "reference_id" => "user_12345",
        "external_user_onboarded_at" | "onboarded_at" => "2026-03-15T10:00:00Z",
        "metadata" => return Value::Object(Map::from_iter([("plan".to_owned(), "pro".into())])),
        "name" => "Example User",
        "name_hash" => "6b51d431df5d7f141cbececcf79edf3dd861c3b4069f0b11661a3eefacbba918",
        "relationship" => "external",
        "scopes" => return vec![Value::from(Scope::ProfilesRead.as_str())].into(),
        "state" => "enabled",
        "type" => "enroll_end_user",
        "url" => "https://example.com/webhooks",
        "workspace_id" => "wrkspc_1",
        _ => return Value::Null,
    };
    text.into()
}

fn example() -> Profile {
    let draft = ProfileDraft {
        name: DisplayName::parse("Example User".to_owned()).ok(),
        details: ExternalUserDetails {
            reference_id: ReferenceId::parse("user_12345".to_owned()).ok(),
            ..ExternalUserDetails::default()
        },
        metadata: Metadata::parse([("plan".to_owned(), "pro".to_owned())]).unwrap_or_default(),
        ..ProfileDraft::default()
    };
    let mut profile = draft.into_profile(ID, CREATED_AT);
    let pending = TrustGrant { status: TrustGrantStatus::Pending, parts: GrantParts::new(), expires_at: None };
    profile.trust_grants.insert(GrantName::cyber(), pending);
    profile
}

/// `Null` for a value that cannot be serialized, which a test reports.
pub(super) fn serialized(answer: impl Serialize) -> Value {
    serde_json::to_value(answer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::body::reader as request;
    use crate::api::v2026_03_24::links;
    use crate::api::{ApiVersion, VersionVisitor, profile_body};

    struct ReadExamples;

    impl VersionVisitor for ReadExamples {
        type Output = ();

        fn visit<F: WireFormat>(self) {
            read_examples::<F>();
        }
    }

    fn read_examples<F: WireFormat>() {
        let now = datetime!(2026-03-24 0:00 UTC);
        let example = |schema: Value| body(&schema).to_string().into_bytes();
        let create = request::schema::<F::CreateProfile>();
        profile_body::parse::<F::CreateProfile>(&example(create), F::VERSION, now).unwrap();
        let update = request::schema::<F::UpdateProfile>();
        profile_body::parse::<F::UpdateProfile>(&example(update), F::VERSION, now).unwrap();
        let action_url = request::schema::<links::CreateActionUrl>();
        request::parse::<links::CreateActionUrl>(&example(action_url), now).unwrap();
    }

    #[test]
    fn every_example_of_a_body_is_accepted() {
        for version in ApiVersion::ALL {
            version.visit(ReadExamples);
        }
    }
}
