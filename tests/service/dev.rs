//! `uprof dev`: what it prints, what it stores, and how it ends.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::postgres::postmaster;
use crate::process::{Process, Service, dev, key, uprof};
use crate::scratch::Scratch;
use crate::support::client::{PROFILES, V1};

#[test]
fn it_prints_an_address_a_key_and_a_command_that_runs() {
    let scratch = Scratch::new();
    let (dev, key) = Service::dev(&scratch.data(), &[]);
    dev.process.stdout.find(|line| line.contains("Ctrl-C").then_some(()));
    assert_eq!(dev.client.list("")["data"], json!([]));

    let file = scratch.data().join("dev-api-key");
    assert_eq!(fs::read_to_string(&file).unwrap().trim(), key.secret);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    dev.process.stdout.find(|line| line.contains(file.to_str().unwrap()).then_some(()));

    // Four lines, each of which but the last ends in a backslash.
    let lines = dev.process.stdout.so_far();
    let first = lines.iter().position(|line| line.trim().starts_with("curl ")).unwrap();
    let length = lines[first..].iter().take_while(|line| line.ends_with('\\')).count() + 1;
    let pasted = lines[first..first + length].join("\n");
    assert_eq!(length, 4, "{pasted}");
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("curl is not installed: the line was not tried");
        return;
    }
    let answer = Command::new("sh").args(["-c", &pasted.replacen("curl ", "curl --silent ", 1)]).output().unwrap();
    let profile: Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(profile["name"], "Example User");
    assert_eq!(dev.client.list("")["data"], json!([profile]));
}

#[test]
fn a_later_start_shows_the_same_key_and_the_same_profiles() {
    let scratch = Scratch::with_cluster();
    let (mut dev, first) = Service::dev(&scratch.data(), &[]);
    let profile = dev.client.create(&json!({"name": "Example", "metadata": {"plan": "pro"}}));
    dev.process.signal(Signal::INT);
    assert_eq!(dev.process.wait().code(), Some(0));

    let (dev, second) = Service::dev(&scratch.data(), &[]);
    assert_eq!(second.secret, first.secret);
    assert_eq!(dev.client.list("")["data"], json!([profile]));
}

#[test]
fn a_missing_or_invalid_key_file_is_replaced() {
    let scratch = Scratch::with_cluster();
    let file = scratch.data().join("dev-api-key");
    let (dev, first) = Service::dev(&scratch.data(), &[]);
    let profile = dev.client.create(&json!({}));
    drop(dev);

    fs::remove_file(&file).unwrap();
    let (dev, second) = Service::dev(&scratch.data(), &[]);
    assert_ne!(second.secret, first.secret);
    assert_eq!(dev.client.list("")["data"], json!([profile]));
    // The lost key is valid until it is revoked.
    assert_eq!(dev.client.with_key(&first).list("")["data"], json!([profile]));
    let organizations = verb(&scratch, &["organizations", "list"]);
    assert_eq!(organizations.as_array().unwrap().len(), 1, "{organizations}");
    let organization = organizations[0]["id"].as_str().unwrap();
    for listed in verb(&scratch, &["keys", "list", "--organization", organization]).as_array().unwrap() {
        verb(&scratch, &["keys", "revoke", listed["id"].as_str().unwrap(), "--organization", organization]);
    }
    drop(dev);

    let (dev, third) = Service::dev(&scratch.data(), &[]);
    assert_ne!(third.secret, second.secret);
    assert_eq!(dev.client.with_key(&second).get(PROFILES).send().refused(401), "Invalid API key");
    drop(dev);

    fs::write(&file, "uprof-key-nonsense\n").unwrap();
    let (dev, fourth) = Service::dev(&scratch.data(), &[]);
    assert_ne!(fourth.secret, third.secret);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(dev.client.list("")["data"], json!([profile]));
}

fn verb(scratch: &Scratch, arguments: &[&str]) -> Value {
    let output = uprof().args(arguments).args(["--format", "json", "--data-dir"]).arg(scratch.data()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_port_in_use_is_reported_in_one_line_and_no_process_remains() {
    let scratch = Scratch::with_cluster();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = Process::spawn(dev(&scratch.data(), &[&format!("--listen={address}")])).refusal();
    assert!(said.contains(&address) && said.contains("--listen"), "{said}");
    assert!(!scratch.data().join("postgres/postmaster.pid").exists());
}

#[test]
fn a_second_one_on_the_same_directory_is_refused_with_the_pid_of_the_first() {
    let scratch = Scratch::with_cluster();
    let (first, _) = Service::dev(&scratch.data(), &[]);
    let said = Process::spawn(dev(&scratch.data(), &[])).refusal();
    assert!(said.contains(&first.process.id().to_string()) && said.contains("data"), "{said}");
    assert_eq!(first.client.list("")["data"], json!([]));
}

#[test]
fn ctrl_c_stops_it_and_its_postgres() {
    let scratch = Scratch::with_cluster();
    let (mut dev, _) = Service::dev(&scratch.data(), &[]);
    let postmaster = postmaster(&scratch);
    let pid_file = scratch.data().join("postgres/postmaster.pid");
    let socket_dir = fs::read_to_string(&pid_file).unwrap().lines().nth(4).unwrap().to_owned();
    assert!(fs::exists(&socket_dir).unwrap());
    dev.process.signal(Signal::INT);
    assert_eq!(dev.process.wait().code(), Some(0));
    assert!(!pid_file.exists());
    assert!(!fs::exists(&socket_dir).unwrap());
    assert_eq!(rustix::process::test_kill_process(postmaster), Err(rustix::io::Errno::SRCH));
}

#[test]
fn an_exit_of_postgres_ends_it_with_one_line() {
    let scratch = Scratch::with_cluster();
    let (mut dev, _) = Service::dev(&scratch.data(), &["--log-format=json", "--log=warn"]);
    rustix::process::kill_process(postmaster(&scratch), Signal::KILL).unwrap();
    assert_eq!(dev.process.wait().code(), Some(1));
    let lines = dev.process.stderr.to_the_end();
    let errors: Vec<_> = lines.iter().filter(|line| line.contains(r#""level":"ERROR""#)).collect();
    assert!(errors.len() == 1 && errors[0].contains("Postgres exited"), "{lines:?}");
}

#[test]
fn a_closed_standard_output_does_not_stop_it() {
    let scratch = Scratch::with_cluster();
    let mut command = dev(&scratch.data(), &["--log-format=json"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child = command.stdout(writer).stderr(Stdio::null()).spawn().unwrap();
    drop(command);
    // The key was not printed; the file has it.
    let file = scratch.data().join("dev-api-key");
    let secret = crate::scratch::eventually("a key", || {
        assert!(child.try_wait().unwrap().is_none(), "it has ended");
        fs::read_to_string(&file).ok()
    });
    assert_eq!(key(secret.trim().to_owned()).secret.len(), 59);
    let organizations = verb(&scratch, &["organizations", "list"]);
    assert_eq!(organizations[0]["default_version"], V1.trim_start_matches("user-profiles-"));
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
