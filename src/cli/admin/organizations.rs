//! `uprof organizations`.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::arguments::AdminArgs;
use super::quotas::{QuotaArgs, QuotasJson};
use super::rate_limits::{RateLimitArgs, RateLimitsJson};
use crate::api::ApiVersion;
use crate::cli::error::VerbResult;
use crate::cli::output::Printable;
use crate::cli::values;
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::credential::organization::{Organization, OrganizationPatch};
use crate::domain::id::{IdSource, OrganizationId, RandomIds};
use crate::domain::label::EnumLabel;
use crate::domain::limit::quota::Quotas;
use crate::domain::limit::rate_limit::RateLimits;
use crate::domain::repository::OrganizationRepository;
use crate::domain::text::{DisplayName, Text};
use crate::storage::PgOrganizations;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum OrganizationsCommand {
    /// Create an organization
    Create(CreateOrganization),
    /// List all organizations, oldest first
    List(AdminArgs),
    /// Change the given fields of an organization
    Update(UpdateOrganization),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct CreateOrganization {
    /// The display name
    #[arg(long, value_parser = values::text::<DisplayName>)]
    name: DisplayName,
    /// The API version of requests that name none
    #[arg(long, value_name = "VERSION", default_value = ApiVersion::OLDEST.as_str(), value_parser = values::label::<ApiVersion>())]
    default_version: ApiVersion,
    #[command(flatten)]
    rate_limits: RateLimitArgs,
    #[command(flatten)]
    admin: AdminArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct UpdateOrganization {
    /// The organization's id
    #[arg(value_name = "ORGANIZATION_ID")]
    id: OrganizationId,
    /// The display name
    #[arg(long, value_parser = values::text::<DisplayName>)]
    name: Option<DisplayName>,
    /// The API version of requests that name none
    #[arg(long, value_name = "VERSION", value_parser = values::label::<ApiVersion>())]
    default_version: Option<ApiVersion>,
    #[command(flatten)]
    rate_limits: RateLimitArgs,
    #[command(flatten)]
    quotas: QuotaArgs,
    #[command(flatten)]
    admin: AdminArgs,
}

impl OrganizationsCommand {
    pub(in crate::cli) fn run(self) -> VerbResult {
        match self {
            Self::Create(verb) => verb.run(),
            Self::List(admin) => {
                let found = admin.with_pool(async |pool| PgOrganizations::new(pool).list().await)?;
                admin.print_all(found.into_iter().map(printable))
            }
            Self::Update(verb) => verb.run(),
        }
    }
}

/// A new organization, not yet stored.
pub(in crate::cli) fn new_organization(name: DisplayName, default_version: ApiVersion) -> Organization {
    let now = SystemClock.now();
    let id = OrganizationId::new(RandomIds::default().next(now));
    let default_version = default_version.as_str().to_owned();
    Organization {
        id,
        created_at: now,
        name,
        default_version,
        rate_limits: RateLimits::default(),
        quotas: Quotas::default(),
    }
}

impl CreateOrganization {
    fn run(self) -> VerbResult {
        let rate_limits = self.rate_limits.limits()?;
        let organization = Organization { rate_limits, ..new_organization(self.name, self.default_version) };
        self.admin.with_pool(async |pool| PgOrganizations::new(pool).create(&organization).await)?;
        self.admin.print(&printable(organization))
    }
}

impl UpdateOrganization {
    fn run(self) -> VerbResult {
        let default_version = self.default_version.map(|version| version.as_str().to_owned());
        let patch = OrganizationPatch {
            name: self.name,
            default_version,
            rate_limits: self.rate_limits.patch()?,
            quotas: self.quotas.patch(),
        };
        let updated = self.admin.with_pool(async |pool| PgOrganizations::new(pool).update(self.id, patch).await)?;
        self.admin.print(&printable(updated))
    }
}

#[derive(Serialize)]
struct OrganizationJson {
    id: String,
    name: String,
    default_version: String,
    created_at: String,
    #[serde(flatten)]
    rate_limits: RateLimitsJson,
    #[serde(flatten)]
    quotas: QuotasJson,
}

fn printable(organization: Organization) -> Printable<OrganizationJson> {
    let json = OrganizationJson {
        id: organization.id.to_string(),
        name: organization.name.into_string(),
        default_version: organization.default_version,
        created_at: values::rfc3339(organization.created_at),
        rate_limits: RateLimitsJson::new(organization.rate_limits),
        quotas: QuotasJson::new(organization.quotas),
    };
    let limits = json.rate_limits.suffix();
    let text = format!("{}  {}  {}  {}{limits}", json.id, json.default_version, json.created_at, json.name);
    Printable::new(json, text)
}
