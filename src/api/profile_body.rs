//! Bodies of profiles. A field of another version gets a more helpful message than a misspelt one.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::body::{Body, reader};
use super::{ApiVersion, VersionVisitor, WireFormat};
use crate::api::body::fields::extra;
use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::label::EnumLabel;

/// The fields that creates and updates of any version read.
static FIELDS_OF_ANY_VERSION: LazyLock<BTreeSet<String>> =
    LazyLock::new(|| ApiVersion::ALL.iter().flat_map(|version| version.visit(ProfileFields)).collect());

/// Reads `bytes`, which arrived `now`, as a `B` of `version`.
///
/// # Errors
/// `Invalid`: not JSON, not an object, or every invalid field.
pub fn parse<B: Body>(bytes: &[u8], version: ApiVersion, now: Timestamp) -> Result<B> {
    reader::parse_object(bytes, now, B::read, |name| {
        if FIELDS_OF_ANY_VERSION.contains(name) { version.not_accepted() } else { extra() }
    })
}

/// The fields that creates and updates of a version read.
struct ProfileFields;

impl VersionVisitor for ProfileFields {
    type Output = BTreeSet<String>;

    fn visit<F: WireFormat>(self) -> BTreeSet<String> {
        let bodies = [reader::schema::<F::CreateProfile>(), reader::schema::<F::UpdateProfile>()];
        let properties = bodies.iter().filter_map(|body| body["properties"].as_object());
        properties.flat_map(|fields| fields.keys().cloned()).collect()
    }
}
