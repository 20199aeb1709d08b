//! `uprof organizations`.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::arguments;
use crate::api::ApiVersion;
use crate::cli::database::with_pool;
use crate::cli::error::VerbResult;
use crate::cli::output;
use crate::cli::output::{Format, Show};
use crate::config::DatabaseArgs;
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::credential::organization::{Organization, OrganizationPatch};
use crate::domain::id::{IdSource, OrganizationId, RandomIds};
use crate::domain::label::EnumLabel;
use crate::domain::repository::OrganizationRepository;
use crate::domain::text::{DisplayName, Text};
use crate::storage::PgOrganizations;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Organizations {
    /// Create an organization
    Create(Create),
    /// List all organizations, oldest first
    List(List),
    /// Change what is given of an organization
    Update(Update),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Create {
    /// What people call it
    #[arg(long, value_parser = arguments::text::<DisplayName>)]
    name: DisplayName,
    /// The shape of the API for requests that name none
    #[arg(long, value_name = "VERSION", default_value = ApiVersion::ALL[0].as_str(), value_parser = arguments::label::<ApiVersion>())]
    default_version: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Update {
    /// The organization's id
    #[arg(value_name = "ORGANIZATION_ID")]
    id: OrganizationId,
    /// What people call it
    #[arg(long, value_parser = arguments::text::<DisplayName>)]
    name: Option<DisplayName>,
    /// The shape of the API for requests that name none
    #[arg(long, value_name = "VERSION", value_parser = arguments::label::<ApiVersion>())]
    default_version: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
struct Common {
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Organizations {
    pub(in crate::cli) fn run(self) -> VerbResult {
        match self {
            Self::Create(verb) => verb.run(),
            Self::List(verb) => verb.run(),
            Self::Update(verb) => verb.run(),
        }
    }
}

impl Create {
    fn run(self) -> VerbResult {
        let now = SystemClock.now();
        let organization = Organization {
            id: OrganizationId::new(RandomIds::default().next(now)),
            created_at: now,
            name: self.name,
            default_version: self.default_version,
        };
        with_pool(&self.common.database, async |pool| PgOrganizations::new(pool).create(&organization).await)?;
        output::one(self.common.format, &Shown::from(organization))
    }
}

impl List {
    fn run(self) -> VerbResult {
        let found = with_pool(&self.common.database, async |pool| PgOrganizations::new(pool).list().await)?;
        output::all(self.common.format, &found.into_iter().map(Shown::from).collect::<Vec<_>>())
    }
}

impl Update {
    fn run(self) -> VerbResult {
        let patch = OrganizationPatch { name: self.name, default_version: self.default_version };
        let updated =
            with_pool(&self.common.database, async |pool| PgOrganizations::new(pool).update(self.id, patch).await)?;
        output::one(self.common.format, &Shown::from(updated))
    }
}

#[derive(Serialize)]
struct Shown {
    id: String,
    name: String,
    default_version: String,
    created_at: String,
}

impl Show for Shown {
    fn text(&self) -> String {
        format!("{}  {}  {}  {}", self.id, self.default_version, self.created_at, self.name)
    }
}

impl From<Organization> for Shown {
    fn from(organization: Organization) -> Self {
        Self {
            id: organization.id.to_string(),
            name: organization.name.into_string(),
            default_version: organization.default_version,
            created_at: arguments::rfc3339(organization.created_at),
        }
    }
}
