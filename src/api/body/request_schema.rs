//! The schemas of request bodies, recorded while their readers run.

use serde_json::{Map, Value, json};

use crate::api::wire::schema::nullable;

/// The meaning of an absent field and of `null`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) enum Presence {
    /// `null` means the same as absence.
    Optional,
    /// `null` clears the field.
    Clearable,
    /// May be absent, but not `null`.
    NeverNull,
    /// May be neither absent nor `null`.
    Required,
}

/// The fields that were read, and the rules between them.
#[derive(Debug, Default)]
pub(in crate::api) struct ObjectSchema {
    properties: Map<String, Value>,
    required: Vec<&'static str>,
    rules: Vec<Value>,
}

impl ObjectSchema {
    pub(in crate::api) fn field(&mut self, name: &'static str, presence: Presence, schema: Value) {
        let mut schema =
            if matches!(presence, Presence::Optional | Presence::Clearable) { nullable(schema) } else { schema };
        let null = match presence {
            Presence::Optional => " `null` means the same as absence.",
            Presence::Clearable => " `null` clears it.",
            Presence::NeverNull | Presence::Required => "",
        };
        let more = schema["description"].as_str().map(|more| format!(" {more}")).unwrap_or_default();
        schema["description"] = format!("{}{more}{null}", about(name)).into();
        if presence == Presence::Required {
            self.required.push(name);
        }
        self.properties.insert(name.to_owned(), schema);
    }

    pub(in crate::api) fn rule(&mut self, rule: Value) {
        self.rules.push(rule);
    }

    pub(in crate::api) fn deprecate(&mut self, name: &'static str) {
        if let Some(schema) = self.properties.get_mut(name) {
            schema["deprecated"] = true.into();
        }
    }

    pub(in crate::api) fn describe(&mut self, name: &'static str, about: &str) {
        if let Some(schema) = self.properties.get_mut(name) {
            schema["description"] = about.into();
        }
    }

    pub(in crate::api) fn into_schema(self) -> Value {
        let mut schema = json!({"type": "object", "properties": self.properties, "additionalProperties": false});
        if !self.required.is_empty() {
            schema["required"] = self.required.into();
        }
        if !self.rules.is_empty() {
            schema["allOf"] = self.rules.into();
        }
        schema
    }
}

/// The description that fields of this name share. Empty for an unknown name, which a test reports.
fn about(name: &str) -> &'static str {
    match name {
        "access_type" => {
            "How the platform uses the API for the entity: `application` for its own product, `passthrough` resold."
        }
        "account_status" => "The state of the entity's account with the platform.",
        "action" => "What whoever opens the link is to do.",
        "actor" => "The person or program that does this, as the operator names it.",
        "bucket_name" => "The name of the bucket.",
        "buckets" => "The bucket of each region, by the code of the region; `null` removes it.",
        "cmek" => "Encryption with keys of the entity.",
        "country" => "Where the entity is: two upper-case ASCII letters.",
        "description" => "A description for people. Empty: none.",
        "email_hash" => "The platform's own hash of the entity's e-mail address: opaque.",
        "enabled_events" => "The kinds of events that the endpoint subscribes to.",
        "entity_type" => "What the entity is.",
        "external_key_ids" => "The id of the key of each region, by the code of the region; `null` removes it.",
        "external_id" | "reference_id" => "The platform's own id for the entity; need not be unique.",
        "external_user_details" => "What the platform states about the entity.",
        "external_user_onboarded_at" | "onboarded_at" => {
            "When the entity signed up with the platform: with any offset, at most a minute in the future."
        }
        "metadata" => "The platform's own pairs.",
        "name" => "The entity's name.",
        "name_hash" => "The platform's own hash of the entity's name: opaque.",
        "note" => "A note of the actor, shown with the action.",
        "project_number" => "The number of the project that holds the bucket, in decimal.",
        "relationship" => {
            "What the entity is to the platform: an end user, a company that the platform resells to, or the platform itself."
        }
        "state" => "Whether deliveries are sent. Events while the endpoint is disabled are never delivered.",
        "storage" => "Storage in buckets of the entity.",
        "transition" => "The change of the action.",
        "type" => "What kind of action it is.",
        "url" => "The URL that deliveries are sent to.",
        _ => "",
    }
}
