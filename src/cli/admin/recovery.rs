//! `uprof recovery`: what a restored backup needs besides Postgres' own programs (docs/operations.md, *Backup and restore*).

use std::fmt::{self, Write};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::api::WireFormat;
use crate::api::export::{ExportFormat, ExportQuery, ExportWriter};
use crate::api::ga::Ga;
use crate::api::v2026_03_24::V2026_03_24;
use crate::cli::database::with_pool;
use crate::cli::error::{CliError, VerbResult};
use crate::cli::output::print_line;
use crate::cli::values;
use crate::config::DatabaseArgs;
use crate::domain::clock::{Clock, SystemClock, Timestamp};
use crate::domain::id::{OrganizationId, RandomIds};
use crate::domain::page::{Order, PageLimit};
use crate::domain::profile::Profile;
use crate::domain::profile::erased::{ErasedProfile, ErasureReplay};
use crate::domain::profile::list::ProfileQuery;
use crate::domain::repository::{ErasureRepository, OrganizationRepository, ProfileRepository};
use crate::domain::{Error, Result};
use crate::storage::{Outbox, PgErasures, PgOrganizations, PgProfiles, Pool};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RecoveryCommand {
    /// Print the erased profiles of all organizations, a JSON line each
    Erasures(Erasures),
    /// Erase again, in a restored database, the profiles that a list names
    Replay(Replay),
    /// Print a checksum of each profile, to compare two databases
    Checksums(Checksums),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Erasures {
    /// Only profiles that were erased at or after this time, as 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = values::timestamp, default_value = "1970-01-01T00:00:00Z", hide_default_value = true)]
    since: Timestamp,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Replay {
    /// The output of `uprof recovery erasures`; - reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Checksums {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// A line of a list of erasures.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ErasureLine {
    organization_id: String,
    user_profile_id: String,
    created_at: String,
    erased_at: String,
}

impl RecoveryCommand {
    pub(in crate::cli) fn run(self) -> VerbResult {
        match self {
            Self::Erasures(verb) => with_pool(&verb.database, async |pool| verb.print(pool).await)?,
            Self::Replay(verb) => verb.run(),
            Self::Checksums(verb) => with_pool(&verb.database, async |pool| print_checksums(pool).await)?,
        }
    }
}

impl Erasures {
    async fn print(&self, pool: Pool) -> Result<VerbResult> {
        let erasures = PgErasures::new(pool.clone(), outbox());
        for organization in PgOrganizations::new(pool).list().await? {
            let mut after = None;
            loop {
                let page = erasures.list_erased(organization.id, self.since, after).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.id);
                for erased in page {
                    let line = ErasureLine::new(organization.id, erased);
                    let line = serde_json::to_string(&line).map_err(Error::internal)?;
                    if let Err(error) = print_line(&line) {
                        return Ok(Err(error));
                    }
                }
            }
        }
        Ok(Ok(()))
    }
}

impl Replay {
    fn run(self) -> VerbResult {
        // Before the first erasure: a list that is cut or of something else must not be replayed in part.
        let erasures = self.read()?;
        let counts = with_pool(&self.database, async |pool| replay(pool, &erasures).await)?;
        print_line(&counts.to_string())
    }

    fn read(&self) -> std::result::Result<Vec<(OrganizationId, ErasedProfile)>, CliError> {
        let input: Box<dyn BufRead> = if self.file.as_os_str() == "-" {
            Box::new(io::stdin().lock())
        } else {
            let name = self.file.display();
            Box::new(BufReader::new(File::open(&self.file).map_err(|error| format!("{name}: {error}"))?))
        };
        let parsed = |(index, line): (usize, io::Result<String>)| {
            ErasureLine::parse(&line?).map_err(|problem| format!("line {}: {problem}", index + 1).into())
        };
        input.lines().enumerate().map(parsed).collect()
    }
}

impl ErasureLine {
    fn new(organization: OrganizationId, erased: ErasedProfile) -> Self {
        Self {
            organization_id: organization.to_string(),
            user_profile_id: erased.id.to_string(),
            created_at: values::rfc3339(erased.created_at),
            erased_at: values::rfc3339(erased.erased_at),
        }
    }

    fn parse(line: &str) -> std::result::Result<(OrganizationId, ErasedProfile), String> {
        let line: Self = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let erased = ErasedProfile {
            id: line.user_profile_id.parse().map_err(|_| "user_profile_id: not the id of a profile")?,
            created_at: values::timestamp(&line.created_at).map_err(|problem| format!("created_at: {problem}"))?,
            erased_at: values::timestamp(&line.erased_at).map_err(|problem| format!("erased_at: {problem}"))?,
        };
        let organization =
            line.organization_id.parse().map_err(|_| "organization_id: not the id of an organization")?;
        Ok((organization, erased))
    }
}

/// What the replay of a list did.
#[derive(Default)]
struct ReplayCounts {
    erased: u64,
    recorded: u64,
    unknown: u64,
    unknown_organization: u64,
}

impl fmt::Display for ReplayCounts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { erased, recorded, unknown, unknown_organization } = self;
        write!(
            out,
            "erasures: {erased} replayed, {recorded} done before, {unknown} of profiles that are not here, {unknown_organization} of \
             organizations that are not here"
        )
    }
}

async fn replay(pool: Pool, erasures: &[(OrganizationId, ErasedProfile)]) -> Result<ReplayCounts> {
    let repository = PgErasures::new(pool, outbox());
    let mut counts = ReplayCounts::default();
    for (organization, erased) in erasures {
        let count = match repository.replay_erasure(*organization, *erased, SystemClock.now()).await? {
            ErasureReplay::Erased => &mut counts.erased,
            ErasureReplay::Recorded => &mut counts.recorded,
            ErasureReplay::Unknown => &mut counts.unknown,
            ErasureReplay::UnknownOrganization => &mut counts.unknown_organization,
        };
        *count += 1;
    }
    Ok(counts)
}

/// Prints, in the order of ids: the checksum, the organization, the profile, and when it was updated last, in microseconds since the epoch.
async fn print_checksums(pool: Pool) -> Result<VerbResult> {
    let profiles = PgProfiles::new(pool.clone(), outbox());
    for organization in PgOrganizations::new(pool).list().await? {
        let limit = PageLimit::of_export(u64::from(PageLimit::MAX_OF_EXPORT));
        let mut query = ProfileQuery { order: Order::Ascending, limit, ..ProfileQuery::default() };
        let mut sums = ProfileSums::new(organization.id)?;
        loop {
            let page = profiles.list(organization.id, query.clone(), SystemClock.now()).await?;
            for profile in page.items {
                let (id, updated_at) = (profile.id, profile.updated_at.unix_timestamp_nanos() / 1_000);
                let line = format!("{} {} {id} {updated_at}", sums.of(profile)?, organization.id);
                if let Err(error) = print_line(&line) {
                    return Ok(Err(error));
                }
            }
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
    }
    Ok(Ok(()))
}

/// Checksums of the profiles of an organization: of what an export shows of them, in the two shapes that together show everything.
struct ProfileSums {
    oldest: ExportWriter<V2026_03_24>,
    newest: ExportWriter<Ga>,
}

impl ProfileSums {
    fn new(organization: OrganizationId) -> Result<Self> {
        Ok(Self { oldest: writer(organization)?, newest: writer(organization)? })
    }

    /// SHA-256, in hexadecimal.
    fn of(&mut self, profile: Profile) -> Result<String> {
        let mut lines = Vec::new();
        self.oldest.profile(profile.clone(), &mut lines)?;
        self.newest.profile(profile, &mut lines)?;
        let mut sum = String::with_capacity(64);
        for byte in Sha256::digest(&lines) {
            // Writing to a string does not fail.
            let _ = write!(sum, "{byte:02x}");
        }
        Ok(sum)
    }
}

fn writer<F: WireFormat>(organization: OrganizationId) -> Result<ExportWriter<F>> {
    let query = ExportQuery { list: ProfileQuery::default(), limit: None, format: ExportFormat::Ndjson };
    ExportWriter::new(organization, &query)
}

fn outbox() -> Outbox {
    Outbox::new(Arc::new(RandomIds::default()))
}
