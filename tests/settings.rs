//! `.env.example` lists what `uprof serve` and `docker-compose.yml` take, and `uprof serve` refuses bad values.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a file or a verb that is missing fails the test")]

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use clap::CommandFactory;
use uprof::cli::Cli;

/// A variable and its default; empty where there is none.
type Settings = BTreeMap<String, String>;

fn file(name: &str) -> String {
    fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The lines `#NAME=DEFAULT` of `.env.example`.
fn example() -> Settings {
    let text = file(".env.example");
    let pairs: Vec<_> = text.lines().filter_map(setting).collect();
    let settings: Settings = pairs.iter().cloned().collect();
    assert_eq!(settings.len(), pairs.len(), "a setting stands there twice: {pairs:?}");
    settings
}

fn setting(line: &str) -> Option<(String, String)> {
    let (name, value) = line.strip_prefix('#')?.split_once('=')?;
    let named = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    named.then(|| (name.to_owned(), value.to_owned()))
}

/// What the command line takes from the environment.
fn serve() -> Settings {
    let mut cli = Cli::command();
    // Fills in the defaults of switches.
    cli.build();
    let serve = cli.find_subcommand("serve").unwrap();
    let settings = serve.get_arguments().filter_map(|argument| {
        let name = argument.get_env()?.to_str().unwrap().to_owned();
        let default = argument.get_default_values().first().map(|value| value.to_str().unwrap().to_owned());
        Some((name, default.unwrap_or_default()))
    });
    settings.collect()
}

/// Each `${NAME:-DEFAULT}` of `docker-compose.yml`.
fn compose() -> Settings {
    let text = file("docker-compose.yml");
    let uses = text.split("${").skip(1).map(|rest| {
        let inside = rest.split('}').next().unwrap();
        inside.split_once(":-").unwrap_or_else(|| panic!("${{{inside}}} has no default"))
    });
    uses.map(|(name, default)| (name.to_owned(), default.to_owned())).collect()
}

/// The settings of `uprof serve` that `docker-compose.yml` fixes, or has no use for.
const FIXED_IN_COMPOSE: [&str; 5] = [
    "DATABASE_URL_FILE",
    "PGPASSWORD_FILE",
    "UPROF_MIGRATION_DATABASE_URL",
    "UPROF_MIGRATION_DATABASE_URL_FILE",
    "UPROF_MIGRATE",
];

#[test]
fn compose_hands_every_setting_to_the_service() {
    let text = file("docker-compose.yml");
    let service = text.split_once("\n  uprof:\n").unwrap().1;
    let environment: Vec<_> = service.lines().filter_map(|line| line.strip_prefix("      ")?.split_once(':')).collect();
    for (name, _) in serve().iter().filter(|(name, _)| !FIXED_IN_COMPOSE.contains(&name.as_str())) {
        assert!(environment.iter().any(|(variable, _)| variable == name), "{name} does not reach the service");
    }
}

#[test]
fn the_build_context_of_the_image_names_files_that_exist() {
    for line in file(".dockerignore").lines().filter_map(|line| line.strip_prefix('!')) {
        assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(line).exists(), "{line}");
    }
}

#[test]
fn the_example_lists_every_setting_with_its_default_and_nothing_else() {
    // Compose has other defaults for two settings, which the example describes.
    let mut taken = compose();
    taken.extend(serve());
    assert!(taken.len() > 10 && taken.contains_key("DATABASE_URL"), "{taken:?}");
    assert_eq!(example(), taken);
}

#[test]
fn every_setting_of_the_example_is_described_above_it() {
    let text = file(".env.example");
    let lines: Vec<_> = text.lines().collect();
    for pair in lines.windows(2).filter(|pair| setting(pair[1]).is_some()) {
        let sentence = pair[0].strip_prefix("# ").unwrap_or_else(|| panic!("{} stands alone", pair[1]));
        assert!(setting(pair[0]).is_none() && sentence.ends_with('.'), "{}", pair[1]);
    }
}

#[test]
fn a_copy_of_the_example_changes_nothing() {
    let text = file(".env.example");
    let changed: Vec<_> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(changed.is_empty(), "{changed:?}");
}

/// What `uprof serve` prints when it refuses a variable.
fn refusal(name: &str, value: &str) -> String {
    let mut serve = Command::new(env!("CARGO_BIN_EXE_uprof"));
    let output =
        serve.arg("serve").env("DATABASE_URL", "postgres://127.0.0.1:1/uprof").env(name, value).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{value}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn an_unusable_public_url_is_refused_with_its_flag_and_the_reason() {
    for (url, reason) in [
        ("profiles.example", "is not an absolute URL"),
        ("/base", "is not an absolute URL"),
        ("localhost:8080", "is neither http nor https"),
        ("ftp://profiles.example", "is neither http nor https"),
        ("https://user@profiles.example", "has a user name or a password"),
        ("https://profiles.example/?a=b", "has a query or a fragment"),
        ("https://profiles.example/#a", "has a query or a fragment"),
    ] {
        let refusal = refusal("UPROF_PUBLIC_URL", url);
        assert!(refusal.contains("--public-url") && refusal.contains(reason), "{url}: {refusal}");
    }
}

#[test]
fn an_invalid_duration_is_refused_with_its_flag_and_its_value() {
    for (name, flag) in [("UPROF_GRACE", "--grace"), ("UPROF_WEBHOOKS_POLL", "--webhooks-poll")] {
        let refusal = refusal(name, "5 fortnights");
        assert!(refusal.contains(&format!("'5 fortnights' for '{flag} <DURATION>'")), "{refusal}");
    }
}
