//! How long an answer is stored for replays.

use serde_json::json;

use super::keys::keyed;
use crate::support::TestApp;
use crate::support::client::{PROFILES, id, path};
use crate::support::rows::hexadecimal;

#[test]
fn an_answer_is_stored_exactly_if_its_change_is() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let never = "check (fingerprint is null) not valid";
    app.database.execute(&format!("alter table idempotency_keys add constraint never {never}"));
    let before = app.database.dump();
    keyed(&app, PROFILES, "c").json(&json!({"name": "Example"})).refused(500);
    keyed(&app, &path(id(&profile)), "u").json(&json!({"name": "Example"})).refused(500);
    keyed(&app, &format!("{}/enrollment_url", path(id(&profile))), "l").send().refused(500);
    assert_eq!(app.database.dump(), before);
}

#[test]
fn a_key_is_free_again_after_24_hours() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let update = path(id(&profile));
    let body = json!({"name": "Example"});
    let created = keyed(&app, PROFILES, "c").json(&body).ok();
    keyed(&app, &update, "u").json(&body).ok();
    app.database.seed("update idempotency_keys set created_at = created_at - interval '23 hours 59 minutes'");
    assert_eq!(keyed(&app, PROFILES, "c").json(&body).ok(), created);
    assert!(keyed(&app, &update, "u").json(&body).is_replay());
    app.database.seed("update idempotency_keys set created_at = created_at - interval '1 minute'");
    let other = json!({"name": "Other"});
    let again = keyed(&app, PROFILES, "c").json(&other);
    assert!(!again.is_replay());
    let again = again.ok();
    assert_ne!(again["id"], created["id"]);
    assert_eq!(keyed(&app, &update, "u").json(&other).ok()["name"], "Other");
    // And taken from then on.
    assert_eq!(keyed(&app, PROFILES, "c").json(&other).ok(), again);
    assert!(keyed(&app, &update, "u").json(&other).is_replay());
}

#[test]
fn an_erasure_deletes_the_stored_answers_about_the_profile_but_not_the_keys() {
    let app = TestApp::start();
    let body = json!({"name": "markername"});
    let profile = keyed(&app, PROFILES, "c").json(&body).ok();
    keyed(&app, &path(id(&profile)), "u").json(&json!({"external_id": "markerid"})).ok();
    keyed(&app, &format!("{}/enrollment_url", path(id(&profile))), "l").send().ok();
    app.client.delete(&path(id(&profile))).send().ok();
    let dump = app.database.dump();
    assert!(!dump.contains("marker") && !dump.contains(&hexadecimal("marker")), "{dump}");
    assert_eq!(
        app.database.texts("select key from idempotency_keys where answer is null order by key"),
        ["c", "l", "u"]
    );
}
