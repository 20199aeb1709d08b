//! Holds every path that `src/` names against the arrows between the rooms (docs/architecture.md), and every file against the
//! house's form.
#![expect(clippy::unwrap_used, reason = "a file that cannot be read fails the test")]

use std::fs;
use std::path::{Path, PathBuf};

use paths::{Named, paths};

#[path = "architecture/paths.rs"]
mod paths;

/// What a room may name.
struct Room {
    name: &'static str,
    /// Other rooms, or single things of theirs.
    knows: &'static [&'static str],
    /// Whole families of crates that it has no business with.
    bans: &'static [&'static [&'static str]],
}

const WIRE: &[&str] = &["serde", "serde_json", "utoipa"];
const SQL: &[&str] = &["sqlx", "refinery", "refinery_core"];
const SERVER: &[&str] = &["actix_http", "actix_rt", "actix_server", "actix_web"];
const SHELL: &[&str] = &["clap"];
const CLIENT: &[&str] = &["ureq"];
const RUNTIME: &[&str] = &["tokio"];

/// The arrows.
const HOUSE: &[Room] = &[
    Room { name: "domain", knows: &[], bans: &[WIRE, SQL, SERVER, SHELL, CLIENT, RUNTIME] },
    Room { name: "api", knows: &["domain"], bans: &[SQL, SERVER, SHELL, CLIENT, RUNTIME] },
    Room { name: "http", knows: &["api", "domain", "metrics"], bans: &[SQL, SHELL, CLIENT] },
    Room { name: "pages", knows: &["api", "domain", "http"], bans: &[SQL, SHELL, CLIENT] },
    Room { name: "webhook", knows: &["api", "domain", "metrics"], bans: &[SQL, SERVER, SHELL] },
    Room { name: "storage", knows: &["domain", "metrics"], bans: &[WIRE, SERVER, SHELL, CLIENT] },
    Room { name: "metrics", knows: &[], bans: &[WIRE, SQL, SERVER, SHELL, CLIENT, RUNTIME] },
    Room { name: "database", knows: &[], bans: &[WIRE, SQL, SERVER, SHELL, CLIENT, RUNTIME] },
    // The settings that a flag fills in belong to the rooms that use them.
    Room {
        name: "config",
        knows: &[
            "domain::webhook::url::Reach",
            "http::HttpSettings",
            "http::LinkSettings",
            "storage::BatchSettings",
            "storage::PoolSettings",
            "webhook::DispatcherSettings",
        ],
        bans: &[WIRE, SQL, SERVER, CLIENT, RUNTIME],
    },
    Room { name: "telemetry", knows: &["config", "metrics"], bans: &[WIRE, SQL, SERVER, CLIENT] },
    Room {
        name: "app",
        knows: &["api", "config", "database", "domain", "http", "metrics", "pages", "storage", "telemetry", "webhook"],
        bans: &[WIRE, SQL, SHELL, CLIENT],
    },
    Room {
        name: "cli",
        knows: &["api", "app", "config", "database", "domain", "metrics", "storage", "telemetry"],
        bans: &[SQL, &["utoipa"]],
    },
    Room { name: "main", knows: &["cli"], bans: &[WIRE, SQL, SERVER, SHELL, CLIENT, RUNTIME] },
    Room { name: "lib", knows: &[], bans: &[WIRE, SQL, SERVER, SHELL, CLIENT, RUNTIME] },
];

/// The arrows that the file `src/<file>` draws and the table does not have.
fn new_arrows(file: &str, source: &str) -> Vec<String> {
    let module = file.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
    let name = module.split("::").next().unwrap_or_default();
    let Some(room) = HOUSE.iter().find(|room| room.name == name) else {
        return vec![format!("src/{file}: the table of tests/architecture.rs has no room `{name}`")];
    };
    let at_the_root = matches!(name, "lib" | "main");
    let named = paths(if at_the_root { "" } else { &module }, source);
    named.iter().filter(|path| !room.may_name(path)).map(|path| format!("src/{file}: {path:?}")).collect()
}

impl Room {
    fn may_name(&self, path: &Named) -> bool {
        match path {
            Named::Ours(path) => {
                let below = |known: &str| {
                    path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
                };
                below(self.name) || self.knows.iter().any(|known| below(known))
            }
            Named::Other(name) => !self.bans.iter().any(|family| family.contains(&name.as_str())),
        }
    }
}

/// The Rust files below `folder` of the repository: the path from there, and the text.
fn rust_files(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut folders = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned(), text));
            }
        }
    }
    assert!(!files.is_empty(), "{} holds no source", root.display());
    files
}

#[test]
fn no_room_knows_another_that_the_table_of_arrows_does_not_let_it_know() {
    let drawn: Vec<String> = rust_files("src").iter().flat_map(|(file, text)| new_arrows(file, text)).collect();
    assert!(drawn.is_empty(), "new arrows:\n{}", drawn.join("\n"));
}

#[test]
fn every_new_arrow_is_noticed() {
    for (file, source) in [
        ("domain/profile.rs", "use crate::storage::Pool;"),
        ("domain/profile.rs", "fn f() -> crate::api::ApiVersion { todo!() }"),
        ("domain/profile.rs", "use super::super::http;"),
        ("domain/mod.rs", "use super::{domain::clock, http};"),
        ("domain/id.rs", "#[derive(serde::Serialize)] struct Id;"),
        ("domain/id.rs", "use {uuid::Uuid, sqlx::FromRow};"),
        ("api/list.rs", "use actix_web::web;"),
        ("api/v2026_03_24/create.rs", "use crate::{domain::text, storage};"),
        ("http/routes.rs", "mod tests { use crate::storage::PgProfiles; }"),
        ("http/routes.rs", "fn f(error: ::sqlx::Error) {}"),
        ("storage/pool.rs", "use crate::app;"),
        ("storage/pool.rs", "use serde_json as json;"),
        ("database/mod.rs", "use crate::domain::Error;"),
        ("config.rs", "use crate::http::{HttpSettings, Service};"),
        ("app.rs", "use crate::cli::run;"),
        ("cli/keys.rs", "use sqlx::query;"),
        ("main.rs", "fn main() { uprof::app::start() }"),
        ("helpers/mod.rs", ""),
        ("domain/profile.rs", "use crate::*;"),
    ] {
        assert_eq!(new_arrows(file, source).len(), 1, "{file}: {source}");
    }
}

#[test]
fn arrows_of_the_table_pass() {
    for (file, source) in [
        ("domain/profile.rs", "use super::clock::Clock; use crate::domain::{Error, text::Text}; use uuid::Uuid;"),
        ("http/routes.rs", "use crate::{api::ApiVersion, domain::Error}; use super::version; use actix_web::web;"),
        ("config.rs", "use crate::http::HttpSettings;"),
        ("main.rs", "fn main() { uprof::cli::run(); }"),
        // Not a path, and not code.
        ("domain/profile.rs", "/// See crate::http. \n const SQL: &str = \"use sqlx::query;\"; pub(crate) struct A;"),
    ] {
        assert_eq!(new_arrows(file, source), Vec::<String>::new(), "{file}: {source}");
    }
}

#[test]
fn no_file_is_longer_than_a_reader_keeps_in_mind() {
    for folder in ["src", "tests"] {
        for (file, text) in rust_files(folder) {
            let lines = text.lines().count();
            assert!(
                lines <= 320,
                "{folder}/{file} has {lines} lines: split it by what it is about (about 300 are enough)"
            );
        }
    }
}

#[test]
fn each_room_says_at_its_door_what_it_is_for_and_whom_it_may_know() {
    for (file, text) in rust_files("src").iter().filter(|(file, _)| file.ends_with("mod.rs")) {
        let mut lines = text.lines();
        let mut line = || lines.next().and_then(|line| line.strip_prefix("//! ")).unwrap_or_default();
        assert!(!line().is_empty(), "src/{file}: the first line says what the room is for");
        assert!(line().to_lowercase().contains("know"), "src/{file}: the second line says whom it may know");
    }
}
