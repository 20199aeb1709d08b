//! The data controls of a profile on Google's cloud, in requests and answers.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::json;
use validator::{ValidationErrors, ValidationErrorsKind};

use crate::api::body::Body;
use crate::api::body::fields::Fields;
use crate::api::body::json::Json;
use crate::api::body::values::{self, FieldParser, Parsed, one};
use crate::api::wire::scalars::{WireId, WireLabel};
use crate::api::wire::timestamp::WireTimestamp;
use crate::domain::clock::Timestamp;
use crate::domain::error::reason;
use crate::domain::id::ProfileKind;
use crate::domain::label::labels;
use crate::domain::profile::Profile;
use crate::domain::profile::data_controls::{DataControlState, DataControlsPatch, bucket_label_value};

labels! {
    /// The `type` of the answer.
    DataControlsType {
        /// The controls of a profile.
        GoogleManagedDataControls = "google_managed_data_controls",
    }
}

labels! {
    /// The `type` of a control in an answer: this service enables none.
    ShownControlType {
        /// The control is off.
        Disabled = "disabled",
    }
}

/// Both controls of a profile.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WireDataControls {
    /// What kind of object this is.
    r#type: WireLabel<DataControlsType>,
    /// The id of the profile.
    user_profile_id: WireId<ProfileKind>,
    /// The value of the label that a bucket of the profile would have to carry. It never changes.
    bucket_label_value: String,
    /// Encryption with keys of the entity.
    cmek: WireCmek,
    /// Storage in buckets of the entity.
    storage: WireStorage,
    /// When a control was last changed, in UTC: never since the creation of the profile.
    updated_at: WireTimestamp,
}

/// The control of encryption keys.
#[derive(Debug, Serialize, JsonSchema)]
struct WireCmek {
    /// Whether the control is in effect: never.
    r#type: WireLabel<ShownControlType>,
    /// Keys that are no longer in use: none.
    #[schemars(schema_with = "nothing")]
    retired_keys: [(); 0],
}

/// The control of storage buckets.
#[derive(Debug, Serialize, JsonSchema)]
struct WireStorage {
    /// Whether the control is in effect: never.
    r#type: WireLabel<ShownControlType>,
    /// Buckets that are no longer in use: none.
    #[schemars(schema_with = "nothing")]
    retired_buckets: [(); 0],
}

fn nothing(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "array", "maxItems": 0})
}

impl From<Profile> for WireDataControls {
    fn from(profile: Profile) -> Self {
        let disabled = WireLabel(ShownControlType::Disabled);
        Self {
            r#type: WireLabel(DataControlsType::GoogleManagedDataControls),
            user_profile_id: WireId(profile.id),
            bucket_label_value: bucket_label_value(profile.id),
            cmek: WireCmek { r#type: disabled, retired_keys: [] },
            storage: WireStorage { r#type: disabled, retired_buckets: [] },
            updated_at: WireTimestamp(profile.created_at),
        }
    }
}

/// `{"cmek":{"type":…},"storage":{"type":…}}`. Keys and buckets are validated and not stored, since no control is ever enabled.
#[derive(Debug)]
pub struct UpdateDataControls(pub DataControlsPatch);

impl Body for UpdateDataControls {
    fn read(fields: &mut Fields) -> Self {
        let cmek = fields.object("cmek", |control| read_control(control, "external_key_ids", external_key_ids));
        let storage = fields.object("storage", |control| read_control(control, "buckets", buckets));
        Self(DataControlsPatch { cmek: cmek.flatten(), storage: storage.flatten() })
    }
}

/// A control, whose regions are the field `name` of one that is enabled.
fn read_control(
    control: &mut Fields,
    name: &'static str,
    regions: fn() -> FieldParser<()>,
) -> Option<DataControlState> {
    let state = control.required("type", values::label());
    control
        .documented_as("type", "Whether the control is to be in effect. `enabled` is refused: no control is approved.");
    if state != Some(DataControlState::Disabled) {
        control.optional(name, regions());
    }
    state
}

fn external_key_ids() -> FieldParser<()> {
    FieldParser {
        parse: |value, now| by_region(value, now, |key, _| string(&key)),
        schema: || json!({"type": "object", "additionalProperties": {"type": ["string", "null"]}}),
    }
}

fn buckets() -> FieldParser<()> {
    FieldParser {
        parse: |value, now| {
            by_region(value, now, |bucket, now| match bucket {
                Json::Object(bucket) => Fields::nested(bucket, now, read_bucket),
                _ => Err(one(reason("type", "Input should be a valid object"))),
            })
        },
        schema: || {
            let mut bucket = Fields::schema_of(read_bucket);
            bucket["type"] = json!(["object", "null"]);
            json!({"type": "object", "additionalProperties": bucket})
        },
    }
}

fn read_bucket(bucket: &mut Fields) {
    for name in ["bucket_name", "project_number"] {
        let text = FieldParser { parse: |value, _| string(&value), schema: || json!({"type": "string"}) };
        bucket.required(name, text);
    }
}

/// An object whose keys are codes of regions; `null` removes what a region has.
fn by_region(value: Json, now: Timestamp, parse: fn(Json, Timestamp) -> Parsed<()>) -> Parsed<()> {
    let Json::Object(regions) = value else { return Err(one(reason("type", "Input should be a valid object"))) };
    let mut violations = ValidationErrors::new();
    for (region, value) in regions {
        if value != Json::Null
            && let Err(violation) = parse(value, now)
        {
            violations.errors_mut().insert(region.into(), violation);
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(ValidationErrorsKind::Struct(Box::new(violations))) }
}

fn string(value: &Json) -> Parsed<()> {
    match value {
        Json::String(_) => Ok(()),
        _ => Err(one(reason("type", "Input should be a valid string"))),
    }
}
