//! One request of a batch, with its params unread.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use crate::api::body::fields::extra;
use crate::domain::error::reason;
use crate::domain::text::bounded;

/// The most characters of a custom id.
pub(super) const MAX_CUSTOM_ID_CHARACTERS: u64 = 64;

/// One request of a batch.
#[derive(Debug, PartialEq, Eq)]
pub struct BatchRequest<'b> {
    /// By which the caller finds its result.
    pub custom_id: String,
    /// The profile to update; without one, a profile is created.
    pub user_profile_id: Option<String>,
    /// The body of the create or the update.
    pub params: &'b str,
}

/// The fields of a request, unread.
#[derive(Default)]
pub(super) struct RawRequest<'b> {
    custom_id: Option<&'b RawValue>,
    user_profile_id: Option<&'b RawValue>,
    params: Option<&'b RawValue>,
    /// The first field that a request does not have, and the first that it has twice.
    unknown: Option<String>,
    repeated: Option<&'static str>,
}

impl<'b> RawRequest<'b> {
    /// The request; its custom id is added to `custom_ids`.
    pub(super) fn parse(
        self,
        custom_ids: &mut HashSet<String>,
    ) -> std::result::Result<BatchRequest<'b>, ValidationErrors> {
        let mut violations = ValidationErrors::new();
        let required = || reason("required", "Field required");
        let custom_id = self.custom_id.ok_or_else(required).and_then(string).and_then(|text| {
            bounded(&text, 1, MAX_CUSTOM_ID_CHARACTERS)?;
            if custom_ids.insert(text.clone()) { Ok(text) } else { Err(reason("repeated", "Value is repeated")) }
        });
        let custom_id = custom_id.map_err(|violation| violations.add("custom_id", violation)).ok();
        let user_profile_id = self.user_profile_id.map(string).transpose();
        let user_profile_id = user_profile_id.map_err(|violation| violations.add("user_profile_id", violation)).ok();
        let params = self.params.ok_or_else(required).map_err(|violation| violations.add("params", violation)).ok();
        if let Some(name) = self.repeated {
            violations.add(name, reason("repeated", "Field is repeated"));
        }
        if let Some(name) = self.unknown {
            violations.errors_mut().insert(name.into(), ValidationErrorsKind::Field(vec![extra()]));
        }
        match (custom_id, user_profile_id, params) {
            (Some(custom_id), Some(user_profile_id), Some(params)) if violations.is_empty() => {
                Ok(BatchRequest { custom_id, user_profile_id, params: params.get() })
            }
            _ => Err(violations),
        }
    }
}

fn string(json: &RawValue) -> std::result::Result<String, ValidationError> {
    if !json.get().starts_with('"') {
        return Err(reason("type", "Input should be a valid string"));
    }
    serde_json::from_str(json.get()).map_err(|error| reason("json", format!("Invalid JSON: {error}")))
}

impl<'de> Deserialize<'de> for RawRequest<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(RawRequestVisitor)
    }
}

struct RawRequestVisitor;

impl<'de> Visitor<'de> for RawRequestVisitor {
    type Value = RawRequest<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> std::result::Result<RawRequest<'de>, A::Error> {
        let mut request = RawRequest::default();
        while let Some(name) = pairs.next_key::<String>()? {
            let (field, name) = match name.as_str() {
                "custom_id" => (&mut request.custom_id, "custom_id"),
                "user_profile_id" => (&mut request.user_profile_id, "user_profile_id"),
                "params" => (&mut request.params, "params"),
                _ => {
                    pairs.next_value::<IgnoredAny>()?;
                    request.unknown.get_or_insert(name);
                    continue;
                }
            };
            if field.replace(pairs.next_value()?).is_some() {
                request.repeated = Some(name);
            }
        }
        Ok(request)
    }
}
