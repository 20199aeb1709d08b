//! Completions and man pages.
#![expect(clippy::unwrap_used, reason = "a test without bash or without its files fails")]

use std::io::Write;
use std::process::{Command, Stdio};
use std::{env, fs};

use clap::CommandFactory;
use uprof::cli::Cli;

use crate::command::uprof;

/// `uprof` and every verb, each with the words that call it.
fn commands() -> Vec<(Vec<String>, clap::Command)> {
    fn add(path: &[String], command: &clap::Command, all: &mut Vec<(Vec<String>, clap::Command)>) {
        let path = [path, &[command.get_name().to_owned()]].concat();
        for verb in verbs(command) {
            add(&path, verb, all);
        }
        all.push((path, command.clone()));
    }
    let mut command = Cli::command();
    // Hands global flags to the verbs.
    command.build();
    let mut all = Vec::new();
    add(&[], &command, &mut all);
    assert!(all.len() > 40, "{}", all.len());
    all
}

fn verbs(command: &clap::Command) -> impl Iterator<Item = &clap::Command> {
    command.get_subcommands().filter(|verb| verb.get_name() != "help")
}

fn flags(command: &clap::Command) -> impl Iterator<Item = &str> {
    command.get_arguments().filter(|flag| !flag.is_hide_set()).filter_map(clap::Arg::get_long)
}

/// What bash suggests for the last word of each of `lines`, which are split as bash splits them: at colons too.
fn suggested_in_bash(lines: &[&[&str]]) -> Vec<Vec<String>> {
    let mut script = vec![
        uprof(&["completions", "bash"]).text(),
        r"completer=$(complete -p uprof | sed 's/.*-F \([^ ]*\).*/\1/')".to_owned(),
    ];
    for words in lines {
        let quoted: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
        let last = words.len() - 1;
        script.push(format!("COMP_WORDS=({}) COMP_CWORD={last} COMPREPLY=()", quoted.join(" ")));
        script.push(format!(r#""$completer" uprof "${{COMP_WORDS[{last}]}}" "${{COMP_WORDS[{last}-1]}}""#));
        script.push(r#"echo "${COMPREPLY[*]}""#.to_owned());
    }
    let script = script.join("\n") + "\n";
    // Through standard input: it is longer than an argument may be.
    let mut bash = Command::new("bash")
        .args(["--norc", "--noprofile", "-s"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let suggested = String::from_utf8(output.stdout).unwrap();
    let suggested: Vec<_> =
        suggested.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect();
    assert_eq!(suggested.len(), lines.len());
    suggested
}

#[test]
fn the_script_of_every_shell_has_every_verb_and_flag() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = uprof(&["completions", shell]).text().replace(r"\:", ":");
        for (path, command) in commands() {
            assert!(script.contains(command.get_name()), "{shell} has no {path:?}");
            for flag in flags(&command) {
                let flag = if shell == "fish" { format!("-l {flag}") } else { format!("--{flag}") };
                assert!(script.contains(&flag), "{shell} has no {flag} of {path:?}");
            }
        }
    }
    assert_eq!(uprof(&["completions", "cmd"]).run().status, 2);
}

#[test]
fn bash_completes_verbs_and_flags_on_either_side_of_a_colon() {
    let options = ["--base-url", "http", ":", "//localhost", ":", "80"];
    let with_options = [&["uprof", "user-profiles"], &options[..], &["list", "--order-"]].concat();
    let cases: &[(&[&str], &[&str])] = &[
        (&["uprof", "user-profiles", "cr"], &["create", "create-enrollment-url"]),
        (&["uprof", "be"], &["beta:user-profiles", "beta:user-profiles:action-urls"]),
        (&["uprof", "beta", ":", "us"], &["user-profiles", "user-profiles:action-urls"]),
        (&["uprof", "beta", ":", "user-profiles", ":", "a"], &["action-urls"]),
        (&["uprof", "beta", ":", "user-profiles", "cr"], &["create", "create-enrollment-url"]),
        (&["uprof", "beta", ":", "user-profiles", "update", "--rel"], &["--relationship"]),
        (&["uprof", "user-profiles", "update", "--rel"], &[]),
        (&["uprof", "serve", "--dr"], &["--drain"]),
        (&with_options, &["--order-by"]),
    ];
    let lines: Vec<_> = cases.iter().map(|(words, _)| *words).collect();
    for ((words, expected), suggested) in cases.iter().zip(suggested_in_bash(&lines)) {
        assert_eq!(suggested, *expected, "{words:?}");
    }
}

#[test]
fn bash_completes_every_verb_and_flag() {
    let commands = commands();
    // `beta:user-profiles` is three words to bash.
    let split = |path: &[String]| path.join(" ").replace(':', " : ");
    let lines: Vec<_> = commands.iter().flat_map(|(path, _)| [split(path) + " ", split(path) + " --"]).collect();
    let words: Vec<Vec<&str>> = lines.iter().map(|line| line.split(' ').collect()).collect();
    let suggested = suggested_in_bash(&words.iter().map(Vec::as_slice).collect::<Vec<_>>());
    for ((path, command), suggested) in commands.iter().zip(suggested.chunks(2)) {
        for verb in verbs(command) {
            assert!(suggested[0].iter().any(|word| word == verb.get_name()), "{path:?} {}", verb.get_name());
        }
        for flag in flags(command) {
            assert!(suggested[1].contains(&format!("--{flag}")), "{path:?} --{flag}");
        }
    }
}

#[test]
fn zsh_entries_escape_the_colons_of_their_names() {
    let script = uprof(&["completions", "zsh"]).text();
    for entry in [r"'beta\:user-profiles:Create", r"'beta\:user-profiles\:action-urls:Create", "'user-profiles:Create"]
    {
        assert!(script.contains(entry), "{entry}");
    }
    assert!(!script.contains("\n'beta:"));
}

/// A man page without its markup.
fn plain(page: &str) -> String {
    [(r"\-", "-"), (r"\*(Aq", "'"), (r"\fB", ""), (r"\fI", ""), (r"\fR", "")]
        .iter()
        .fold(page.to_owned(), |page, (markup, text)| page.replace(markup, text))
}

#[test]
fn every_verb_has_a_man_page_that_describes_its_verbs_and_flags() {
    let directory = env::temp_dir().join(format!("uprof-man-{}", std::process::id())).join("deep");
    assert_eq!(uprof(&["man", directory.to_str().unwrap()]).text(), "");
    let commands = commands();
    assert_eq!(fs::read_dir(&directory).unwrap().count(), commands.len());
    for (path, command) in &commands {
        let name = path.join("-");
        let page = plain(&fs::read_to_string(directory.join(format!("{name}.1"))).unwrap());
        let about = command.get_about().unwrap();
        for text in [format!(".TH {name} 1"), format!("{name} - {about}")] {
            assert!(page.contains(&text), "{name}: {text}");
        }
        for verb in verbs(command) {
            let text = format!("{name}-{}(1)\n{}\n", verb.get_name(), verb.get_about().unwrap());
            assert!(page.contains(&text), "{name}: {text}");
        }
        // The page has another text for --help.
        let described = command.get_arguments().filter(|flag| !flag.is_hide_set() && flag.get_id() != "help");
        for argument in described {
            let flag = argument.get_long().map_or_else(String::new, |flag| format!("--{flag}"));
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(page.contains(&flag) && page.contains(&help) && !help.is_empty(), "{name}: {flag} {help}");
        }
    }
    fs::remove_dir_all(directory.parent().unwrap()).unwrap();
    let refused = uprof(&["man", "/dev/null"]).run();
    assert_eq!((refused.status, refused.stderr.lines().count()), (1, 1), "{refused:?}");
}

#[test]
fn without_a_directory_the_page_of_uprof_is_printed() {
    let page = plain(&uprof(&["man"]).text());
    assert!(page.contains(".TH uprof 1"), "{page}");
    for verb in verbs(&Cli::command()) {
        assert!(page.contains(&format!("uprof-{}(1)", verb.get_name())), "{}", verb.get_name());
    }
}

#[test]
fn pages_and_scripts_contain_no_values_of_the_environment() {
    for arguments in [&["man"][..], &["completions", "bash"]] {
        let printed =
            uprof(arguments).env("ANTHROPIC_API_KEY", "the-key").env("ANTHROPIC_BASE_URL", "http://there").text();
        assert!(!printed.contains("the-key") && !printed.contains("http://there"));
    }
    let help = uprof(&["user-profiles", "create", "--help"]).env("ANTHROPIC_API_KEY", "the-key").text();
    assert!(help.contains("ANTHROPIC_API_KEY") && !help.contains("the-key"), "{help}");
}
