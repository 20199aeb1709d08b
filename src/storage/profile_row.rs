//! A whole profile as one row, and how it is parsed.

use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::enforcement::EnforcementAction;
use crate::domain::external_user::ExternalUserDetails;
use crate::domain::id::{EnforcementActionId, OrganizationId, ProfileId};
use crate::domain::metadata::Metadata;
use crate::domain::profile::Profile;
use crate::domain::text::Text;
use crate::domain::trust_grant::{GrantName, GrantPart, GrantParts, Requirements, TrustGrant, TrustGrants};
use crate::domain::word::Word;
use crate::domain::{Error, Result};

/// Reads whole profiles as of the moment `$2`; `$which` picks and orders them.
macro_rules! select_profiles {
    ($which:literal) => {
        concat!(
            "select p.organization_id,
                    p.id,
                    p.created_at,
                    p.updated_at,
                    p.name,
                    p.relationship,
                    p.account_status,
                    p.country,
                    p.email_hash,
                    p.entity_type,
                    p.name_hash,
                    p.onboarded_at,
                    p.reference_id,
                    metadata.*,
                    grants.*,
                    parts.*,
                    actions.*
               from user_profiles p
              cross join lateral (
                    select coalesce(array_agg(m.key), '{}') as metadata_keys,
                           coalesce(array_agg(m.value), '{}') as metadata_values
                      from user_profile_metadata m
                     where m.organization_id = p.organization_id
                       and m.profile_id = p.id
              ) metadata
              cross join lateral (
                    select coalesce(array_agg(g.name), '{}') as grant_names,
                           coalesce(array_agg(g.status), '{}') as grant_statuses,
                           coalesce(array_agg(g.expires_at), '{}') as grant_expires_ats
                      from trust_grants g
                     where g.organization_id = p.organization_id
                       and g.profile_id = p.id
                       and (g.expires_at is null or g.expires_at > $2)
              ) grants
              cross join lateral (
                    select coalesce(array_agg(t.grant_name), '{}') as part_grants,
                           coalesce(array_agg(t.name), '{}') as part_names,
                           coalesce(array_agg(t.status), '{}') as part_statuses,
                           coalesce(array_agg(t.requires_data_retention), '{}') as part_data_retentions,
                           coalesce(array_agg(t.requires_human_review), '{}') as part_human_reviews
                      from trust_grant_parts t
                     where t.organization_id = p.organization_id
                       and t.profile_id = p.id
              ) parts
              cross join lateral (
                    select coalesce(array_agg(a.id order by a.id), '{}') as action_ids,
                           coalesce(array_agg(a.kind order by a.id), '{}') as action_kinds,
                           coalesce(array_agg(a.reason order by a.id), '{}') as action_reasons,
                           coalesce(array_agg(a.opened_at order by a.id), '{}') as action_opened_ats,
                           coalesce(array_agg(a.expires_at order by a.id), '{}') as action_expires_ats,
                           coalesce(array_agg(a.identity_check order by a.id), '{}') as action_identity_checks
                      from enforcement_actions a
                     where a.organization_id = p.organization_id
                       and a.profile_id = p.id
                       and a.resolved_at is null
                       and (a.expires_at is null or a.expires_at > $2)
              ) actions ",
            $which
        )
    };
}

pub(super) use select_profiles;

/// A profile among all organizations'.
pub(super) type ProfileKey = (OrganizationId, ProfileId);

#[derive(FromRow)]
pub(super) struct ProfileRow {
    organization_id: Uuid,
    id: Uuid,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    name: Option<String>,
    relationship: String,
    account_status: Option<String>,
    country: Option<String>,
    email_hash: Option<String>,
    entity_type: Option<String>,
    name_hash: Option<String>,
    onboarded_at: Option<OffsetDateTime>,
    reference_id: Option<String>,
    metadata_keys: Vec<String>,
    metadata_values: Vec<String>,
    #[sqlx(flatten)]
    grants: GrantColumns,
    #[sqlx(flatten)]
    actions: ActionColumns,
}

#[derive(FromRow)]
struct GrantColumns {
    grant_names: Vec<String>,
    grant_statuses: Vec<String>,
    grant_expires_ats: Vec<Option<OffsetDateTime>>,
    part_grants: Vec<String>,
    part_names: Vec<String>,
    part_statuses: Vec<String>,
    part_data_retentions: Vec<bool>,
    part_human_reviews: Vec<bool>,
}

#[derive(FromRow)]
#[expect(clippy::struct_field_names, reason = "they are the names of columns in a wider row")]
struct ActionColumns {
    action_ids: Vec<Uuid>,
    action_kinds: Vec<String>,
    action_reasons: Vec<String>,
    action_opened_ats: Vec<OffsetDateTime>,
    action_expires_ats: Vec<Option<OffsetDateTime>>,
    action_identity_checks: Vec<String>,
}

impl ProfileRow {
    /// Whose profile it is, and which.
    pub(super) fn key(&self) -> ProfileKey {
        (OrganizationId::new(self.organization_id), ProfileId::new(self.id))
    }
}

/// A column whose value breaks a rule. The value itself must not end in a log.
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
        name: text(row.name, "name")?,
        relationship: word(&row.relationship, "relationship")?,
        details: ExternalUserDetails {
            account_status: row.account_status.map(|status| word(&status, "account_status")).transpose()?,
            country: text(row.country, "country")?,
            email_hash: text(row.email_hash, "email_hash")?,
            entity_type: row.entity_type.map(|kind| word(&kind, "entity_type")).transpose()?,
            name_hash: text(row.name_hash, "name_hash")?,
            onboarded_at: row.onboarded_at,
            reference_id: text(row.reference_id, "reference_id")?,
        },
        metadata: Metadata::parse(row.metadata_keys.into_iter().zip(row.metadata_values))
            .map_err(|_| Broken("metadata"))?,
        trust_grants: trust_grants(row.grants)?,
        enforcement_actions: enforcement_actions(row.actions)?,
    })
}

fn trust_grants(row: GrantColumns) -> std::result::Result<TrustGrants, Broken> {
    let mut grants = TrustGrants::new();
    for ((name, status), expires_at) in row.grant_names.into_iter().zip(&row.grant_statuses).zip(row.grant_expires_ats)
    {
        let name = GrantName::parse(name).map_err(|_| Broken("trust grant name"))?;
        let grant = TrustGrant { status: word(status, "trust grant status")?, parts: GrantParts::new(), expires_at };
        grants.insert(name, grant);
    }
    let requirements = row.part_data_retentions.into_iter().zip(row.part_human_reviews);
    let parts = row.part_grants.iter().zip(row.part_names).zip(&row.part_statuses).zip(requirements);
    for (((grant, name), status), (data_retention, human_review)) in parts {
        let part = GrantPart {
            status: word(status, "trust grant part status")?,
            requirements: Requirements { data_retention, human_review },
        };
        // Those of a grant that has expired are still there, too.
        if let Some(grant) = grants.get_mut(grant.as_str()) {
            grant.parts.insert(name, part);
        }
    }
    Ok(grants)
}

fn enforcement_actions(row: ActionColumns) -> std::result::Result<Vec<EnforcementAction>, Broken> {
    let times = row.action_opened_ats.into_iter().zip(row.action_expires_ats);
    let words = row.action_kinds.iter().zip(&row.action_reasons).zip(&row.action_identity_checks);
    let actions = row.action_ids.into_iter().zip(times).zip(words);
    actions
        .map(|((id, (opened_at, expires_at)), ((kind, reason), identity_check))| {
            Ok(EnforcementAction {
                id: EnforcementActionId::new(id),
                kind: word(kind, "enforcement kind")?,
                reason: word(reason, "enforcement reason")?,
                opened_at,
                expires_at,
                identity_check: word(identity_check, "identity check")?,
            })
        })
        .collect()
}

fn text<T: Text>(value: Option<String>, column: &'static str) -> std::result::Result<Option<T>, Broken> {
    value.map(T::parse).transpose().map_err(|_| Broken(column))
}

fn word<T: Word>(value: &str, column: &'static str) -> std::result::Result<T, Broken> {
    T::from_word(value).ok_or(Broken(column))
}
