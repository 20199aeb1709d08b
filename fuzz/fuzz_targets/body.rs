//! A body is read as serde_json reads it, but for a repeated key, which is refused; and what a create or an update takes from it is what it
//! says.
#![no_main]

use std::collections::HashSet;
use std::fmt;

use libfuzzer_sys::fuzz_target;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use time::macros::datetime;
use uprof::api::ga::Ga;
use uprof::api::v2026_03_24::V2026_03_24;
use uprof::api::v2026_08_18::V2026_08_18;
use uprof::api::v2026_09_04::V2026_09_04;
use uprof::api::{WireFormat, fuzzing, profile_body};
use uprof::domain::clock::Timestamp;
use uprof::domain::profile::{ProfileDraft, ProfilePatch};
use uprof::domain::text::Text;

const NOW: Timestamp = datetime!(2026-03-15 10:00 UTC);

/// Whether an object of a document has a key twice.
struct RepeatsKey(bool);

impl<'de> Deserialize<'de> for RepeatsKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = RepeatsKey;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<RepeatsKey, E> {
        Ok(RepeatsKey(false))
    }
    fn visit_bool<E>(self, _: bool) -> Result<RepeatsKey, E> {
        Ok(RepeatsKey(false))
    }
    fn visit_i64<E>(self, _: i64) -> Result<RepeatsKey, E> {
        Ok(RepeatsKey(false))
    }
    fn visit_u64<E>(self, _: u64) -> Result<RepeatsKey, E> {
        Ok(RepeatsKey(false))
    }
    fn visit_f64<E>(self, _: f64) -> Result<RepeatsKey, E> {
        Ok(RepeatsKey(false))
    }
    fn visit_str<E>(self, _: &str) -> Result<RepeatsKey, E> {
        Ok(RepeatsKey(false))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<RepeatsKey, A::Error> {
        let mut repeats = false;
        while let Some(RepeatsKey(inside)) = items.next_element()? {
            repeats |= inside;
        }
        Ok(RepeatsKey(repeats))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<RepeatsKey, A::Error> {
        let (mut keys, mut repeats) = (HashSet::new(), false);
        while let Some((key, RepeatsKey(inside))) = pairs.next_entry::<String, _>()? {
            repeats |= inside | !keys.insert(key);
        }
        Ok(RepeatsKey(repeats))
    }
}

/// `value` with every number as 0, as the service reads it.
fn without_numbers(value: Value) -> Value {
    match value {
        Value::Number(_) => 0.into(),
        Value::Array(items) => items.into_iter().map(without_numbers).collect(),
        Value::Object(object) => object.into_iter().map(|(key, item)| (key, without_numbers(item))).collect(),
        other => other,
    }
}

/// `reference_id` is where the platform's own id of the entity stands.
fn check_create<F: WireFormat>(bytes: &[u8], object: &Value, reference_id: &[&str]) {
    let Ok(body) = profile_body::parse::<F::CreateProfile>(bytes, F::VERSION, NOW) else { return };
    let draft: ProfileDraft = body.into();
    assert!(object.is_object());
    assert_eq!(draft.name.as_ref().map(Text::as_str), object["name"].as_str());
    let reference_id = reference_id.iter().fold(object, |value, key| &value[*key]).as_str();
    assert_eq!(draft.details.reference_id.as_ref().map(Text::as_str), reference_id);
    let pairs: Map<_, _> = draft.metadata.pairs().map(|(key, value)| (key.to_owned(), value.into())).collect();
    assert_eq!(pairs, object["metadata"].as_object().cloned().unwrap_or_default());
    assert!(pairs.len() <= 16);
    for text in [object["name"].as_str(), reference_id].into_iter().flatten() {
        assert!((1..=255).contains(&text.chars().count()) && !text.contains('\0'));
    }
}

fn check_update<F: WireFormat>(bytes: &[u8], object: &Value) {
    let Ok(body) = profile_body::parse::<F::UpdateProfile>(bytes, F::VERSION, NOW) else { return };
    let patch: ProfilePatch = body.into();
    let profile = ProfileDraft::default().into_profile("uprof_010000000000000000000001".parse().unwrap(), NOW);
    let Ok(Some(patched)) = profile.patched(&patch, NOW) else { return };
    assert_eq!(patched.name.as_ref().map(Text::as_str), object["name"].as_str());
    assert_eq!(patched.patched(&patch, NOW).unwrap(), None, "the same update again changes something");
}

fuzz_target!(|bytes: &[u8]| {
    let read = fuzzing::read_json(bytes);
    let plain = std::str::from_utf8(bytes).ok().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let repeats = serde_json::from_slice(bytes).is_ok_and(|RepeatsKey(repeats)| repeats);
    assert_eq!(read.clone().ok(), plain.filter(|_| !repeats).map(without_numbers), "{read:?}");
    let object = read.unwrap_or_default();
    check_create::<V2026_03_24>(bytes, &object, &["external_id"]);
    check_create::<V2026_08_18>(bytes, &object, &["external_id"]);
    check_create::<V2026_09_04>(bytes, &object, &["external_user_details", "reference_id"]);
    check_create::<Ga>(bytes, &object, &["external_user_details", "reference_id"]);
    check_update::<V2026_03_24>(bytes, &object);
    check_update::<V2026_08_18>(bytes, &object);
    check_update::<V2026_09_04>(bytes, &object);
    check_update::<Ga>(bytes, &object);
});
