//! The arguments of the client verbs: rewrites the spellings that `ant` accepts and clap does not.

use std::ffi::OsString;
use std::ptr;

use clap::{Arg, ArgAction, Command};

use super::namespace::is_namespace;

/// The arguments of this process, as clap reads them.
#[derive(Debug)]
pub(in crate::cli) struct Arguments {
    pub(in crate::cli) all: Vec<OsString>,
    /// Whether the usage errors of these arguments end as those of `ant` do: all, but those of the verbs that `ant` lacks.
    pub(in crate::cli) fail_as_ant: bool,
}

impl Arguments {
    /// Rewrites `all`, which begins with the name of the program; the arguments of other verbs stay as they are.
    /// `root` must be built, so that verbs have their global flags.
    ///
    /// As in `ant`, one dash is as good as two (`-name x`), the argument after a flag is its value whatever it begins with
    /// (`--external-id -x`), and a switch may have a value (`--debug=false`), the last of which counts.
    pub(in crate::cli) fn new(root: &Command, all: impl IntoIterator<Item = OsString>) -> Self {
        let given: Vec<_> = all.into_iter().collect();
        let mut rewritten = Rewritten::default();
        let mut command = root;
        let mut rest = given.iter().cloned();
        rewritten.words.extend(rest.next());
        while let Some(word) = rest.next() {
            if word == "--" {
                rewritten.words.push(word);
                rewritten.words.extend(rest);
                break;
            }
            let text = word.to_str().unwrap_or_default();
            // No flag: the rest is words (`-5`).
            if !command.has_subcommands() && text.strip_prefix('-').is_some_and(|rest| rest.starts_with(is_no_name)) {
                rewritten.words.extend(["--".into(), word]);
                rewritten.words.extend(rest);
                break;
            }
            if let Some(verb) = command.find_subcommand(text).filter(|_| !text.starts_with('-')) {
                if ptr::eq(command, root) && !is_namespace(text) {
                    return Self { all: given, fail_as_ant: false };
                }
                command = verb;
            } else if let Some((flag, value)) = flag_of(command, text) {
                let value = value.map(OsString::from);
                if flag.get_action().takes_values() {
                    rewritten.flag(flag, value.or_else(|| rest.next()));
                } else {
                    rewritten.switch(flag, value);
                }
                continue;
            }
            rewritten.words.push(word);
        }
        Self { all: rewritten.words, fail_as_ant: true }
    }
}

#[derive(Default)]
struct Rewritten {
    words: Vec<OsString>,
}

impl Rewritten {
    /// Adds a flag and its value in one word, so that clap does not take the value for a flag.
    fn flag(&mut self, flag: &Arg, value: Option<OsString>) {
        let mut word = spelled(flag);
        if let Some(value) = value {
            word.push("=");
            word.push(value);
        }
        self.words.push(word);
    }

    /// Adds a switch, or removes it if its value is false. With a value that is neither, clap refuses it.
    fn switch(&mut self, switch: &Arg, value: Option<OsString>) {
        let word = spelled(switch);
        match value.as_ref().map(|value| value.to_str().and_then(truth)) {
            None | Some(Some(true)) => self.words.push(word),
            Some(Some(false)) => {
                if matches!(switch.get_action(), ArgAction::SetTrue) {
                    self.words.retain(|before| *before != word);
                }
            }
            Some(None) => self.flag(switch, value),
        }
    }
}

fn is_no_name(first: char) -> bool {
    first != '-' && !first.is_alphabetic()
}

/// The name of a flag with its dashes. Every flag of the client verbs has a long name.
fn spelled(flag: &Arg) -> OsString {
    format!("--{}", flag.get_long().unwrap_or_default()).into()
}

/// The flag of `command` that `word` names, and the value after its `=`.
fn flag_of<'a>(command: &'a Command, word: &'a str) -> Option<(&'a Arg, Option<&'a str>)> {
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?;
    let (name, value) = match name.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (name, None),
    };
    let is_named = |flag: &&Arg| {
        flag.get_long() == Some(name) || flag.get_short().is_some_and(|short| name.strip_prefix(short) == Some(""))
    };
    command.get_arguments().find(is_named).map(|flag| (flag, value))
}

/// The spellings of a boolean in Go.
fn truth(value: &str) -> Option<bool> {
    match value {
        "" | "1" | "t" | "T" | "true" | "True" | "TRUE" => Some(true),
        "0" | "f" | "F" | "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_rewritten(given: &str, expected: &str) {
        let flag = |name: &'static str| Arg::new(name).long(name).global(true);
        let mut root = Command::new("uprof")
            .arg(flag("format"))
            .arg(flag("debug").short('d').action(ArgAction::SetTrue))
            .subcommand(
                Command::new("user-profiles").subcommand(Command::new("create").arg(Arg::new("name").long("name"))),
            )
            .subcommand(Command::new("keys").subcommand(Command::new("create")));
        root.build();
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert_eq!(Arguments::new(&root, words(given)).all, words(expected), "{given}");
    }

    #[test]
    fn one_dash_is_as_good_as_two() {
        assert_rewritten("uprof user-profiles create -name x -d", "uprof user-profiles create --name=x --debug");
        assert_rewritten("uprof -format=yaml user-profiles create", "uprof --format=yaml user-profiles create");
        assert_rewritten("uprof user-profiles create --d -nope x", "uprof user-profiles create --debug -nope x");
    }

    #[test]
    fn the_word_after_a_flag_is_its_value() {
        assert_rewritten("uprof user-profiles create --name -x", "uprof user-profiles create --name=-x");
        assert_rewritten("uprof user-profiles create --name -- -d", "uprof user-profiles create --name=-- --debug");
        assert_rewritten("uprof --format create user-profiles create", "uprof --format=create user-profiles create");
        assert_rewritten("uprof user-profiles create --name= x", "uprof user-profiles create --name= x");
        assert_rewritten("uprof user-profiles create --name", "uprof user-profiles create --name");
    }

    #[test]
    fn a_dash_without_a_name_is_a_word_and_so_is_what_follows() {
        assert_rewritten("uprof user-profiles create -5 -d", "uprof user-profiles create -- -5 -d");
    }

    #[test]
    fn the_last_value_of_a_switch_counts() {
        assert_rewritten("uprof -d=true user-profiles create", "uprof --debug user-profiles create");
        assert_rewritten("uprof --debug user-profiles create --debug=F", "uprof user-profiles create");
        assert_rewritten("uprof -d=0 user-profiles create --debug=1", "uprof user-profiles create --debug");
        assert_rewritten("uprof user-profiles create --debug=no", "uprof user-profiles create --debug=no");
    }

    #[test]
    fn nothing_else_is_rewritten() {
        for given in [
            "uprof",
            "uprof user-profiles create -- -name x",
            "uprof user-profiles create - --unknown x",
            "uprof keys create -name x",
            "uprof nope -name x",
        ] {
            assert_rewritten(given, given);
        }
    }
}
