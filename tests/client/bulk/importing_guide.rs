//! The commands of docs/importing.md, with its samples.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::directory::Directory;
use crate::support::TestApp;

#[test]
fn every_command_of_the_guide_prints_what_the_guide_says() {
    let (app, directory) = (TestApp::start(), Directory::new());
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for sample in fs::read_dir(docs.join("samples")).unwrap() {
        let sample = sample.unwrap();
        fs::copy(sample.path(), directory.path(sample.file_name().to_str().unwrap())).unwrap();
    }
    let mut path = OsString::from(Path::new(env!("CARGO_BIN_EXE_uprof")).parent().unwrap());
    path.push(":");
    path.push(env::var_os("PATH").unwrap());

    let text = fs::read_to_string(docs.join("importing.md")).unwrap();
    let blocks = text.split("\n```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let mut count = 0;
    for call in blocks.flat_map(|block| block.split("$ ").skip(1)) {
        let (command, expected) = call.split_once('\n').unwrap();
        let output = Command::new("bash")
            .args(["--norc", "--noprofile", "-uo", "pipefail", "-c", command])
            .env("PATH", &path)
            .env("ANTHROPIC_BASE_URL", format!("http://{}", app.address))
            .env("ANTHROPIC_API_KEY", &app.key.secret)
            .current_dir(directory.path("."))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{command}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{command}");
        let status = i32::from(expected.contains(" rejected\n") && !expected.contains(" 0 rejected\n"));
        assert_eq!(output.status.code(), Some(status), "{command}");
        count += 1;
    }
    assert!(count >= 12, "{count} commands");
}
