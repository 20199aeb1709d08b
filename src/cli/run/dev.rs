//! `uprof dev`: the service, its database and an API key in one command, for a laptop.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use actix_web::rt::System;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use super::shutdown::{Signals, run_until_signal};
use crate::api::ApiVersion;
use crate::app::{Application, check_descriptors};
use crate::cli::admin::keys::{api_keys, new_key};
use crate::cli::admin::organizations::new_organization;
use crate::cli::error::{CliError, VerbResult};
use crate::cli::output::print_line;
use crate::config::{DURATION_HELP, DatabaseArgs, LogFormat, ServerArgs};
use crate::database;
use crate::database::{Database, EmbeddedOptions, open_file};
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::credential::api_key::{ApiKeyDraft, ApiKeySecret, KeyActor, Scope};
use crate::domain::id::OrganizationId;
use crate::domain::label::EnumLabel;
use crate::domain::limit::rate_limit::RateLimits;
use crate::domain::repository::{ApiKeyRepository, OrganizationRepository};
use crate::domain::text::{DisplayName, Text};
use crate::metrics::Registry;
use crate::storage::migrate;
use crate::storage::{PgOrganizations, Pool};
use crate::telemetry;

/// The organization that the first start creates.
const ORGANIZATION_NAME: &str = "dev";
/// The file with its key, in the data directory.
const KEY_FILE: &str = "dev-api-key";

#[derive(Args, Debug)]
#[command(after_help = DURATION_HELP)]
pub(in crate::cli) struct Dev {
    #[command(flatten)]
    server: ServerArgs,

    #[command(flatten)]
    database: DatabaseArgs,
}

impl Dev {
    pub(in crate::cli) fn run(mut self) -> VerbResult {
        // On a laptop, webhooks are received on the same machine.
        self.server.webhooks.reach.webhooks_allow_insecure = true;
        let registry = Registry::default();
        let _telemetry = telemetry::start(&self.server, &registry)?;
        check_descriptors(&self.server)?;
        let data_dir = database::data_dir(self.database.embedded.data_dir.as_deref())?;
        let options = EmbeddedOptions { data_dir: Some(data_dir.clone()), ..EmbeddedOptions::default() };
        let external = self.database.external.url()?.map(|url| url.expose_secret().to_owned());
        let database = Database::for_service(external, &options)?;
        let (report_exit, exited) = tokio::sync::oneshot::channel();
        if let Database::Embedded(embedded) = &database {
            embedded.on_exit(move |status| _ = report_exit.send(status));
        }
        let served = System::new().block_on(async {
            let mut signals = Signals::listen()?;
            let url = SecretString::from(database.url());
            let starting = async {
                migrate(&url).await?;
                let application = Application::build(url.clone(), &self.server, &registry).await?;
                let key = ensure_key(&Pool::new(&self.server.pool.settings(url.clone()))?, &data_dir).await?;
                Ok::<_, CliError>((application, key))
            };
            let Some(started) = signals.unless_signalled(starting).await else { return Ok(()) };
            let (application, key) = started?;
            print_welcome(&application, &key, &database, &data_dir)?;
            run_until_signal(application, signals, async {
                match exited.await {
                    Ok(status) => format!("Postgres exited: {status}"),
                    // An external database is not watched; requests fail while it is down.
                    Err(_) => std::future::pending().await,
                }
            })
            .await
        });
        database.stop()?;
        served
    }

    /// The form of the log, and so of the error that ends the verb.
    pub(in crate::cli) fn log_format(&self) -> LogFormat {
        self.server.log.format()
    }
}

/// The key in the key file if it is still valid, else a new one.
async fn ensure_key(pool: &Pool, data_dir: &Path) -> Result<ApiKeySecret, CliError> {
    let keys = api_keys(pool.clone());
    let path = data_dir.join(KEY_FILE);
    let file = open_file(&path, OpenOptions::new().read(true));
    if let Some(stored) = file.and_then(io::read_to_string).ok().and_then(|text| ApiKeySecret::parse(text.trim())) {
        let found = keys.find(stored.hash()).await?;
        if found.is_some_and(|credential| credential.key.is_valid_at(SystemClock.now())) {
            return Ok(stored);
        }
    }
    let organization = ensure_organization(&PgOrganizations::new(pool.clone())).await?;
    let draft = ApiKeyDraft {
        scopes: Scope::ALL.to_vec(),
        workspace_id: None,
        expires_at: None,
        rate_limits: RateLimits::default(),
    };
    let (key, secret) = new_key(organization, draft)?;
    keys.create(&key, secret.hash(), KeyActor::CommandLine, None).await?;
    write_private(&path, secret.expose()).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok(secret)
}

async fn ensure_organization(organizations: &PgOrganizations) -> Result<OrganizationId, CliError> {
    let known = organizations.list().await?;
    if let Some(found) = known.into_iter().find(|organization| organization.name.as_str() == ORGANIZATION_NAME) {
        return Ok(found.id);
    }
    let name = DisplayName::parse(ORGANIZATION_NAME.to_owned()).map_err(|violation| violation.to_string())?;
    let organization = new_organization(name, ApiVersion::OLDEST);
    organizations.create(&organization).await?;
    Ok(organization.id)
}

/// Writes a file that only its owner can read, atomically.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("new");
    fs::remove_file(&draft).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(draft, path)
}

fn print_welcome(application: &Application, key: &ApiKeySecret, database: &Database, data_dir: &Path) -> VerbResult {
    let address = application.address();
    let key = key.expose();
    let location = match database {
        Database::Embedded(_) => format!("embedded, in {}", data_dir.display()),
        Database::External(_) => "the one that DATABASE_URL names".to_owned(),
    };
    print_line(&format!(
        "uprof is listening on http://{address}\n\
         \n  API key   {key}\n            (stored in {})\n  Database  {location}\n\
         \nTry it:\n\
         \n  curl http://{address}/v1/user_profiles \\\n    -H 'x-api-key: {key}' \\\n    \
         -H 'content-type: application/json' \\\n    \
         -d '{{\"external_id\":\"user_12345\",\"name\":\"Example User\"}}'\n\
         \nPress Ctrl-C to stop.\n",
        data_dir.join(KEY_FILE).display(),
    ))
}
