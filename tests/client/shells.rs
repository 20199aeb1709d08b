//! Completions and man pages.
#![expect(clippy::unwrap_used, reason = "a test without bash fails")]

use std::io::Write;
use std::process::{Command, Stdio};
use std::{env, fs};

use crate::command::uprof;

/// What bash would suggest for the last of `words`, as it splits them itself: at colons too.
fn suggested_in_bash(words: &[&str]) -> Vec<String> {
    let script = uprof(&["completions", "bash"]).text();
    let quoted: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
    let last = words.len() - 1;
    let ask = format!(
        "{script}\nCOMP_WORDS=({}) COMP_CWORD={last}\n\
         function_of_uprof=$(complete -p uprof | sed 's/.*-F \\([^ ]*\\).*/\\1/')\n\
         \"$function_of_uprof\" uprof \"${{COMP_WORDS[{last}]}}\" \"${{COMP_WORDS[{last}-1]}}\"\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" ")
    );
    // Longer than an argument may be.
    let mut bash = Command::new("bash")
        .args(["--norc", "--noprofile", "-s"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    bash.stdin.take().unwrap().write_all(ask.as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let suggested = String::from_utf8(output.stdout).unwrap();
    suggested.lines().map(str::to_owned).filter(|word| !word.is_empty()).collect()
}

#[test]
fn there_is_a_script_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = uprof(&["completions", shell]).text();
        for word in ["beta:user-profiles", "create-enrollment-url", "external-user-details.country", "organizations"] {
            assert!(script.contains(&word.replace(':', r"\:")) || script.contains(word), "{shell} knows no {word}");
        }
    }
    assert_eq!(uprof(&["completions", "cmd"]).run().status, 2);
}

#[test]
fn bash_completes_verbs_and_flags_on_either_side_of_a_colon() {
    assert_eq!(suggested_in_bash(&["uprof", "user-profiles", "cr"]), ["create", "create-enrollment-url"]);
    assert_eq!(suggested_in_bash(&["uprof", "be"]), ["beta:user-profiles", "beta:user-profiles:action-urls"]);
    assert_eq!(suggested_in_bash(&["uprof", "beta", ":", "us"]), ["user-profiles", "user-profiles:action-urls"]);
    assert_eq!(suggested_in_bash(&["uprof", "beta", ":", "user-profiles", ":", "a"]), ["action-urls"]);
    assert_eq!(suggested_in_bash(&["uprof", "beta", ":", "user-profiles", "cr"]), ["create", "create-enrollment-url"]);
    assert_eq!(suggested_in_bash(&["uprof", "beta", ":", "user-profiles", "update", "--rel"]), ["--relationship"]);
    assert_eq!(suggested_in_bash(&["uprof", "user-profiles", "update", "--rel"]), Vec::<String>::new());
    let address = ["uprof", "--base-url", "http", ":", "//localhost", ":", "80", "user-profiles", "list", "--order-"];
    assert_eq!(suggested_in_bash(&["uprof", "serve", "--dr"]), ["--drain"]);
    assert_eq!(
        suggested_in_bash(&[&["uprof", "user-profiles"], &address[1..7], &["list", "--order-"]].concat()),
        ["--order-by"]
    );
}

#[test]
fn zsh_is_told_that_the_colons_belong_to_the_names() {
    let script = uprof(&["completions", "zsh"]).text();
    for entry in [r"'beta\:user-profiles:Create", r"'beta\:user-profiles\:action-urls:Create", "'user-profiles:Create"]
    {
        assert!(script.contains(entry), "{entry}");
    }
    assert!(!script.contains("\n'beta:"));
}

#[test]
fn every_verb_has_a_man_page() {
    let page = uprof(&["man"]).text();
    assert!(page.contains(".TH uprof 1") && page.contains(r"uprof\-beta:user\-profiles(1)"), "{page}");

    let directory = env::temp_dir().join(format!("uprof-man-{}", std::process::id()));
    assert_eq!(uprof(&["man", directory.join("deep").to_str().unwrap()]).text(), "");
    for name in ["uprof", "uprof-serve", "uprof-beta:user-profiles-create", "uprof-user-profiles:action-urls-create"] {
        let page = fs::read_to_string(directory.join(format!("deep/{name}.1"))).unwrap();
        assert!(page.contains(".TH "), "{name}");
    }
    fs::remove_dir_all(&directory).unwrap();
    let refused = uprof(&["man", "/dev/null"]).run();
    assert_eq!((refused.status, refused.stderr.lines().count()), (1, 1), "{refused:?}");
}

#[test]
fn nothing_of_the_environment_gets_into_a_page_or_a_script() {
    for arguments in [&["man"][..], &["completions", "bash"]] {
        let printed =
            uprof(arguments).env("ANTHROPIC_API_KEY", "the-key").env("ANTHROPIC_BASE_URL", "http://there").text();
        assert!(!printed.contains("the-key") && !printed.contains("http://there"));
    }
    let help = uprof(&["user-profiles", "create", "--help"]).env("ANTHROPIC_API_KEY", "the-key").text();
    assert!(help.contains("ANTHROPIC_API_KEY") && !help.contains("the-key"), "{help}");
}
