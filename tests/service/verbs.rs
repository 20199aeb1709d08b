//! The administrative verbs, with and without a running `uprof dev`.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::process::{Service, key, uprof};
use crate::scratch::{Scratch, eventually};
use crate::support::answer::keys;
use crate::support::client::PROFILES;
use crate::support::receiver::Receiver;
use crate::support::webhooks::EVENT_KINDS;
use crate::webhooks::emit_event;

/// The verbs on one data directory.
struct Operator<'a>(&'a Scratch);

impl Operator<'_> {
    fn text(&self, arguments: &[&str]) -> String {
        let output = uprof().args(arguments).arg("--data-dir").arg(self.0.data()).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?} {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let text = self.text(&[arguments, &["--format", "json"]].concat());
        assert_eq!(text.lines().count(), 1, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// The one line of a verb that fails.
    fn refusal(&self, arguments: &[&str]) -> String {
        let output = uprof().args(arguments).arg("--data-dir").arg(self.0.data()).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && text.lines().count() == 1, "{arguments:?} {text}");
        text
    }
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn organizations_and_keys_are_managed_while_dev_runs() {
    let scratch = Scratch::with_cluster();
    let operator = Operator(&scratch);
    let (dev, _) = Service::dev(&scratch.data(), &[]);

    let made =
        operator.json(&["organizations", "create", "--name", "Ärzte & \"Co\"", "--default-version", "2026-03-24"]);
    let limits = ["api_key_quota", "open_link_quota", "profile_quota", "read_limit", "write_limit"];
    let (limited, other): (Vec<_>, _) = keys(&made).into_iter().partition(|name| limits.contains(name));
    assert_eq!((&limited[..], &other[..]), (&limits[..], &["created_at", "default_version", "id", "name"][..]));
    assert_eq!(made["name"], "Ärzte & \"Co\"");
    let id = string(&made["id"]);
    let renamed = operator.json(&["organizations", "update", id, "--name", "Renamed"]);
    assert_eq!(renamed["name"], "Renamed");
    assert_eq!(renamed["created_at"], made["created_at"]);
    let listed = operator.json(&["organizations", "list"]);
    assert_eq!(listed[0]["name"], "dev");
    assert_eq!(listed[1], renamed);
    assert!(
        operator.text(&["organizations", "list"]).lines().any(|line| line.contains(id) && line.contains("Renamed"))
    );

    let of = ["--organization", id];
    let create = ["keys", "create", of[0], of[1], "--scopes", "profiles:read,profiles:write"];
    let made = operator.json(&[&create[..], &["--expires-at", "2999-01-01T00:00:00Z"]].concat());
    assert_eq!(made["scopes"], json!(["profiles:read", "profiles:write"]));
    assert_eq!(made["expires_at"], "2999-01-01T00:00:00Z");
    let secret = string(&made["key"]);
    assert!(secret.ends_with(string(&made["last_four"])));
    let bound =
        operator.json(&["keys", "create", of[0], of[1], "--scopes", "profiles:read", "--workspace", "wrkspc_1"]);
    let listed = operator.text(&["keys", "list", of[0], of[1], "--format", "json"]);
    assert!(!listed.contains(secret), "a key is printed once");
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0]["id"], made["id"]);
    assert_eq!(listed[1]["workspace_id"], "wrkspc_1");

    let client = dev.client.with_key(&key(secret.to_owned()));
    let profile = client.create(&json!({"name": "Example"}));
    let profile = string(&profile["id"]);
    client.update(profile, &json!({"name": "Other", "external_id": "user_1"}));
    let events = operator.json(&["events", "list", of[0], of[1], "--user-profile", profile]);
    assert_eq!(events.as_array().unwrap().len(), 2);
    assert_eq!(events[1]["data"], json!({"type": "user_profile.created", "id": profile}));
    let updated = operator.text(&["events", "list", of[0], of[1], "--type", "user_profile.updated"]);
    assert!(updated.trim_end().ends_with("user_profile.updated  name,reference_id"), "{updated}");
    assert_eq!(updated.lines().count(), 1);
    let oldest = operator.json(&["events", "list", of[0], of[1], "--order", "asc", "--limit", "1"]);
    assert_eq!(oldest[0]["data"], json!({"type": "api_key.created", "id": made["id"], "actor": "command_line"}));
    let bound = dev.client.with_key(&key(string(&bound["key"]).to_owned()));
    assert_eq!(bound.get(PROFILES).header("anthropic-workspace-id", "wrkspc_2").send().status, 403);
    assert_eq!(bound.post(PROFILES).json(&json!({})).status, 403);
    assert_eq!(bound.list("")["data"].as_array().unwrap().len(), 1);

    let revoke = ["keys", "revoke", string(&made["id"]), of[0], of[1]];
    let revoked = operator.json(&revoke);
    assert!(revoked["revoked_at"].is_string());
    assert_eq!(operator.json(&revoke), revoked);
    let told = operator.text(&["events", "list", of[0], of[1], "--type", "api_key.revoked"]);
    assert_eq!(told.lines().count(), 1);
    assert!(told.trim_end().ends_with(&format!("{}  api_key.revoked  command_line", string(&made["id"]))), "{told}");
    // The running service caches keys for up to 5 seconds.
    eventually("the key is refused", || (client.get(PROFILES).send().status == 401).then_some(()));
}

#[test]
fn organizations_and_keys_are_managed_while_nothing_runs() {
    let scratch = Scratch::with_cluster();
    let operator = Operator(&scratch);
    let made = operator.json(&["organizations", "create", "--name", "One"]);
    let created =
        operator.json(&["keys", "create", "--organization", string(&made["id"]), "--scopes", "profiles:read"]);
    assert!(!scratch.data().join("postgres/postmaster.pid").exists());
    let (dev, _) = Service::dev(&scratch.data(), &[]);
    let client = dev.client.with_key(&key(string(&created["key"]).to_owned()));
    assert_eq!(client.list("")["data"], json!([]));
}

#[test]
fn webhook_endpoints_are_managed_and_their_deliveries_listed() {
    let scratch = Scratch::with_cluster();
    let operator = Operator(&scratch);
    let (dev, _) = Service::dev(&scratch.data(), &["--webhooks-poll=20ms"]);
    let organization = operator.json(&["organizations", "list"])[0]["id"].clone();
    let of = ["--organization", string(&organization)];
    let receiver = Receiver::start();
    let url = receiver.url("/hooks");
    let create = ["webhooks", "create", of[0], of[1], "--events", EVENT_KINDS[2], "--url"];
    assert_eq!(operator.refusal(&[&create[..], &[&url]].concat()), "error: --url: URL scheme should be https\n");
    let made = operator.json(&[&create[..], &[&url, "--webhooks-allow-insecure"]].concat());
    assert_eq!((&made["url"], &made["state"]), (&json!(url), &json!("enabled")));
    let id = string(&made["id"]);

    emit_event(&dev.client);
    let arrived = receiver.next();
    assert!(arrived.is_signed_with(string(&made["signing_secret"])));
    let deliveries = || operator.json(&["webhooks", "deliveries", id, of[0], of[1]]);
    let delivered =
        eventually("it is delivered", || Some(deliveries()).filter(|found| found[0]["state"] == "delivered"));
    assert_eq!((&delivered[0]["id"], &delivered[0]["attempts"][0]["status"]), (&json!(arrived.id()), &json!(200)));
    let line = operator.text(&["webhooks", "deliveries", id, of[0], of[1]]);
    assert!(line.contains("delivered  1 attempts, the last: 200"), "{line}");
    operator.json(&["webhooks", "redeliver", id, arrived.id(), of[0], of[1]]);
    assert_eq!(receiver.next().body, arrived.body);

    let renewed = operator.json(&["webhooks", "regenerate-secret", id, of[0], of[1]]);
    assert_ne!(renewed["signing_secret"], made["signing_secret"]);
    let updated =
        operator.json(&["webhooks", "update", id, of[0], of[1], "--name", "Help desk", "--state", "disabled"]);
    assert_eq!((&updated["name"], &updated["state"]), (&json!("Help desk"), &json!("disabled")));
    assert_eq!(operator.json(&["webhooks", "list", of[0], of[1]]), json!([updated]));
    assert_eq!(operator.text(&["webhooks", "delete", id, of[0], of[1]]), format!("{id}  deleted\n"));
    assert_eq!(operator.refusal(&["webhooks", "delete", id, of[0], of[1]]), "error: Webhook endpoint not found\n");
}

#[test]
fn grants_are_decided_and_profiles_restricted() {
    let scratch = Scratch::with_cluster();
    let operator = Operator(&scratch);
    let (dev, _) = Service::dev(&scratch.data(), &[]);
    let organization = operator.json(&["organizations", "list"])[0]["id"].clone();
    let of = ["--organization", string(&organization)];
    let profile = dev.client.create(&json!({"name": "Example"}));
    let id = string(&profile["id"]);
    let decide = ["trust-grants", "decide", id, "cyber", of[0], of[1], "--actor", "help desk"];

    operator.json(&[&decide[..], &["--status", "pending"]].concat());
    let waiting = operator.json(&["trust-grants", "list", of[0], of[1]]);
    assert_eq!((&waiting[0]["user_profile_id"], &waiting[0]["status"]), (&profile["id"], &json!("pending")));
    let tiers = ["--tier", "a=data_retention", "--tier", "c"];
    let made = operator.json(&[&decide[..], &["--status", "active", "--reason", "Verified."], &tiers[..]].concat());
    let requirements = |retention: bool| json!({"data_retention": retention, "human_review": false});
    let active = |retention| json!({"status": "active", "requirements": requirements(retention)});
    assert_eq!(
        (&made["tiers"], &made["actor"]),
        (&json!({"a": active(true), "c": active(false)}), &json!("help desk"))
    );
    assert_eq!(dev.client.retrieve(id)["trust_grants"], json!({"cyber": {"status": "active"}}));
    let history = operator.json(&["trust-grants", "decisions", id, "cyber", of[0], of[1]]);
    assert_eq!((&history[0], &history[1]["status"]), (&made, &json!("pending")));
    let refused = operator.refusal(&[&decide[..], &["--status", "rejected"]].concat());
    assert_eq!(refused, "error: status: A grant that is active cannot be rejected\n");
    assert!(
        operator
            .refusal(&[&decide[..], &["--status", "withdrawn", "--tier", "a"]].concat())
            .contains("--status active only")
    );

    let open =
        ["enforcement-actions", "open", id, of[0], of[1], "--actor", "help desk", "--reason", "high_harm", "--type"];
    let limit = operator.json(&[&open[..], &["restriction", "--verify"]].concat());
    assert_eq!(operator.refusal(&[&open[..], &["ban", "--verify"]].concat()), "error: action: No check clears a ban\n");
    let of_limit = [string(&limit["id"]), of[0], of[1]];
    let submitted =
        operator.json(&[&["enforcement-actions", "record-check", id], &of_limit[..], &["submitted"]].concat());
    assert_eq!(submitted["identity_check"], "in_review");
    let resolve = [&["enforcement-actions", "resolve", id], &of_limit[..], &["--actor", "help desk"]].concat();
    let resolved = operator.json(&resolve);
    assert_eq!(resolved["resolved_by"], "help desk");
    assert!(operator.refusal(&resolve).contains("has ended"));
    let list = ["enforcement-actions", "list", id, of[0], of[1]];
    assert_eq!(operator.json(&list), json!([resolved]));
    assert!(operator.text(&list).contains("ended "));

    // The profile has been changed five times.
    let stale = ["--if-match", "5-ga"];
    let other = "error: if-match: The user profile has another revision\n";
    let withdraw = [&decide[..], &["--status", "withdrawn"]].concat();
    assert_eq!(operator.refusal(&[&withdraw[..], &stale].concat()), other);
    assert_eq!(operator.refusal(&[&open[..], &["ban"], &stale].concat()), other);
    operator.json(&[&withdraw[..], &["--if-match", "\"6-ga\""]].concat());
    let ban = operator.json(&[&open[..], &["ban", "--if-match", "7"]].concat());
    let resolve = ["enforcement-actions", "resolve", id, string(&ban["id"]), of[0], of[1], "--actor", "help desk"];
    assert_eq!(operator.refusal(&[&resolve[..], &stale].concat()), other);
    operator.json(&[&resolve[..], &["--if-match", "8"]].concat());
}

#[test]
fn unknown_objects_are_reported_in_one_line() {
    let scratch = Scratch::with_cluster();
    let operator = Operator(&scratch);
    let id = string(&operator.json(&["organizations", "create", "--name", "One"])["id"]).to_owned();
    let other = format!("{}{}", &id[..id.len() - 1], if id.ends_with('0') { '1' } else { '0' });
    for arguments in [
        &["organizations", "update", &other, "--name", "Renamed"][..],
        &["keys", "create", "--organization", &other, "--scopes", "admin"],
        &["keys", "list", "--organization", &other],
    ] {
        assert_eq!(operator.refusal(arguments), "error: Organization not found\n");
    }
    let past = ["keys", "create", "--organization", &id, "--scopes", "admin", "--expires-at", "2020-01-01T00:00:00Z"];
    assert!(operator.refusal(&past).contains("--expires-at"));
}

#[test]
fn a_closed_standard_output_is_not_an_error() {
    let scratch = Scratch::with_cluster();
    Operator(&scratch).json(&["organizations", "create", "--name", "One"]);
    for format in ["text", "json"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = uprof();
        command.args(["organizations", "list", "--format", format, "--data-dir"]).arg(scratch.data());
        let output = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }
}
