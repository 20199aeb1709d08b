//! `.env.example` says what `uprof serve` and `docker-compose.yml` really take.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a file or a verb that is missing fails the test")]

use std::collections::BTreeMap;
use std::fs;

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
        let (inside, _) = rest.split_once('}').unwrap();
        inside.split_once(":-").unwrap_or_else(|| panic!("${{{inside}}} has no default"))
    });
    uses.map(|(name, default)| (name.to_owned(), default.to_owned())).collect()
}

#[test]
fn the_example_lists_every_setting_with_its_default_and_nothing_else() {
    let mut taken = serve();
    assert!(taken.len() > 10 && taken.contains_key("DATABASE_URL"), "{taken:?}");
    taken.extend(compose());
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
