//! Each verb against the service.

use serde_json::json;

use crate::command::at;
use crate::peer::Peer;
use crate::support::TestApp;
use crate::support::client::id;

#[test]
fn create_prints_the_stored_profile() {
    let app = TestApp::start();
    let arguments = "beta:user-profiles create --external-id user_12345 --name Example --metadata plan=pro";
    let created = at(&app, &arguments.split(' ').collect::<Vec<_>>()).json();
    assert_eq!(created["external_id"], "user_12345");
    assert_eq!(created["name"], "Example");
    assert_eq!(created["relationship"], "external");
    assert_eq!(created["metadata"], json!({"plan": "pro"}));
    assert_eq!(app.client.retrieve(id(&created)), created);
}

#[test]
fn create_needs_no_field() {
    let app = TestApp::start();
    let created = at(&app, &["beta:user-profiles", "create"]).json();
    assert_eq!((&created["name"], &created["metadata"]), (&json!(null), &json!({})));
}

#[test]
fn retrieve_prints_a_profile_in_the_version_of_its_namespace() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"external_id": "user_1", "relationship": "resold", "name": "Example"}));
    assert_eq!(at(&app, &["beta:user-profiles", "retrieve", id(&profile)]).json(), profile);

    let general = at(&app, &["user-profiles", "retrieve", "--user-profile-id", id(&profile)]).json();
    assert_eq!(general["access_type"], "passthrough");
    assert_eq!(general["external_user_details"]["reference_id"], "user_1");
    assert!(general.get("relationship").is_none() && general.get("trust_grants").is_none());
}

#[test]
fn a_beta_value_selects_another_version() {
    let app = TestApp::start();
    let arguments = ["beta:user-profiles", "create", "--access-type", "passthrough", "--beta"];
    let second = at(&app, &[&arguments[..], &["user-profiles-2026-08-18", "--external-id", "a"]].concat()).json();
    assert_eq!((&second["access_type"], &second["external_id"]), (&json!("passthrough"), &json!("a")));
    let details = "--external-user-details.country=NO";
    let third = at(&app, &[&arguments[..], &["user-profiles-2026-09-04", details]].concat()).json();
    assert_eq!(third["external_user_details"]["country"], "NO");
}

#[test]
fn update_changes_only_the_given_fields() {
    let app = TestApp::start();
    let profile =
        app.client.create(&json!({"external_id": "user_1", "name": "Before", "metadata": {"a": "1", "b": "2"}}));
    let arguments = ["beta:user-profiles", "update", id(&profile), "--name", "After", "--metadata", "{b: '', c: '3'}"];
    let updated = at(&app, &arguments).json();
    assert_eq!(updated["name"], "After");
    assert_eq!(updated["external_id"], "user_1");
    assert_eq!(updated["metadata"], json!({"a": "1", "c": "3"}));
    assert_eq!(app.client.retrieve(id(&profile)), updated);
}

#[test]
fn update_clears_null_fields_and_changes_nothing_without_fields() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"external_id": "user_1", "name": "Example"}));
    let cleared = at(&app, &["beta:user-profiles", "update", id(&profile), "--name", "null"]).json();
    assert_eq!((&cleared["name"], &cleared["external_id"]), (&json!(null), &json!("user_1")));
    assert_eq!(at(&app, &["beta:user-profiles", "update", id(&profile)]).json(), cleared);
}

#[test]
fn the_general_namespace_uses_the_newest_version() {
    let app = TestApp::start();
    let arguments =
        ["--access-type", "passthrough", "--external-user-details", "reference_id: user_1", "--metadata", "a=b"];
    let created = at(&app, &[&["user-profiles", "create"][..], &arguments].concat()).json();
    assert_eq!(created["access_type"], "passthrough");
    assert_eq!(created["external_user_details"]["reference_id"], "user_1");
    assert_eq!(created["enforcement_status"], "unrestricted");
    let details = "--external-user-details.country=DE";
    let updated = at(&app, &["user-profiles", "update", id(&created), details]).json();
    assert_eq!(updated["external_user_details"]["country"], "DE");
    assert_eq!(updated["external_user_details"]["reference_id"], "user_1");
}

#[test]
fn delete_prints_the_deleted_id() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let deleted = at(&app, &["beta:user-profiles", "delete", id(&profile)]).json();
    assert_eq!(deleted, json!({"id": id(&profile), "type": "user_profile_deleted"}));
    assert_eq!(at(&app, &["user-profiles", "delete", id(&profile)]).run().status, 1);
}

#[test]
fn updates_and_deletes_on_condition_of_an_entity_tag_change_no_other_revision() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Before"}));
    let tag = |namespace: &str| at(&app, &[namespace, "retrieve", id(&profile), "--print-etag"]).text();
    let stale = tag("user-profiles");
    assert_eq!(stale, "\"1-ga\"\n");
    let update = |tag: &str, name: &str| {
        at(&app, &["user-profiles", "update", id(&profile), "--name", name, "--if-match", tag.trim_end()])
    };
    assert_eq!(update(&stale, "After").json()["name"], "After");
    for arguments in [&["update", "--name", "Lost"][..], &["delete"]] {
        let condition = [id(&profile), "--if-match", "1-ga"];
        let refused = at(&app, &[&["user-profiles"][..], arguments, &condition].concat()).run();
        assert_eq!(refused.status, 1);
        assert!(refused.stdout.contains("\"invalid_request_error\""), "{refused:?}");
        assert!(
            refused.stderr.starts_with("error: 412 Precondition Failed: if-match: The user profile"),
            "{refused:?}"
        );
    }
    assert_eq!(app.client.retrieve(id(&profile))["name"], "After");
    // A tag of any shape names the revision.
    let tag = tag("beta:user-profiles");
    assert_eq!(tag, "\"2-2026-03-24\"\n");
    at(&app, &["user-profiles", "delete", id(&profile), "--if-match", tag.trim_end()]).json();
}

#[test]
fn a_server_without_revisions_has_no_entity_tag_to_print() {
    let peer = Peer::answering(&["{}"]);
    let ended = peer.call(&["user-profiles", "retrieve", "a", "--print-etag"]).run();
    assert_eq!((ended.status, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.starts_with("error: the answer has no ETag"), "{ended:?}");
}

#[test]
fn both_namespaces_create_links() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    for namespace in ["beta:user-profiles", "user-profiles"] {
        let link = at(&app, &[namespace, "create-enrollment-url", id(&profile)]).json();
        assert_eq!(link["type"], "enrollment_url");
        assert!(link["url"].as_str().is_some_and(|url| url.starts_with("http")), "{link}");
        let link = at(&app, &[&format!("{namespace}:action-urls"), "create", id(&profile)]).json();
        assert_eq!(link["type"], "user_profile_action_url");
    }
    let refused = at(&app, &["user-profiles:action-urls", "create", id(&profile), "--action.type", "dance"]).run();
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("400 Bad Request: action.type: "), "{refused:?}");
}
