//! Headers, path and query parameters.

use serde_json::{Map, Value, json};

use super::component::reference;
use crate::api::body::values::bounded;
use crate::api::export::{ExportFormat, MAX_LIMIT};
use crate::api::wire::scalars::{WireId, label_schema};
use crate::api::wire::schema::schema_of;
use crate::api::{ANTHROPIC_VERSION, Selector, WireFormat};
use crate::domain::id::{IdKind, ProfileKind};
use crate::domain::label::EnumLabel;
use crate::domain::page::{Order, PageLimit};
use crate::domain::profile::list::OrderBy;
use crate::domain::profile::metadata::{MAX_KEY_CHARACTERS, MAX_VALUE_CHARACTERS};
use crate::domain::profile::relationship::AccessType;
use crate::domain::text::{DisplayName, ReferenceId, Text};
use crate::domain::trust::enforcement::EnforcementStatus;
use crate::domain::trust::grant::{GrantName, TrustGrantStatus};

/// The parameters that several operations have, by the names of their components.
pub(super) fn components<F: WireFormat>() -> Value {
    let mut components = Map::new();
    components.insert("shape".to_owned(), shape::<F>());
    if is_selected_by_beta::<F>() {
        let about = "The date of the API that the request is written for. A request that asks for a shape by name gets that one.";
        components.insert(
            "version".to_owned(),
            header(ANTHROPIC_VERSION, about, &json!({"type": "string", "format": "date"})),
        );
    }
    if F::DOCUMENTS_RETRIES_AND_CONDITIONS {
        components.insert("idempotency_key".to_owned(), idempotency_key());
        components.insert("if_match".to_owned(), if_match());
    }
    components.insert("workspace".to_owned(), workspace());
    components.insert("user_profile_id".to_owned(), user_profile_id());
    components.into()
}

/// Whether `anthropic-beta` selects the version, so that `anthropic-version` is a parameter of its own.
fn is_selected_by_beta<F: WireFormat>() -> bool {
    F::SELECTOR == Selector::Beta
}

/// The header `Idempotency-Key`.
pub(super) fn idempotency_key() -> Value {
    let about = "A key of the caller's own, such as a UUID. A request that is repeated under it within 24 hours is done once and answered as the \
        first time, with the header `idempotent-replayed: true`; another request under it is refused.";
    let schema = json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]*$"});
    header("Idempotency-Key", about, &schema)
}

/// The header `If-Match`.
pub(super) fn if_match() -> Value {
    let about = "The entity tags of the profile, or `*` for any: the request changes the profile only if it has the revision of one of them.";
    let tag = "(W/)?\"[!#-~]*\"";
    let pattern = format!("^(\\*|{tag}( *, *{tag})*)$");
    header("If-Match", about, &json!({"type": "string", "minLength": 1, "pattern": pattern, "examples": ["*"]}))
}

pub(super) fn workspace() -> Value {
    let about = "The workspace that the request is for. A key that is bound to one serves no other.";
    header("anthropic-workspace-id", about, &json!({"type": "string"}))
}

pub(super) fn user_profile_id() -> Value {
    path_id::<ProfileKind>("user_profile_id", "The id of the profile.")
}

/// The id of an object in a path.
pub(super) fn path_id<K: IdKind>(name: &str, about: &str) -> Value {
    path(name, &format!("{about} A malformed id names nothing, so nothing is found."), &schema_of::<WireId<K>>())
}

pub(super) fn path(name: &str, about: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "path", "required": true, "description": about, "schema": schema})
}

/// The parameters of every operation.
pub(super) fn of_all<F: WireFormat>() -> Vec<Value> {
    let names: &[&str] =
        if is_selected_by_beta::<F>() { &["shape", "version", "workspace"] } else { &["shape", "workspace"] };
    names.iter().map(|name| reference("parameters", name)).collect()
}

/// Whether a batch is done as a whole or not at all.
pub(super) fn atomic() -> Value {
    let about = "Whether all requests are done, or none: then the batch is 400 if one of them is refused, and the message names each by its `custom_id`.";
    query("atomic", about, &json!({"type": "boolean", "default": false}))
}

/// The further parameters of a list.
pub(super) fn of_list<F: WireFormat>() -> Vec<Value> {
    let mut parameters = vec![
        query("limit", "How many profiles a page holds at the most.", &limit_schema()),
        query("order", "The way the list runs.", &with_default(label_schema::<Order>(), Order::default())),
        query(
            "order_by",
            "What the list is sorted by. By name: the case of ASCII letters does not count, profiles without a name come last \
             whichever way the list runs, and ties are sorted by id.",
            &with_default(label_schema::<OrderBy>(), OrderBy::default()),
        ),
        query(
            "page",
            "Where to go on: `next_page` of the page before. The other parameters must be the same as for that page.",
            &json!({"type": "string", "minLength": 1}),
        ),
    ];
    parameters.extend(all_filters::<F>());
    parameters
}

/// The further parameters of an export.
pub(super) fn of_export<F: WireFormat>() -> Vec<Value> {
    let formats: Vec<_> = ExportFormat::labels().collect();
    let mut parameters = vec![
        query(
            "format",
            "The format. Without it the header `accept` decides, which may be `application/x-ndjson` or `text/csv`.",
            &json!({"type": "string", "enum": formats}),
        ),
        query(
            "limit",
            "How many profiles are exported at the most; all without it.",
            &json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}),
        ),
        query(
            "after_id",
            "Only profiles that were created after the one with this id: where to go on after an export that was cut, whose last profile it names.",
            &schema_of::<WireId<ProfileKind>>(),
        ),
        query(
            "page",
            "Where to go on: `next_page` of the last line of an export with the same filters. Excludes `after_id`.",
            &json!({"type": "string", "minLength": 1}),
        ),
    ];
    parameters.extend(all_filters::<F>());
    parameters
}

fn all_filters<F: WireFormat>() -> Vec<Value> {
    let mut parameters = Vec::new();
    if F::FILTERS_BY_ENFORCEMENT {
        let about = "Only profiles with one of these. A filtered page may be short or empty and still name a next one. \
            May be written `enforcement_status[]` too.";
        parameters.push(query(
            "enforcement_status",
            about,
            &json!({"type": "array", "items": label_schema::<EnforcementStatus>()}),
        ));
    }
    if F::DOCUMENTS_FILTERS {
        parameters.extend(filters());
    }
    parameters
}

/// The filters of the newest version. Each may be repeated, which the schemas leave out: clients repeat an object in forms of their own.
fn filters() -> Vec<Value> {
    let name = bounded(1, DisplayName::MAX_CHARACTERS);
    let reference_id = bounded(1, ReferenceId::MAX_CHARACTERS);
    let moment = json!({"type": "string", "format": "date-time"});
    vec![
        object(
            "external_user_details",
            "Only profiles with this id of the platform's own: `external_user_details[reference_id]=user_1`. A filter may be repeated: one of its values \
             has to fit. Several filters have to fit all. They are the same for each page.",
            &json!({"reference_id": reference_id}),
        ),
        map(
            "metadata",
            "Only profiles with this pair: `metadata[plan]=pro`.",
            &bounded(1, MAX_KEY_CHARACTERS),
            &bounded(1, MAX_VALUE_CHARACTERS),
        ),
        map(
            "trust_grant",
            "Only profiles whose grant has this status: `trust_grant[cyber]=pending`.",
            &json!({"type": "string", "pattern": GrantName::PATTERN}),
            &label_schema::<TrustGrantStatus>(),
        ),
        query("access_type", "Only profiles with this one.", &label_schema::<AccessType>()),
        object(
            "created_at",
            "Only profiles created after (`created_at[gt]`), not before (`gte`), before (`lt`) or not after (`lte`) this time.",
            &json!({"gt": moment, "gte": moment, "lt": moment, "lte": moment}),
        ),
        query("name", "Only profiles with this name. The case of ASCII letters does not count.", &name),
        query("name[prefix]", "Only profiles whose name begins so. The case of ASCII letters does not count.", &name),
    ]
}

/// A parameter of which each property is sent as `name[property]`.
fn object(name: &str, about: &str, properties: &Value) -> Value {
    deep(name, about, &json!({"type": "object", "properties": properties, "additionalProperties": false}))
}

/// The same of properties whose names are the caller's.
fn map(name: &str, about: &str, keys: &Value, values: &Value) -> Value {
    deep(name, about, &json!({"type": "object", "propertyNames": keys, "additionalProperties": values}))
}

fn deep(name: &str, about: &str, schema: &Value) -> Value {
    let mut parameter = query(name, about, schema);
    parameter["style"] = "deepObject".into();
    parameter["explode"] = true.into();
    parameter
}

/// The header that selects the version.
fn shape<F: WireFormat>() -> Value {
    let (name, value) = F::VERSION.header();
    let about = match F::SELECTOR {
        Selector::Date { .. } => {
            "Asks for this shape, as any later date does. Needless where the organization is pinned to it."
        }
        Selector::Beta => {
            "Asks for this shape. Values of other features may follow, separated by commas. Needless where the organization is pinned \
             to this shape."
        }
    };
    let mut header = header(name, about, &json!({"type": "string", "enum": [value]}));
    header["required"] = true.into();
    header
}

fn header(name: &str, about: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "header", "description": about, "schema": schema})
}

pub(super) fn query(name: &str, about: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "query", "description": about, "schema": schema})
}

pub(super) fn limit_schema() -> Value {
    json!({"type": "integer", "minimum": 1, "maximum": PageLimit::MAX, "default": PageLimit::default().get()})
}

pub(super) fn with_default(mut schema: Value, default: impl EnumLabel) -> Value {
    schema["default"] = default.as_str().into();
    schema
}
