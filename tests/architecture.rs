//! Checks every path that `src/` names against the dependencies between modules (docs/architecture.md), and the form of files and
//! folders.
#![expect(clippy::unwrap_used, reason = "a file that cannot be read fails the test")]

use std::fs;
use std::path::{Path, PathBuf};

use circles::circles;
use paths::{Named, paths};

#[path = "architecture/circles.rs"]
mod circles;
#[path = "architecture/paths.rs"]
mod paths;

/// What a top-level module may name.
struct Module {
    name: &'static str,
    /// Other modules, or single items of theirs.
    may_name: &'static [&'static str],
    /// Families of crates that it must not name.
    bans: &'static [&'static [&'static str]],
}

const WIRE: &[&str] = &["schemars", "serde", "serde_json", "utoipa"];
const SQL: &[&str] = &["sqlx", "refinery", "refinery_core"];
const SERVER: &[&str] = &["actix_http", "actix_rt", "actix_server", "actix_web"];
const SHELL: &[&str] = &["clap"];
const CLIENT: &[&str] = &["ureq"];
const RUNTIME: &[&str] = &["tokio"];
const METRICS: &[&str] = &["prometheus_client"];
const TRACES: &[&str] =
    &["opentelemetry", "opentelemetry_http", "opentelemetry_otlp", "opentelemetry_sdk", "tracing_opentelemetry"];

/// The dependencies.
const MODULES: &[Module] = &[
    Module { name: "domain", may_name: &[], bans: &[WIRE, SQL, SERVER, SHELL, CLIENT, RUNTIME, METRICS, TRACES] },
    Module { name: "api", may_name: &["domain"], bans: &[SQL, SERVER, SHELL, CLIENT, RUNTIME, METRICS, TRACES] },
    Module {
        name: "http",
        may_name: &["api", "domain", "metrics", "shares", "spans"],
        bans: &[SQL, SHELL, CLIENT, METRICS, TRACES],
    },
    Module { name: "pages", may_name: &["api", "domain", "http"], bans: &[SQL, SHELL, CLIENT, METRICS, TRACES] },
    Module {
        name: "webhook",
        may_name: &["api", "domain", "metrics", "shares", "spans"],
        bans: &[SQL, SERVER, SHELL, METRICS, TRACES],
    },
    Module { name: "shares", may_name: &["domain"], bans: &[WIRE, SQL, SERVER, SHELL, CLIENT] },
    Module {
        name: "storage",
        may_name: &["domain", "metrics", "shares", "spans"],
        bans: &[WIRE, SERVER, SHELL, CLIENT, METRICS, TRACES],
    },
    Module { name: "allocator", may_name: &[], bans: &[WIRE, SQL, SERVER, SHELL, CLIENT, RUNTIME, METRICS, TRACES] },
    Module { name: "metrics", may_name: &[], bans: &[WIRE, SQL, SERVER, SHELL, CLIENT, RUNTIME, TRACES] },
    Module { name: "spans", may_name: &[], bans: &[WIRE, SQL, SERVER, SHELL, CLIENT, RUNTIME, METRICS] },
    Module { name: "database", may_name: &[], bans: &[WIRE, SQL, SERVER, SHELL, CLIENT, RUNTIME, METRICS] },
    // Settings belong to the modules that use them; config fills them in.
    Module {
        name: "config",
        may_name: &[
            "domain::webhook::url::Reach",
            "domain::limit::rate_limit::RateLimit",
            "http::HttpSettings",
            "http::LimitSettings",
            "http::LinkSettings",
            "http::Network",
            "storage::BatchSettings",
            "storage::PoolSettings",
            "webhook::DispatcherSettings",
        ],
        bans: &[WIRE, SQL, SERVER, CLIENT, RUNTIME, METRICS],
    },
    // ureq sends the exports of traces.
    Module { name: "telemetry", may_name: &["config", "metrics", "spans"], bans: &[SQL, SERVER, METRICS] },
    Module {
        name: "app",
        may_name: &[
            "api",
            "config",
            "database",
            "domain",
            "http",
            "metrics",
            "pages",
            "storage",
            "telemetry",
            "webhook",
        ],
        bans: &[WIRE, SQL, SHELL, CLIENT, METRICS, TRACES],
    },
    Module {
        name: "cli",
        may_name: &["allocator", "api", "app", "config", "database", "domain", "metrics", "storage", "telemetry"],
        bans: &[SQL, METRICS, TRACES, &["utoipa"]],
    },
    Module { name: "main", may_name: &["cli"], bans: &[WIRE, SQL, SERVER, SHELL, CLIENT, RUNTIME, METRICS] },
    Module { name: "lib", may_name: &[], bans: &[WIRE, SQL, SERVER, SHELL, CLIENT, RUNTIME, METRICS] },
];

/// The dependencies of the file `src/<file>` that the table does not allow.
fn forbidden_dependencies(file: &str, source: &str) -> Vec<String> {
    let module = file.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
    let name = module.split("::").next().unwrap_or_default();
    let Some(dependencies) = MODULES.iter().find(|module| module.name == name) else {
        return vec![format!("src/{file}: the table of tests/architecture.rs has no module `{name}`")];
    };
    let at_the_root = matches!(name, "lib" | "main");
    let named = paths(if at_the_root { "" } else { &module }, source);
    named.iter().filter(|path| !dependencies.may_name(path)).map(|path| format!("src/{file}: {path:?}")).collect()
}

impl Module {
    fn may_name(&self, path: &Named) -> bool {
        match path {
            Named::Ours(path) => {
                let below = |known: &str| {
                    path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
                };
                below(self.name) || self.may_name.iter().any(|known| below(known))
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
fn modules_depend_only_on_those_that_the_table_allows() {
    let forbidden: Vec<String> =
        rust_files("src").iter().flat_map(|(file, text)| forbidden_dependencies(file, text)).collect();
    assert!(forbidden.is_empty(), "forbidden dependencies:\n{}", forbidden.join("\n"));
}

#[test]
fn every_forbidden_dependency_is_reported() {
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
        ("http/metrics.rs", "use prometheus_client::metrics::counter::Counter;"),
        ("helpers/mod.rs", ""),
        ("domain/profile.rs", "use crate::*;"),
    ] {
        assert_eq!(forbidden_dependencies(file, source).len(), 1, "{file}: {source}");
    }
}

#[test]
fn allowed_dependencies_pass() {
    for (file, source) in [
        ("domain/profile.rs", "use super::clock::Clock; use crate::domain::{Error, text::Text}; use uuid::Uuid;"),
        ("http/routes.rs", "use crate::{api::ApiVersion, domain::Error}; use super::version; use actix_web::web;"),
        ("config.rs", "use crate::http::HttpSettings;"),
        ("main.rs", "fn main() { uprof::cli::run(); }"),
        // Not a path, and not code.
        ("domain/profile.rs", "/// See crate::http. \n const SQL: &str = \"use sqlx::query;\"; pub(crate) struct A;"),
    ] {
        assert_eq!(forbidden_dependencies(file, source), Vec::<String>::new(), "{file}: {source}");
    }
}

#[test]
fn no_file_is_longer_than_320_lines() {
    for folder in ["src", "tests"] {
        for (file, text) in rust_files(folder) {
            let lines = text.lines().count();
            assert!(lines <= 320, "{folder}/{file} has {lines} lines: split it by subject");
        }
    }
}

#[test]
fn each_module_says_in_its_first_lines_what_it_is_for_and_what_it_may_name() {
    for (file, text) in rust_files("src").iter().filter(|(file, _)| file.ends_with("mod.rs")) {
        let mut lines = text.lines();
        let mut line = || lines.next().and_then(|line| line.strip_prefix("//! ")).unwrap_or_default();
        assert!(!line().is_empty(), "src/{file}: the first line says what the module is for");
        assert!(line().to_lowercase().contains("may know"), "src/{file}: the second line says what it may name");
    }
}

#[test]
fn no_files_of_a_module_depend_on_each_other_in_a_circle() {
    let circles = circles(&rust_files("src"));
    assert!(circles.is_empty(), "circles of files:\n{}", circles.join("\n"));
}

#[test]
fn circles_of_files_are_reported() {
    let files = |sources: &[(&str, &str)]| {
        sources.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect::<Vec<_>>()
    };
    for circle in [
        // Two siblings; three through a cousin; a child and its parent's own logic.
        files(&[
            ("m/a.rs", "use super::b::B;"),
            ("m/b.rs", "fn f() { super::a::g() }"),
            ("m/mod.rs", "mod a;\nmod b;"),
        ]),
        files(&[
            ("m/a.rs", "use crate::m::n::c::C;"),
            ("m/b.rs", "use super::a::A;"),
            ("m/n/c.rs", "use crate::m::b::B;"),
            ("m/mod.rs", ""),
            ("m/n/mod.rs", ""),
        ]),
        files(&[("m/mod.rs", "mod a;\nfn f() { a::g() }\npub struct S;"), ("m/a.rs", "use super::S;")]),
        // Through a re-export.
        files(&[
            ("m/mod.rs", "mod a;\nmod b;\npub use a::A;"),
            ("m/a.rs", "use super::b::B;"),
            ("m/b.rs", "use super::A;"),
        ]),
    ] {
        assert_eq!(circles(&circle).len(), 1, "{circle:?}");
    }
}

#[test]
fn files_without_a_circle_pass() {
    let sources = [
        ("m/mod.rs", "mod a;\nmod b;\npub use a::A;\npub(crate) use b::{B,\n    C};"),
        ("m/a.rs", "use super::{B, C};\n#[cfg(test)]\nmod tests { use crate::m::b::B; }"),
        ("m/b.rs", "use crate::other::X;\n#[cfg(test)]\nmod tests { use crate::m::a::A; }"),
        ("other.rs", "use crate::m::A;"),
    ];
    let files: Vec<_> = sources.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    assert_eq!(circles(&files), Vec::<String>::new());
}

/// The most files that a folder may hold.
const FOLDER_FILES: usize = 14;

#[test]
fn no_folder_holds_too_many_files_and_no_file_has_a_vague_name() {
    let mut folders = std::collections::BTreeMap::<String, usize>::new();
    for (file, _) in rust_files("src") {
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", &file));
        *folders.entry(folder.to_owned()).or_default() += 1;
        let stem = name.trim_end_matches(".rs");
        assert!(
            !["common", "helpers", "misc", "types", "util", "utils"].contains(&stem),
            "src/{file}: name what it holds"
        );
    }
    for (folder, count) in folders {
        assert!(count <= FOLDER_FILES, "src/{folder} has {count} files: split it, {FOLDER_FILES} are the limit");
    }
}
