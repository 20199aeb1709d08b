//! `uprof dev`: everything at once, on a laptop.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use actix_web::rt::System;
use clap::Args;
use secrecy::SecretString;

use super::serve::{Signals, until_signalled};
use crate::api::ApiVersion;
use crate::app::Application;
use crate::cli::admin::keys::new_key;
use crate::cli::error::{CliError, VerbResult};
use crate::cli::output;
use crate::config::{DatabaseArgs, ServerArgs};
use crate::database;
use crate::database::{Database, EmbeddedOptions};
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::credential::api_key::{ApiKeyDraft, ApiKeySecret, Scope};
use crate::domain::credential::organization::Organization;
use crate::domain::id::{IdSource, OrganizationId, RandomIds};
use crate::domain::label::EnumLabel;
use crate::domain::repository::{ApiKeyRepository, OrganizationRepository};
use crate::domain::text::{DisplayName, Text};
use crate::metrics::Registry;
use crate::storage::migrate;
use crate::storage::{PgApiKeys, PgOrganizations, Pool};
use crate::telemetry;

/// The organization that a first start makes.
const ORGANIZATION_NAME: &str = "dev";
/// Where in the data directory its key stands.
const KEY_FILE: &str = "dev-api-key";

#[derive(Args, Debug)]
pub(in crate::cli) struct Dev {
    #[command(flatten)]
    server: ServerArgs,

    #[command(flatten)]
    database: DatabaseArgs,
}

impl Dev {
    pub(in crate::cli) fn run(mut self) -> VerbResult {
        // Whoever tries webhooks on a laptop has them answered there.
        self.server.webhooks.webhooks_allow_insecure = true;
        let registry = Registry::default();
        let _log = telemetry::start(&self.server.log, &registry)?;
        let data_dir = database::data_dir(self.database.embedded.data_dir.as_deref())?;
        let options = EmbeddedOptions { data_dir: Some(data_dir.clone()), ..EmbeddedOptions::default() };
        let database = Database::for_service(self.database.url(), &options)?;
        let (broke, broken) = tokio::sync::oneshot::channel();
        if let Database::Embedded(embedded) = &database {
            embedded.on_exit(move |how| _ = broke.send(how));
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
            let Some(started) = signals.unless_ended(starting).await else { return Ok(()) };
            let (application, key) = started?;
            print_welcome(&application, &key, &database, &data_dir)?;
            until_signalled(application, signals, async {
                match broken.await {
                    Ok(how) => format!("Postgres has ended: {how}"),
                    // Nobody tells of an external database; requests fail while it is gone.
                    Err(_) => std::future::pending().await,
                }
            })
            .await
        });
        database.stop()?;
        served
    }
}

/// The key in the key file if it still opens something, else a new one.
async fn ensure_key(pool: &Pool, data_dir: &Path) -> Result<ApiKeySecret, CliError> {
    let keys = PgApiKeys::new(pool.clone());
    let path = data_dir.join(KEY_FILE);
    if let Some(kept) = fs::read_to_string(&path).ok().and_then(|text| ApiKeySecret::parse(text.trim())) {
        let found = keys.find(kept.hash()).await?;
        if found.is_some_and(|credential| credential.key.is_valid_at(SystemClock.now())) {
            return Ok(kept);
        }
    }
    let organization = ensure_organization(&PgOrganizations::new(pool.clone())).await?;
    let draft = ApiKeyDraft { scopes: Scope::ALL.to_vec(), workspace_id: None, expires_at: None };
    let (key, secret) = new_key(organization, draft)?;
    keys.create(&key, secret.hash(), None).await?;
    write_private(&path, secret.expose()).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok(secret)
}

async fn ensure_organization(organizations: &PgOrganizations) -> Result<OrganizationId, CliError> {
    let known = organizations.list().await?;
    if let Some(found) = known.into_iter().find(|organization| organization.name.as_str() == ORGANIZATION_NAME) {
        return Ok(found.id);
    }
    let now = SystemClock.now();
    let organization = Organization {
        id: OrganizationId::new(RandomIds::default().next(now)),
        created_at: now,
        name: DisplayName::parse(ORGANIZATION_NAME.to_owned()).map_err(|violation| violation.to_string())?,
        default_version: ApiVersion::ALL[0].as_str().to_owned(),
    };
    organizations.create(&organization).await?;
    Ok(organization.id)
}

/// Writes `text` for the owner's eyes only, whole or not at all.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let draft = path.with_extension("new");
    fs::remove_file(&draft).or_else(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
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
    let kept = match database {
        Database::Embedded(_) => format!("embedded, in {}", data_dir.display()),
        Database::External(_) => "the one that DATABASE_URL names".to_owned(),
    };
    output::line(&format!(
        "uprof is listening on http://{address}\n\
         \n  API key   {key}\n            (kept in {})\n  Database  {kept}\n\
         \nTry it:\n\
         \n  curl http://{address}/v1/user_profiles \\\n    -H 'x-api-key: {key}' \\\n    \
         -H 'content-type: application/json' \\\n    \
         -d '{{\"external_id\":\"user_12345\",\"name\":\"Example User\"}}'\n\
         \nCtrl-C stops it.\n",
        data_dir.join(KEY_FILE).display(),
    ))
}
