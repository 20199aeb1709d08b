//! The first commands of a new user.

use std::env;
use std::fs::{self, DirBuilder};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::command::uprof;

#[test]
fn the_first_profile_is_two_commands_away() {
    let directory = env::temp_dir().join(format!("uprof-quick-{}", std::process::id()));
    // Postgres' account needs access to it.
    DirBuilder::new().mode(0o755).create(&directory).unwrap();
    let mut service = Command::new(env!("CARGO_BIN_EXE_uprof"))
        .args(["dev", "--listen=127.0.0.1:0", "--grace=5s", "--data-dir"])
        .arg(directory.join("data"))
        .env_remove("DATABASE_URL")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // Ctrl-C must not reach it: it is stopped below.
        .process_group(0)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(service.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut after = |mark: &str| lines.find_map(|line| line.split_once(mark).map(|(_, rest)| rest.trim().to_owned()));
    let (url, key) = (after("listening on ").unwrap(), after("API key").unwrap());

    let example = ["create", "--external-id", "user_12345", "--name", "Example User", "--metadata", "plan=pro"];
    let call = uprof(&[&["beta:user-profiles"][..], &example].concat());
    let created = call.env("ANTHROPIC_BASE_URL", &url).env("ANTHROPIC_API_KEY", &key).run();

    kill_process(Pid::from_child(&service), Signal::INT).unwrap();
    assert!(service.wait().unwrap().success());
    fs::remove_dir_all(&directory).unwrap();
    assert_eq!((created.status, created.stderr.as_str()), (0, ""));
    let profile: Value = serde_json::from_str(&created.stdout).unwrap();
    assert_eq!((&profile["name"], &profile["metadata"]), (&json!("Example User"), &json!({"plan": "pro"})));
}
