//! Circles of files: files of one top-level module that name each other, directly or through others.

use std::collections::{BTreeMap, BTreeSet};

use crate::paths::{Named, paths};

/// A file by its module path (`storage::pool`).
type File = String;

/// Files and the files that each of them names.
type Graph = BTreeMap<File, BTreeSet<File>>;

/// The circles among `files` (path below `src/`, text), each as a sorted list of its edges.
pub(crate) fn circles(files: &[(String, String)]) -> Vec<String> {
    let graph = graph(files);
    let mut found = BTreeSet::new();
    for file in graph.keys() {
        let circle: BTreeSet<_> =
            reachable(&graph, file).into_iter().filter(|other| reachable(&graph, other).contains(file)).collect();
        if !circle.is_empty() {
            let edges = circle
                .iter()
                .flat_map(|from| graph[from].intersection(&circle).map(move |to| format!("{from} -> {to}")));
            found.insert(edges.collect::<Vec<_>>().join(", "));
        }
    }
    found.into_iter().collect()
}

fn graph(files: &[(String, String)]) -> Graph {
    let sources: BTreeMap<File, String> =
        files.iter().map(|(path, text)| (module(path), without_tests(text))).collect();
    let exports: BTreeMap<File, BTreeMap<String, String>> =
        sources.iter().map(|(file, source)| (file.clone(), re_exports(source))).collect();
    let edges = |(file, source): (&File, &String)| {
        let named = paths(file, &without_re_exports(source));
        let named = named.iter().filter_map(|path| match path {
            Named::Ours(path) => target(&exports, path),
            // A path that begins with the name of a child module.
            Named::Other(child) => {
                exports.contains_key(&format!("{file}::{child}")).then(|| format!("{file}::{child}"))
            }
        });
        let top = |file: &str| file.split("::").next().unwrap_or_default().to_owned();
        let named = named.filter(|other| other != file && top(other) == top(file)).collect();
        (file.clone(), named)
    };
    sources.iter().map(edges).collect()
}

/// The file that declares what `path` names: the longest prefix that is a file, and where that only re-exports, the child behind it.
fn target(exports: &BTreeMap<File, BTreeMap<String, String>>, path: &str) -> Option<File> {
    let words: Vec<&str> = path.split("::").collect();
    let length = (1..=words.len()).rev().find(|length| exports.contains_key(&words[..*length].join("::")))?;
    let file = words[..length].join("::");
    match words.get(length).and_then(|item| exports[&file].get(*item)) {
        Some(behind) => target(exports, &format!("{file}::{behind}")),
        None => Some(file),
    }
}

/// What a file re-exports of its children: the item's name, and its path from there.
fn re_exports(source: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (from, tree) in re_export_statements(source) {
        let (prefix, names) = tree.split_once('{').unwrap_or_else(|| tree.rsplit_once("::").unwrap_or(("", &tree)));
        let prefix = prefix.trim_end_matches("::").to_owned();
        for name in names.trim_end_matches('}').split(',').map(str::trim).filter(|name| !name.is_empty()) {
            found.insert(name.to_owned(), format!("{prefix}::{name}"));
        }
        assert!(!prefix.is_empty(), "`{from}` re-exports a whole module");
    }
    found
}

/// `source` without the statements of [`re_exports`].
fn without_re_exports(source: &str) -> String {
    let mut rest = source.to_owned();
    for (statement, _) in re_export_statements(source) {
        rest = rest.replace(&statement, "");
    }
    rest
}

/// The re-exports of children: `pub use child::Item;`, as statement and tree. (`crate`, `super` and other crates are no children.)
fn re_export_statements(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for statement in source.split_inclusive(';') {
        let start = statement.rfind("\npub").map_or(0, |at| at + 1);
        let text = &statement[start..];
        let visible = text
            .strip_prefix("pub use ")
            .or_else(|| text.strip_prefix("pub(").and_then(|rest| rest.split_once(") use ")).map(|(_, tree)| tree));
        let Some(tree) = visible else { continue };
        let tree: String = tree.trim_end_matches(';').split_whitespace().collect();
        let child = tree.split("::").next().unwrap_or_default();
        if tree.contains("::") && source.contains(&format!("mod {child};")) {
            found.push((text.to_owned(), tree));
        }
    }
    found
}

fn without_tests(source: &str) -> String {
    source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned()
}

fn module(path: &str) -> File {
    path.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::")
}

fn reachable(graph: &Graph, from: &str) -> BTreeSet<File> {
    let mut open: Vec<&File> = graph[from].iter().collect();
    let mut found = BTreeSet::new();
    while let Some(file) = open.pop() {
        if found.insert(file.clone()) {
            open.extend(&graph[file]);
        }
    }
    found
}
