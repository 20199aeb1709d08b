//! A whole profile as one row.

use std::collections::HashSet;

use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::id::{EnforcementActionId, OrganizationId, ProfileId};
use crate::domain::label::EnumLabel;
use crate::domain::profile::external_user::ExternalUserDetails;
use crate::domain::profile::metadata::Metadata;
use crate::domain::profile::{Profile, Revision};
use crate::domain::text::Text;
use crate::domain::trust::enforcement::EnforcementAction;
use crate::domain::trust::grant::{GrantName, GrantPart, GrantParts, Requirements, TrustGrant, TrustGrants};
use crate::domain::{Error, Result};

/// Reads whole profiles `p`, of those in `$from` that `$which` selects and orders, as of the moment that the parameter `$now` holds; behind
/// them the `$columns` of other tables, each after a comma. Pairs are in the order of the profile's id, which is compared instead of equated: only
/// the primary key has that order, and another index that includes all their columns would be read for the whole organization.
macro_rules! select_profiles {
    ($now:literal, $which:literal) => {
        $crate::storage::profiles::row::select_profiles!($now, from "user_profiles p", $which)
    };
    ($now:literal, from $from:literal, $which:literal) => {
        $crate::storage::profiles::row::select_profiles!($now, with "", from $from, $which)
    };
    ($now:literal, with $columns:literal, from $from:literal, $which:literal) => {
        concat!(
            "select p.organization_id,
                    p.id,
                    p.created_at,
                    p.updated_at,
                    p.revision,
                    p.name,
                    p.relationship,
                    p.account_status,
                    p.country,
                    p.email_hash,
                    p.entity_type,
                    p.name_hash,
                    p.onboarded_at,
                    p.reference_id,
                    array(
                        select (m.key, m.value)
                          from user_profile_metadata m
                         where m.organization_id = p.organization_id
                           and m.profile_id >= p.id
                           and m.profile_id <= p.id
                         order by m.profile_id
                    ) as metadata,
                    array(
                        select (g.name, g.status, g.expires_at)
                          from trust_grants g
                         where g.organization_id = p.organization_id
                           and g.profile_id = p.id
                           and (g.expires_at is null or g.expires_at > ",
            $now,
            ")
                    ) as grants,
                    array(
                        select (t.grant_name, t.name, t.status, t.requires_data_retention, t.requires_human_review)
                          from trust_grant_parts t
                         where t.organization_id = p.organization_id
                           and t.profile_id = p.id
                    ) as parts,
                    array(
                        select (a.id, a.kind, a.reason, a.opened_at, a.expires_at, a.identity_check)
                          from enforcement_actions a
                         where a.organization_id = p.organization_id
                           and a.profile_id = p.id
                           and a.resolved_at is null
                           and (a.expires_at is null or a.expires_at > ",
            $now,
            ")
                         order by a.id
                    ) as actions",
            $columns,
            "
               from ",
            $from,
            " ",
            $which
        )
    };
}

pub(super) use select_profiles;

/// Identifies a profile across organizations.
pub(in crate::storage) type ProfileKey = (OrganizationId, ProfileId);

/// `keys` as one array per column.
pub(super) fn key_columns(keys: &HashSet<ProfileKey>) -> (Vec<Uuid>, Vec<Uuid>) {
    keys.iter().map(|(organization, id)| (organization.uuid(), id.uuid())).unzip()
}

/// A profile as [`select_profiles`] reads it.
pub(super) struct ProfileRow {
    pub(super) organization_id: Uuid,
    pub(super) id: Uuid,
    pub(super) created_at: OffsetDateTime,
    pub(super) updated_at: OffsetDateTime,
    pub(super) revision: i64,
    pub(super) name: Option<String>,
    pub(super) relationship: String,
    pub(super) account_status: Option<String>,
    pub(super) country: Option<String>,
    pub(super) email_hash: Option<String>,
    pub(super) entity_type: Option<String>,
    pub(super) name_hash: Option<String>,
    pub(super) onboarded_at: Option<OffsetDateTime>,
    pub(super) reference_id: Option<String>,
    pub(super) metadata: Vec<(String, String)>,
    pub(super) grants: Vec<GrantTuple>,
    pub(super) parts: Vec<PartTuple>,
    pub(super) actions: Vec<ActionTuple>,
}

// Postgres hands out elements of these arrays as records without names.

/// Name, status, time of expiry.
pub(super) type GrantTuple = (String, String, Option<OffsetDateTime>);

/// The grant's name, the part's name, its status, and whether it requires data retention and human review.
pub(super) type PartTuple = (String, String, String, bool, bool);

/// Id, kind, reason, time of opening, time of expiry, identity check.
pub(super) type ActionTuple = (Uuid, String, String, OffsetDateTime, Option<OffsetDateTime>, String);

/// By place: to find the columns by name takes longer than to read them.
impl FromRow<'_, PgRow> for ProfileRow {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            organization_id: row.try_get(0)?,
            id: row.try_get(1)?,
            created_at: row.try_get(2)?,
            updated_at: row.try_get(3)?,
            revision: row.try_get(4)?,
            name: row.try_get(5)?,
            relationship: row.try_get(6)?,
            account_status: row.try_get(7)?,
            country: row.try_get(8)?,
            email_hash: row.try_get(9)?,
            entity_type: row.try_get(10)?,
            name_hash: row.try_get(11)?,
            onboarded_at: row.try_get(12)?,
            reference_id: row.try_get(13)?,
            metadata: row.try_get(14)?,
            grants: row.try_get(15)?,
            parts: row.try_get(16)?,
            actions: row.try_get(17)?,
        })
    }
}

impl ProfileRow {
    pub(super) fn key(&self) -> ProfileKey {
        (OrganizationId::new(self.organization_id), ProfileId::new(self.id))
    }
}

/// The name of a column whose value breaks a rule. The value must not reach the log.
struct Broken(&'static str);

impl TryFrom<ProfileRow> for Profile {
    type Error = Error;

    fn try_from(row: ProfileRow) -> Result<Self> {
        let id = ProfileId::new(row.id);
        profile(row).map_err(|Broken(column)| Error::internal(format!("user_profiles {id}: {column} breaks a rule")))
    }
}

fn profile(row: ProfileRow) -> std::result::Result<Profile, Broken> {
    Ok(Profile {
        id: ProfileId::new(row.id),
        created_at: row.created_at,
        updated_at: row.updated_at,
        revision: Revision::from_stored(row.revision),
        name: text(row.name, "name")?,
        relationship: label(&row.relationship, "relationship")?,
        details: ExternalUserDetails {
            account_status: row.account_status.map(|status| label(&status, "account_status")).transpose()?,
            country: text(row.country, "country")?,
            email_hash: text(row.email_hash, "email_hash")?,
            entity_type: row.entity_type.map(|kind| label(&kind, "entity_type")).transpose()?,
            name_hash: text(row.name_hash, "name_hash")?,
            onboarded_at: row.onboarded_at,
            reference_id: text(row.reference_id, "reference_id")?,
        },
        metadata: Metadata::parse(row.metadata).map_err(|_| Broken("metadata"))?,
        trust_grants: trust_grants(row.grants, row.parts)?,
        enforcement_actions: row.actions.into_iter().map(enforcement_action).collect::<std::result::Result<_, _>>()?,
    })
}

fn trust_grants(rows: Vec<GrantTuple>, parts: Vec<PartTuple>) -> std::result::Result<TrustGrants, Broken> {
    let mut grants = TrustGrants::new();
    for (name, status, expires_at) in rows {
        let name = GrantName::parse(name).map_err(|_| Broken("trust grant name"))?;
        let grant = TrustGrant { status: label(&status, "trust grant status")?, parts: GrantParts::new(), expires_at };
        grants.insert(name, grant);
    }
    for (grant, name, status, data_retention, human_review) in parts {
        let part = GrantPart {
            status: label(&status, "trust grant part status")?,
            requirements: Requirements { data_retention, human_review },
        };
        // The parts of expired grants are read too.
        if let Some(grant) = grants.get_mut(grant.as_str()) {
            grant.parts.insert(name, part);
        }
    }
    Ok(grants)
}

fn enforcement_action(row: ActionTuple) -> std::result::Result<EnforcementAction, Broken> {
    let (id, kind, reason, opened_at, expires_at, identity_check) = row;
    Ok(EnforcementAction {
        id: EnforcementActionId::new(id),
        kind: label(&kind, "enforcement kind")?,
        reason: label(&reason, "enforcement reason")?,
        opened_at,
        expires_at,
        identity_check: label(&identity_check, "identity check")?,
    })
}

fn text<T: Text>(value: Option<String>, column: &'static str) -> std::result::Result<Option<T>, Broken> {
    value.map(T::parse).transpose().map_err(|_| Broken(column))
}

fn label<T: EnumLabel>(value: &str, column: &'static str) -> std::result::Result<T, Broken> {
    T::from_label(value).ok_or(Broken(column))
}
