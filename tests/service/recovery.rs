//! Restored backups: what was erased since is erased again, and the drill compares the profiles.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::postgres::{Postgres, Session};
use crate::process::{Service, uprof};
use crate::scratch::{Scratch, eventually};
use crate::support::accounts::Accounts;
use crate::support::app::DEFAULT_VERSION;
use crate::support::client::{Client, id, path};
use crate::support::database::Database;
use crate::support::{Key, KeySpec};

/// Of the profile that is erased: no restored database may hold it in any table.
const ERASED_NAME: &str = "Erased Example";

/// A program of Postgres' client, of the newest release here.
fn client_program(name: &str) -> PathBuf {
    let newest = |releases: fs::ReadDir| releases.flatten().map(|release| release.path()).max();
    let found = fs::read_dir("/usr/lib/postgresql").ok().and_then(newest);
    found.map_or_else(|| PathBuf::from(name), |release| release.join("bin").join(name))
}

fn dump(url: &SecretString, file: &Path, format: &str) {
    let mut command = Command::new(client_program("pg_dump"));
    command.arg("--dbname").arg(url.expose_secret()).arg("--format").arg(format).arg("--file").arg(file);
    assert!(command.status().unwrap().success());
}

/// Whether any table of a database holds `text`.
fn holds(scratch: &Scratch, url: &SecretString, text: &str) -> bool {
    let file = scratch.path().join("contents");
    dump(url, &file, "plain");
    fs::read_to_string(file).unwrap().contains(text)
}

/// `bin/restore-drill`.
fn drill(live: &SecretString, restored: &SecretString, arguments: &[&Path]) -> Output {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("bin/restore-drill"));
    command.args(arguments).args(["--settle", "0"]).env("UPROF_BINARY", env!("CARGO_BIN_EXE_uprof"));
    command.env("DATABASE_URL", live.expose_secret()).env("UPROF_RESTORE_URL", restored.expose_secret());
    command.output().unwrap()
}

/// The output of a verb of `uprof recovery`.
fn recovery(url: &SecretString, arguments: &[&str]) -> Output {
    uprof().arg("recovery").args(arguments).env("DATABASE_URL", url.expose_secret()).output().unwrap()
}

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

/// A service with a key on `url`.
fn serve(url: &SecretString) -> (Service, Client) {
    let accounts = Accounts::of(url.clone());
    let key: Key = accounts.key(accounts.organization(DEFAULT_VERSION), KeySpec::default());
    let service = Service::serve(url, &[]);
    let client = service.client.with_key(&key);
    (service, client)
}

/// A database whose dump was made an hour after its four profiles, and before the first of them was erased; and their ids.
struct Erased {
    database: Database,
    scratch: Scratch,
    dump: PathBuf,
    client: Client,
    ids: Vec<String>,
    _service: Service,
}

impl Erased {
    fn since_a_dump() -> Self {
        let (database, scratch) = (Database::migrated(), Scratch::new());
        let (service, client) = serve(&database.url());
        let bodies = [
            json!({"name": ERASED_NAME, "external_id": ERASED_NAME, "metadata": {"secret": ERASED_NAME}}),
            json!({"name": "Second"}),
            json!({"name": "Third", "metadata": {"updated_at": "a \"text\""}}),
            json!({}),
        ];
        let ids: Vec<String> = bodies.iter().map(|body| id(&client.create(body)).to_owned()).collect();
        client.update(&ids[0], &json!({"name": format!("{ERASED_NAME} again")}));
        database.execute(
            "update user_profiles
                set created_at = created_at - interval '1 hour',
                    updated_at = updated_at - interval '1 hour'",
        );
        let file = scratch.path().join("dump");
        dump(&database.url(), &file, "custom");
        client.delete(&path(&ids[0])).send().ok();
        Self { database, scratch, dump: file, client, ids, _service: service }
    }

    fn drill(&self, restored: &Database, erasures: Option<&Path>) -> Output {
        let mut arguments = vec![Path::new("--dump"), &self.dump];
        arguments.extend(erasures.into_iter().flat_map(|file| [Path::new("--erasures"), file]));
        drill(&self.database.url(), &restored.url(), &arguments)
    }
}

#[test]
fn a_profile_that_was_erased_after_the_dump_is_erased_in_what_is_restored() {
    let erased = Erased::since_a_dump();
    erased.client.update(&erased.ids[1], &json!({"name": "Changed"}));
    erased.client.create(&json!({"name": "New"}));
    let new = erased.client.create(&json!({"name": "New, and erased"}));
    erased.client.delete(&path(id(&new))).send().ok();

    let restored = Database::empty();
    let output = erased.drill(&restored, None);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said} {}", text(&output.stderr));
    let replayed = "1 replayed, 0 done before, 1 of profiles that are not here, 0 of organizations that are not here";
    assert!(said.contains(replayed), "{said}");
    assert!(said.contains("2 profiles (in-use)") && said.contains("2 profiles (restored)"), "{said}");
    assert!(said.contains("not compared: 2 profiles"), "{said}");

    assert!(!holds(&erased.scratch, &restored.url(), ERASED_NAME));
    let recorded = "select count(*) from erased_user_profiles";
    let events = "select count(*) from events where kind = 'user_profile.erased'";
    let mut session = Session::open(&restored.url()).unwrap();
    assert_eq!((session.column::<i64>(recorded), session.column::<i64>(events)), (vec![2], vec![1]));

    // The restored database takes the place of the other one: its list has both erasures too, also by the time of the backup.
    let listed = recovery(&restored.url(), &["erasures", "--since", "2020-01-01T00:00:00Z"]);
    let file = erased.scratch.path().join("erasures");
    fs::write(&file, &listed.stdout).unwrap();
    assert_eq!(text(&listed.stdout).lines().count(), 2);
    let again = recovery(&restored.url(), &["replay", file.to_str().unwrap()]);
    assert!(text(&again.stdout).starts_with("erasures: 0 replayed, 2 done before, 0 of profiles"), "{again:?}");
}

#[test]
fn the_drill_fails_if_an_erasure_is_not_replayed_or_a_value_is_not_the_same() {
    let erased = Erased::since_a_dump();
    let no_erasures = erased.scratch.path().join("no-erasures");
    fs::write(&no_erasures, "").unwrap();
    let output = erased.drill(&Database::empty(), Some(&no_erasures));
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains(&erased.ids[0]) && !errors.contains(&erased.ids[1]), "{errors}");

    // Not by the service, which would move `updated_at`.
    erased.database.execute("update user_profiles set name = 'Other' where name = 'Third'");
    let output = erased.drill(&Database::empty(), None);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&erased.ids[2]) && !said.contains(&erased.ids[0]), "{said}");
    assert!(!said.contains("Other") && !said.contains("Third"), "{said}");
}

#[test]
fn a_drill_that_cannot_be_done_has_an_exit_status_of_its_own() {
    let (database, other) = (Database::migrated(), Database::migrated());
    let refused = |restored: &SecretString, arguments: &[&Path], reason: &str| {
        let output = drill(&database.url(), restored, arguments);
        let errors = text(&output.stderr);
        assert!(output.status.code() == Some(2) && errors.contains(reason), "{errors}");
    };
    refused(&other.url(), &[], "is not empty");
    refused(&Database::empty().url(), &[Path::new("--dump"), Path::new("/nowhere")], "/nowhere cannot be read");
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    refused(&Database::empty().url(), &[Path::new("--dump"), &manifest], "does not appear to be a valid archive");
    refused(&Database::empty().url(), &[Path::new("--erasures"), &manifest], "line 1: ");
}

#[test]
fn a_list_of_erasures_that_is_cut_erases_nothing() {
    let (database, scratch) = (Database::migrated(), Scratch::new());
    let (_service, client) = serve(&database.url());
    let (kept, gone) = (client.create(&json!({})), client.create(&json!({})));
    client.delete(&path(id(&gone))).send().ok();
    let listed = text(&recovery(&database.url(), &["erasures"]).stdout);
    let line = listed.trim_end().replace(id(&gone), id(&kept));
    let file = scratch.path().join("erasures");
    let file_name = file.to_str().unwrap();
    fs::write(&file, format!("{line}\n{}", &line[..line.len() / 2])).unwrap();
    let refused = recovery(&database.url(), &["replay", file_name]);
    assert!(refused.status.code() == Some(1) && text(&refused.stderr).contains("line 2: "), "{refused:?}");
    assert_eq!(client.get(&path(id(&kept))).send().ok(), kept);

    fs::write(&file, format!("{line}\n")).unwrap();
    assert!(recovery(&database.url(), &["replay", file_name]).status.success());
    assert_eq!(client.get(&path(id(&kept))).send().status, 404);
}

/// With the settings of docs/operations.md, *Point-in-time recovery*.
#[test]
fn a_base_backup_and_archived_log_are_recovered_to_a_moment_before_an_erasure_which_is_replayed() {
    let archive = Scratch::new();
    let archived = archive.path().join("archive");
    fs::create_dir(&archived).unwrap();
    let archive_command = format!("test ! -f {0}/%f && cp %p {0}/%f", archived.display());
    let archiving = [("wal_level", "replica"), ("archive_mode", "on"), ("archive_command", &*archive_command)];
    let mut postgres = Postgres::start(&archiving);
    // Until then a segment is not archived, and tried again.
    give_to_owner_of(&postgres.cluster(), &archived);
    let (service, client) = serve(postgres.url());
    let erased = client.create(&json!({"name": ERASED_NAME}));

    let recovered = Scratch::new();
    fs::create_dir(recovered.data()).unwrap();
    let cluster = recovered.data().join("postgres");
    let mut backup = Command::new(client_program("pg_basebackup"));
    backup
        .args(["--checkpoint=fast", "--no-sync", "--wal-method=none", "--dbname"])
        .arg(postgres.url().expose_secret());
    assert!(backup.arg("--pgdata").arg(&cluster).status().unwrap().success());

    let kept = client.create(&json!({"name": "Created after the base backup"}));
    let mut session = postgres.session();
    let moment: Vec<String> = session.column("select clock_timestamp()::text");
    client.delete(&path(id(&erased))).send().ok();
    let later = client.create(&json!({"name": "Created after the moment"}));
    let segment: Vec<String> = session.column("select pg_walfile_name(pg_switch_wal())");
    eventually("the log is archived", || archived.join(&segment[0]).exists().then_some(()));
    let list = recovery(postgres.url(), &["erasures"]).stdout;
    drop((session, service));
    postgres.stop();

    fs::write(cluster.join("recovery.signal"), "").unwrap();
    give_to_owner_of(&archived, &recovered.data());
    let restore_command = format!("cp {}/%f %p", archived.display());
    let to_the_moment = [
        ("restore_command", &*restore_command),
        ("recovery_target_time", &moment[0]),
        ("recovery_target_action", "promote"),
    ];
    let mut after = Postgres::on(recovered, &to_the_moment);
    let is_in_recovery = |session: &mut Session| session.column::<bool>("select pg_is_in_recovery()") == [true];
    let mut session = after.session();
    eventually("the recovery ends", || (!is_in_recovery(&mut session)).then_some(()));
    assert!(holds(&archive, after.url(), ERASED_NAME), "the erasure came after the moment");
    let file = archive.path().join("erasures");
    fs::write(&file, list).unwrap();
    let replayed = recovery(after.url(), &["replay", file.to_str().unwrap()]);
    assert!(text(&replayed.stdout).starts_with("erasures: 1 replayed"), "{replayed:?}");
    assert!(!holds(&archive, after.url(), ERASED_NAME));
    let ids: Vec<String> = session.column("select id::text from user_profiles");
    assert_eq!(ids.len(), 1);
    assert!(holds(&archive, after.url(), "Created after the base backup"), "{kept} {later}");
    drop(session);
    after.stop();
}

/// Gives `path` and all below it to the owner of `like`.
fn give_to_owner_of(like: &Path, path: &Path) {
    let owner = fs::metadata(like).unwrap();
    let entries = fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    for below in entries.filter(|entry| entry.is_dir()) {
        give_to_owner_of(like, &below);
    }
    let files = fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    for each in files.chain([path.to_owned()]) {
        chown(&each, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
}
