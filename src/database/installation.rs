//! The Postgres servers that are installed on this machine, and how to install one.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::DatabaseError;
use super::account::is_root;
use super::data_dir::DataDir;

/// The oldest major version that the schema and this module support.
const OLDEST: u32 = 14;

/// The server programs of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Installation {
    bin: PathBuf,
    major: u32,
}

impl Installation {
    /// The installation for a cluster of major version `needed`, or for a new cluster.
    ///
    /// A new cluster uses the server in `PATH`, else the newest. An existing one needs its own major version: Postgres cannot read
    /// the files of another.
    pub(super) fn find(data_dir: &DataDir, needed: Option<u32>) -> Result<Self, DatabaseError> {
        let found = installed();
        let names = names_of(&found);
        if let Some(choice) = choose(found, needed) {
            return Ok(choice);
        }
        Err(match (needed, names) {
            (Some(has), Some(installed)) => DatabaseError::OtherMajor {
                data_dir: data_dir.path().into(),
                has,
                installed,
                install: advice(Some(has)),
            },
            (needed, names) => DatabaseError::NoPostgres {
                found: names.map(|names| format!(" (only {names})")).unwrap_or_default(),
                install: advice(needed),
            },
        })
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.bin.join("postgres")
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.bin.join("initdb")
    }
}

fn choose(found: Vec<Installation>, needed: Option<u32>) -> Option<Installation> {
    found
        .into_iter()
        .find(|installation| installation.major >= OLDEST && needed.is_none_or(|major| major == installation.major))
}

fn names_of(found: &[Installation]) -> Option<String> {
    let mut majors: Vec<u32> = found.iter().map(|installation| installation.major).collect();
    majors.sort_unstable();
    majors.dedup();
    let names: Vec<String> = majors.iter().map(u32::to_string).collect();
    (!names.is_empty()).then(|| format!("PostgreSQL {}", names.join(", ")))
}

/// Every installation, in order of preference.
fn installed() -> Vec<Installation> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<Installation> = env::split_paths(&path).filter_map(|bin| inspect(&bin)).collect();
    let mut packaged: Vec<Installation> = [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/opt/homebrew/opt", "postgresql"),
        ("/usr/local/opt", "postgresql"),
    ]
    .into_iter()
    .flat_map(|(parent, prefix)| subdirectories(Path::new(parent), prefix))
    .filter_map(|version| inspect(&version.join("bin")))
    .collect();
    packaged.sort_by_key(|installation| std::cmp::Reverse(installation.major));
    found.append(&mut packaged);
    found
}

fn subdirectories(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let matches = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(prefix);
    entries.flatten().filter(matches).map(|entry| entry.path()).collect()
}

/// `PATH` may have a symbolic link to `postgres` only, so `initdb` is searched beside the link's target.
fn inspect(bin: &Path) -> Option<Installation> {
    let program = fs::canonicalize(bin.join("postgres")).ok()?;
    let bin = program.parent().filter(|real| real.join("initdb").exists())?.to_owned();
    let output = Command::new(&program).arg("--version").output().ok()?;
    let major = major_of(&String::from_utf8_lossy(&output.stdout))?;
    Some(Installation { bin, major })
}

/// `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)`, `postgres (PostgreSQL) 19devel`.
fn major_of(version: &str) -> Option<u32> {
    let (_, number) = version.split_once("(PostgreSQL) ")?;
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..digits].parse().ok()
}

/// How to install `major`, or any supported version, on this system.
fn advice(major: Option<u32>) -> String {
    if major.is_some_and(|major| major < OLDEST) {
        return format!("move it to PostgreSQL {OLDEST} or newer with pg_upgrade");
    }
    install_line(major, is_root(), |program| {
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path).any(|directory| directory.join(program).is_file())
    })
}

fn install_line(major: Option<u32>, root: bool, exists: impl Fn(&str) -> bool) -> String {
    let sudo = if root { "" } else { "sudo " };
    let suffix = |separator: &str| major.map(|major| format!("{separator}{major}")).unwrap_or_default();
    match () {
        () if exists("apt-get") => format!("run `{sudo}apt-get install -y postgresql{}`", suffix("-")),
        () if exists("dnf") => format!("run `{sudo}dnf install -y postgresql{}-server`", suffix("")),
        () if exists("brew") => format!("run `brew install postgresql@{}`", major.unwrap_or(17)),
        () => format!("install the PostgreSQL{} server", suffix(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Installation, choose, install_line, major_of, names_of};

    fn installations(majors: &[u32]) -> Vec<Installation> {
        majors.iter().map(|&major| Installation { bin: format!("/{major}").into(), major }).collect()
    }

    #[test]
    fn a_new_cluster_uses_the_first_supported_version_and_an_existing_one_only_its_own() {
        let found = || installations(&[13, 15, 17]);
        assert_eq!(choose(found(), None).map(|installation| installation.major), Some(15));
        assert_eq!(choose(found(), Some(17)).map(|installation| installation.major), Some(17));
        assert_eq!(choose(found(), Some(16)), None);
        assert_eq!(choose(found(), Some(13)), None);
        assert_eq!(names_of(&found()).as_deref(), Some("PostgreSQL 13, 15, 17"));
        assert_eq!(names_of(&[]), None);
    }

    #[test]
    fn versions_of_packages_and_of_prereleases_are_parsed() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 19devel\n"), Some(19));
        assert_eq!(major_of("postgres (PostgreSQL) 18"), Some(18));
        assert_eq!(major_of("bash: no such file"), None);
    }

    #[test]
    fn the_install_line_uses_the_package_manager_of_the_system() {
        let only = |name: &'static str| move |program: &str| program == name;
        assert_eq!(install_line(None, true, only("apt-get")), "run `apt-get install -y postgresql`");
        assert_eq!(install_line(Some(14), false, only("apt-get")), "run `sudo apt-get install -y postgresql-14`");
        assert_eq!(install_line(None, false, only("dnf")), "run `sudo dnf install -y postgresql-server`");
        assert_eq!(install_line(Some(16), false, only("brew")), "run `brew install postgresql@16`");
        assert_eq!(install_line(None, false, only("none")), "install the PostgreSQL server");
    }
}
