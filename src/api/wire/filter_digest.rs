//! A digest of the filters of a list, by which a cursor recognizes those that it was made for.

use sha2::{Digest, Sha256};

use crate::domain::label::EnumLabel;
use crate::domain::profile::filter::ProfileFilter;
use crate::domain::text::Text;

/// See [`digest`].
pub(super) type FilterDigest = [u8; 8];

/// A digest of `filter`; the order of the values in one of its fields does not matter.
pub(super) fn digest(filter: &ProfileFilter) -> FilterDigest {
    let mut fields = FieldHasher(Sha256::new_with_prefix("uprof filters"));
    fields.add("reference_id", filter.reference_ids.iter().map(Text::as_str));
    for (key, values) in &filter.metadata {
        fields.add("metadata", [key.as_str()]);
        fields.add("metadata_value", values.iter().map(String::as_str));
    }
    for (name, statuses) in &filter.trust_grants {
        fields.add("trust_grant", [name.as_str()]);
        fields.add("trust_grant_status", labels(statuses));
    }
    fields.add("relationship", labels(&filter.relationships));
    let [from, until] = [filter.created.from, filter.created.until].map(|bound| {
        let nanoseconds = bound.map(|moment| moment.unix_timestamp_nanos().to_string());
        nanoseconds.unwrap_or_default()
    });
    fields.add("created_from", [from.as_str()]);
    fields.add("created_until", [until.as_str()]);
    fields.add("name", filter.names.iter().map(String::as_str));
    fields.add("name_prefix", filter.name_prefixes.iter().map(String::as_str));
    fields.add("enforcement_status", labels(&filter.statuses));
    fields.digest()
}

fn labels<T: EnumLabel>(values: &[T]) -> impl Iterator<Item = &'static str> {
    values.iter().map(|value| value.as_str())
}

/// Hashes fields without ambiguity: each text after its length, and each list after its.
struct FieldHasher(Sha256);

impl FieldHasher {
    fn add<'v>(&mut self, field: &str, values: impl IntoIterator<Item = &'v str>) {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_unstable();
        values.dedup();
        self.text(field);
        self.number(values.len());
        for value in values {
            self.text(value);
        }
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.update(text);
    }

    fn number(&mut self, number: usize) {
        self.0.update((number as u64).to_be_bytes());
    }

    fn digest(self) -> FilterDigest {
        let mut digest = FilterDigest::default();
        digest.copy_from_slice(&self.0.finalize()[..size_of::<FilterDigest>()]);
        digest
    }
}
