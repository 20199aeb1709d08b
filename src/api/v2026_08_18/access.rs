//! `access_type`, and its predecessor `relationship`, which some clients send beside it.

use serde_json::{Value, json};

use crate::api::body::fields::Fields;
use crate::api::body::values;
use crate::domain::error::reason;
use crate::domain::label::EnumLabel;
use crate::domain::profile::relationship::{AccessType, Relationship, RelationshipChange};

/// `access_type` and `relationship`, which must not contradict each other; `relationship` is more specific and wins.
pub(super) fn read_with_alias(fields: &mut Fields) -> Option<RelationshipChange> {
    let access_type: Option<AccessType> = fields.optional("access_type", values::label());
    let relationship: Option<Relationship> = fields.optional("relationship", values::label());
    fields.documented_as_deprecated("relationship");
    for access_type in AccessType::ALL {
        fields.documented_rule(|| agreement(*access_type));
    }
    if let (Some(access_type), Some(relationship)) = (access_type, relationship)
        && relationship.access_type() != access_type
    {
        fields.refuse("relationship", reason("contradiction", "Value contradicts `access_type`"));
    }
    relationship.map(RelationshipChange::To).or(access_type.map(RelationshipChange::ToFit))
}

/// The values of `relationship` that are allowed beside an `access_type`.
fn agreement(access_type: AccessType) -> Value {
    let fits = |relationship: &&Relationship| relationship.access_type() == access_type;
    let fitting = Relationship::ALL.iter().filter(fits).map(|relationship| Some(relationship.as_str()));
    let fitting: Vec<_> = fitting.chain([None]).collect();
    json!({
        "if": {"properties": {"access_type": {"const": access_type.as_str()}}, "required": ["access_type"]},
        "then": {"properties": {"relationship": {"enum": fitting}}},
    })
}

/// `access_type` alone, in an update.
pub(in crate::api) fn read_access_change(fields: &mut Fields) -> Option<RelationshipChange> {
    fields.optional("access_type", values::label()).map(RelationshipChange::ToFit)
}

/// `access_type` alone, in a create.
pub(in crate::api) fn read_relationship(fields: &mut Fields) -> Relationship {
    created(read_access_change(fields))
}

/// The relationship of a new profile.
pub(super) fn created(change: Option<RelationshipChange>) -> Relationship {
    change.map_or_else(Relationship::default, |change| change.applied_to(Relationship::default()))
}
