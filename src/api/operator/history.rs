//! The history of a profile: its revisions.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::api::WireFormat;
use crate::api::wire::history_cursor;
use crate::api::wire::id_page::IdPage;
use crate::api::wire::parameters::{self, Parameters};
use crate::api::wire::scalars::{WireId, WireLabel};
use crate::api::wire::timestamp::WireTimestamp;
use crate::domain::error::{Error, Result, reason};
use crate::domain::event::{EventDetails, EventKind, EventSubject};
use crate::domain::history::{ChangeAuthor, HistoryKeyset, HistoryQuery, ProfileChange};
use crate::domain::id::{ApiKeyKind, EventMark, OrganizationId, ProfileId};
use crate::domain::label::labels;
use crate::domain::page::Page;
use crate::domain::profile::ProfileField;
use crate::domain::text::Text;

labels! {
    /// The `type` of a revision.
    RevisionType {
        /// A revision.
        UserProfileRevision = "user_profile_revision",
    }
}

/// A revision of a profile, and the change that made it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WireRevision {
    /// The type of the object.
    r#type: WireLabel<RevisionType>,
    /// The number of the revision, as the `ETag` of the profile has it; 1 at its creation.
    revision: i64,
    /// Time of the change, in UTC.
    created_at: WireTimestamp,
    /// The event of the change.
    event: RevisionEvent,
    /// The API key that created or updated the profile. Null: another change.
    api_key_id: Option<WireId<ApiKeyKind>>,
    /// The actor of a decision on a grant, or of an enforcement action that was opened or resolved. Null: another change.
    actor: Option<String>,
    /// The fields that an update changed, named as in events; empty for other changes.
    fields: Vec<WireLabel<ProfileField>>,
    /// The values of these fields before the update, in the shape of the request, if the service stores them. Null: it does not, or the change
    /// is no update.
    #[schemars(schema_with = "values_schema")]
    before: Option<Value>,
}

/// The values before an update: the fields of all shapes, since the request selects one.
fn values_schema(_: &mut SchemaGenerator) -> Schema {
    let about = |field: &str| format!("`{field}` before the update.");
    let of = |field: &str, mut schema: Value| {
        schema["description"] = about(field).into();
        (field.to_owned(), schema)
    };
    let unset = |field: &str| of(field, json!({"type": ["string", "null"]}));
    let moment = |field: &str| of(field, json!({"type": ["string", "null"], "format": "date-time"}));
    let details = ["account_status", "country", "email_hash", "entity_type", "name_hash", "reference_id"].map(unset);
    let details: Map<_, _> = details.into_iter().chain([moment("onboarded_at")]).collect();
    let fields = Map::from_iter([
        of("access_type", json!({"type": "string"})),
        unset("external_id"),
        of("external_user_details", json!({"type": "object", "properties": details})),
        moment("external_user_onboarded_at"),
        of("metadata", json!({"type": "object", "additionalProperties": {"type": "string"}})),
        unset("name"),
        of("relationship", json!({"type": "string"})),
    ]);
    json_schema!({"type": ["object", "null"], "properties": fields})
}

/// The event of a change.
#[derive(Debug, Serialize, JsonSchema)]
struct RevisionEvent {
    /// The id of the event.
    id: WireId<EventMark>,
    /// The kind of the event.
    r#type: WireLabel<EventKind>,
}

impl WireRevision {
    /// The `change`, with values in the shape of `F`.
    ///
    /// # Errors
    /// `Internal`.
    fn new<F: WireFormat>(change: ProfileChange) -> Result<Self> {
        let kind = change.event.kind();
        let profile = change.event.profile_id();
        let fields = match change.event.subject {
            EventSubject::Profile(_, EventDetails::Updated(fields)) => fields,
            _ => Vec::new(),
        };
        let (api_key_id, actor) = match change.author {
            ChangeAuthor::ApiKey(id) => (Some(WireId(id)), None),
            ChangeAuthor::Actor(actor) => (None, Some(actor.into_string())),
            ChangeAuthor::Unknown => (None, None),
        };
        let before = match (change.before, profile) {
            (Some(before), Some(profile)) => {
                let shown = F::Profile::from(before.into_profile(profile, change.event.created_at));
                let shown = serde_json::to_value(shown).map_err(Error::internal)?;
                Some(selected(&shown, &fields))
            }
            _ => None,
        };
        Ok(Self {
            r#type: WireLabel(RevisionType::UserProfileRevision),
            revision: change.revision.number(),
            created_at: WireTimestamp(change.event.created_at),
            event: RevisionEvent { id: WireId(change.event.id), r#type: WireLabel(kind) },
            api_key_id,
            actor,
            fields: fields.into_iter().map(WireLabel).collect(),
            before,
        })
    }
}

/// The parts of a `profile` that show `fields`. A field that its shape does not have is left out.
fn selected(profile: &Value, fields: &[ProfileField]) -> Value {
    let mut selected = Map::new();
    for path in fields.iter().flat_map(|field| paths(*field)) {
        match path.split_once('.') {
            None => {
                if let Some(value) = profile.get(path) {
                    selected.insert((*path).to_owned(), value.clone());
                }
            }
            Some((outer, inner)) => {
                if let Some(value) = profile.get(outer).and_then(|outer| outer.get(inner)) {
                    let below = selected.entry(outer).or_insert_with(|| Map::new().into());
                    below[inner] = value.clone();
                }
            }
        }
    }
    selected.into()
}

/// Where the shapes show a field.
const fn paths(field: ProfileField) -> &'static [&'static str] {
    match field {
        ProfileField::AccountStatus => &["external_user_details.account_status"],
        ProfileField::Country => &["external_user_details.country"],
        ProfileField::EmailHash => &["external_user_details.email_hash"],
        ProfileField::EntityType => &["external_user_details.entity_type"],
        ProfileField::Metadata => &["metadata"],
        ProfileField::Name => &["name"],
        ProfileField::NameHash => &["external_user_details.name_hash"],
        ProfileField::OnboardedAt => &["external_user_onboarded_at", "external_user_details.onboarded_at"],
        ProfileField::ReferenceId => &["external_id", "external_user_details.reference_id"],
        ProfileField::Relationship => &["relationship", "access_type"],
    }
}

const PARAMETERS: &[&str] = &["limit", "page"];

/// Reads the query string's `pairs`, of the history of a profile.
///
/// # Errors
/// `Invalid` with every invalid parameter.
pub fn parse_query(
    organization: OrganizationId,
    profile_id: ProfileId,
    pairs: Vec<(String, String)>,
) -> Result<HistoryQuery> {
    let mut parameters = Parameters::new(PARAMETERS, pairs);
    let limit = parameters.one("limit", parameters::limit).unwrap_or_default();
    let after = parameters.last("page", |text| {
        history_cursor::decode(organization, profile_id, text).map_err(|error| reason("cursor", error.to_string()))
    });
    parameters.finish()?;
    Ok(HistoryQuery { profile_id, limit, after })
}

/// The `page` that `query` selects, in the shape of `F`.
///
/// # Errors
/// `Internal`.
pub fn page<F: WireFormat>(
    organization: OrganizationId,
    query: HistoryQuery,
    page: Page<ProfileChange, HistoryKeyset>,
) -> Result<IdPage<WireRevision>> {
    let items = page.items.into_iter().map(WireRevision::new::<F>).collect::<Result<Vec<_>>>()?;
    let encode = |keyset| history_cursor::encode(organization, query.profile_id, keyset);
    Ok(IdPage::with_cursor(Page { items, next: page.next }, encode, |item| item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changed_fields_that_the_shape_has_are_selected() {
        let shown = json!({
            "name": "Old", "metadata": {}, "access_type": "application",
            "external_user_details": {"country": "NZ", "reference_id": null},
        });
        let fields = [ProfileField::Country, ProfileField::Name, ProfileField::ReferenceId, ProfileField::EmailHash];
        let expected = json!({"name": "Old", "external_user_details": {"country": "NZ", "reference_id": null}});
        assert_eq!(selected(&shown, &fields), expected);
    }
}
