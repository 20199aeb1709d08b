//! The flags for the fields of a body. The server validates their values.

use clap::Args;

use super::document::Document;
use super::text;

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

impl From<BetaFields> for Document {
    fn from(fields: BetaFields) -> Self {
        let mut body = fields.shared.into_body();
        put(&mut body, "external_id", fields.external_id);
        put(&mut body, "relationship", fields.relationship);
        put(&mut body, "external_user_onboarded_at", fields.external_user_onboarded_at);
        put(&mut body, "external_user_details", fields.details.into_maps());
        body
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

impl From<GeneralFields> for Document {
    fn from(fields: GeneralFields) -> Self {
        let mut body = fields.shared.into_body();
        put(&mut body, "external_user_details", fields.details.into_maps());
        body
    }
}

#[derive(Args, Debug)]
struct SharedFields {
    /// The real-world name of the entity that the profile represents
    #[arg(long, value_name = "TEXT", value_parser = text::nullable())]
    name: Option<Document>,
    /// A map of strings, as YAML, JSON or one pair KEY=VALUE; repeatable, the maps are merged
    #[arg(long, value_name = "MAP", value_parser = text::map)]
    metadata: Vec<Document>,
    /// application or passthrough (under --beta, from user-profiles-2026-08-18 on)
    #[arg(long, value_name = "VALUE", value_parser = text::nullable())]
    access_type: Option<Document>,
}

impl SharedFields {
    fn into_body(self) -> Document {
        let mut body = Document::empty();
        put(&mut body, "name", self.name);
        put(&mut body, "metadata", self.metadata);
        put(&mut body, "access_type", self.access_type);
        body
    }
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Details (under --beta, from user-profiles-2026-09-04 on)")]
struct ExternalUserDetailsArgs {
    /// All details in one map, as YAML, JSON or one pair KEY=VALUE; repeatable, the maps are merged
    #[arg(long = "external-user-details", value_name = "MAP", value_parser = text::map)]
    maps: Vec<Document>,
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
    fn into_maps(self) -> Vec<Document> {
        let single = [
            ("account_status", self.account_status),
            ("country", self.country),
            ("email_hash", self.email_hash),
            ("entity_type", self.entity_type),
            ("name_hash", self.name_hash),
            ("onboarded_at", self.onboarded_at),
            ("reference_id", self.reference_id),
        ];
        let single = single.into_iter().filter_map(|(key, value)| value.map(|value| Document::pair(key, value)));
        self.maps.into_iter().chain(single).collect()
    }
}

/// The action that a link is for.
#[derive(Args, Debug)]
pub(super) struct LinkActionArgs {
    /// What the link is for, as YAML, JSON or one pair KEY=VALUE
    #[arg(long, value_name = "MAP", value_parser = text::map)]
    action: Vec<Document>,
    #[arg(
        long = "action.type",
        value_name = "VALUE",
        value_parser = text::nullable(),
        help = "The type of the action [default: enroll_end_user]"
    )]
    kind: Option<Document>,
}

impl LinkActionArgs {
    /// The body that input and flags are merged into.
    pub(super) fn default_body() -> Document {
        let kind = Document::Text("enroll_end_user".to_owned());
        Document::pair("action", Document::pair("type", kind))
    }
}

impl From<LinkActionArgs> for Document {
    fn from(action: LinkActionArgs) -> Self {
        let mut body = Self::empty();
        put(&mut body, "action", action.action);
        put(&mut body, "action", action.kind.map(|kind| Self::pair("type", kind)));
        body
    }
}

/// Merges each of `values` into the field `key`.
fn put(body: &mut Document, key: &str, values: impl IntoIterator<Item = Document>) {
    for value in values {
        body.merge(Document::pair(key, value));
    }
}
