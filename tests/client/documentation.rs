//! The examples of docs/command-line.md.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::bulk::directory::Directory;
use crate::support::TestApp;

#[test]
fn every_example_runs() {
    let app = TestApp::start();
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/command-line.md")).unwrap();
    let blocks: Vec<_> = text.split("\n```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let calls: usize = blocks.iter().map(|block| block.matches("uprof ").count()).sum();
    assert!(blocks.len() > 5 && calls > 15, "{blocks:?}");

    let mut path = OsString::from(Path::new(env!("CARGO_BIN_EXE_uprof")).parent().unwrap());
    path.push(":");
    path.push(env::var_os("PATH").unwrap());
    // Where files are written.
    let directory = Directory::new();
    let output = Command::new("bash")
        .args(["--norc", "--noprofile", "-euo", "pipefail", "-c", &blocks.concat()])
        .env("PATH", path)
        .current_dir(directory.path("."))
        .env("ANTHROPIC_BASE_URL", format!("http://{}", app.address))
        .env("ANTHROPIC_API_KEY", &app.key.secret)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    let complaints: Vec<_> = stderr.lines().filter(|line| !line.starts_with(['>', '<'])).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
    assert!(stdout.contains("Example Company") && stdout.contains("\"user_profile_deleted\""), "{stdout}");
}
