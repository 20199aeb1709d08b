//! The flags for the fields of a body. The server validates their values.

use clap::Args;

use super::document::Document;
use super::text::{self, MapFlag};

/// What a flag changes in a body.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::cli) enum Change {
    /// A field gets a value.
    Field(&'static str, Document),
    /// A key of a field that is a map gets a value; the others stay.
    Key(&'static str, String, Document),
}

impl Change {
    pub(super) fn apply(self, body: &mut Document) {
        match self {
            Self::Field(field, value) => body.set(field, value),
            Self::Key(field, key, value) => body.set_in(field, &key, value),
        }
    }
}

/// The fields of all beta versions; `--beta` selects one.
#[derive(Args, Debug)]
pub(in crate::cli) struct BetaFields {
    #[command(flatten)]
    shared: SharedFields,
    /// Your id for the entity that the profile represents
    #[arg(long, value_name = "TEXT", value_parser = text::nullable())]
    external_id: Option<Document>,
    /// external, resold or internal
    #[arg(long, value_name = "VALUE", value_parser = text::nullable())]
    relationship: Option<Document>,
    /// When the entity signed up with you, in RFC 3339 (from user-profiles-2026-08-18 on)
    #[arg(long, value_name = "TIME", value_parser = text::nullable())]
    external_user_onboarded_at: Option<Document>,
    // Last, because its help heading applies to all flags after it.
    #[command(flatten)]
    details: ExternalUserDetailsArgs,
}

impl From<BetaFields> for Vec<Change> {
    fn from(fields: BetaFields) -> Self {
        let mut changes = fields.shared.into_changes();
        changes.extend(field("external_id", fields.external_id));
        changes.extend(field("relationship", fields.relationship));
        changes.extend(field("external_user_onboarded_at", fields.external_user_onboarded_at));
        changes.extend(fields.details.into_changes());
        changes
    }
}

/// The fields of the general version.
#[derive(Args, Debug)]
pub(in crate::cli) struct GeneralFields {
    #[command(flatten)]
    shared: SharedFields,
    #[command(flatten)]
    details: ExternalUserDetailsArgs,
}

impl From<GeneralFields> for Vec<Change> {
    fn from(fields: GeneralFields) -> Self {
        let mut changes = fields.shared.into_changes();
        changes.extend(fields.details.into_changes());
        changes
    }
}

#[derive(Args, Debug)]
struct SharedFields {
    /// The real-world name of the entity that the profile represents
    #[arg(long, value_name = "TEXT", value_parser = text::nullable())]
    name: Option<Document>,
    /// A map of strings, in YAML or JSON; or one pair KEY=VALUE, which is added to it: repeatable
    #[arg(long, value_name = "MAP", value_parser = text::map)]
    metadata: Vec<MapFlag>,
    /// application or passthrough (under --beta, from user-profiles-2026-08-18 on)
    #[arg(long, value_name = "VALUE", value_parser = text::nullable())]
    access_type: Option<Document>,
}

impl SharedFields {
    fn into_changes(self) -> Vec<Change> {
        let mut changes: Vec<_> = field("name", self.name).into_iter().collect();
        changes.extend(map("metadata", self.metadata));
        changes.extend(field("access_type", self.access_type));
        changes
    }
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Details (under --beta, from user-profiles-2026-09-04 on)")]
struct ExternalUserDetailsArgs {
    /// All details in one map, in YAML or JSON; or one pair KEY=VALUE, which is added to it: repeatable
    #[arg(long = "external-user-details", value_name = "MAP", value_parser = text::map)]
    maps: Vec<MapFlag>,
    /// active, suspended or blocked
    #[arg(long = "external-user-details.account-status", value_name = "VALUE", value_parser = text::nullable())]
    account_status: Option<Document>,
    /// A country code of two upper-case letters
    #[arg(long = "external-user-details.country", value_name = "CODE", value_parser = text::nullable())]
    country: Option<Document>,
    /// A hash of the entity's email address
    #[arg(long = "external-user-details.email-hash", value_name = "TEXT", value_parser = text::nullable())]
    email_hash: Option<Document>,
    #[arg(
        long = "external-user-details.entity-type",
        value_name = "VALUE",
        value_parser = text::nullable(),
        help = "individual, business, non_profit or government"
    )]
    entity_type: Option<Document>,
    /// A hash of the entity's name
    #[arg(long = "external-user-details.name-hash", value_name = "TEXT", value_parser = text::nullable())]
    name_hash: Option<Document>,
    /// When the entity signed up with you, in RFC 3339
    #[arg(long = "external-user-details.onboarded-at", value_name = "TIME", value_parser = text::nullable())]
    onboarded_at: Option<Document>,
    /// Your id for the entity
    #[arg(long = "external-user-details.reference-id", value_name = "TEXT", value_parser = text::nullable())]
    reference_id: Option<Document>,
}

impl ExternalUserDetailsArgs {
    fn into_changes(self) -> Vec<Change> {
        let single = [
            ("account_status", self.account_status),
            ("country", self.country),
            ("email_hash", self.email_hash),
            ("entity_type", self.entity_type),
            ("name_hash", self.name_hash),
            ("onboarded_at", self.onboarded_at),
            ("reference_id", self.reference_id),
        ];
        let mut changes: Vec<_> = map("external_user_details", self.maps).collect();
        changes.extend(single.into_iter().filter_map(|(key, value)| value_of("external_user_details", key, value)));
        changes
    }
}

/// The action that a link is for.
#[derive(Args, Debug)]
pub(super) struct LinkActionArgs {
    /// What the link is for, in YAML or JSON; or one pair KEY=VALUE, which is added to it: repeatable
    #[arg(long, value_name = "MAP", value_parser = text::map)]
    action: Vec<MapFlag>,
    #[arg(
        long = "action.type",
        value_name = "VALUE",
        value_parser = text::nullable(),
        help = "The type of the action [default: enroll_end_user]"
    )]
    kind: Option<Document>,
}

impl LinkActionArgs {
    /// The action of a body that has none.
    pub(super) fn default_action() -> Change {
        Change::Key("action", "type".to_owned(), Document::Text("enroll_end_user".to_owned()))
    }
}

impl From<LinkActionArgs> for Vec<Change> {
    fn from(action: LinkActionArgs) -> Self {
        map("action", action.action).chain(value_of("action", "type", action.kind)).collect()
    }
}

fn field(name: &'static str, value: Option<Document>) -> Option<Change> {
    value.map(|value| Change::Field(name, value))
}

fn value_of(field: &'static str, key: &str, value: Option<Document>) -> Option<Change> {
    value.map(|value| Change::Key(field, key.to_owned(), value))
}

/// As in `ant`, a map replaces what was given before; a pair, which `ant` does not know, is added to it.
fn map(field: &'static str, flags: Vec<MapFlag>) -> impl Iterator<Item = Change> {
    flags.into_iter().map(move |flag| match flag {
        MapFlag::Whole(value) => Change::Field(field, value),
        MapFlag::Pair(key, value) => Change::Key(field, key, Document::Text(value)),
    })
}
