//! Profile ids in paths.

use serde_json::json;

use crate::support::TestApp;
use crate::support::client::id;
use crate::support::routes::Route;

const NOT_FOUND: &str = "User profile not found";

#[test]
fn an_id_that_is_malformed_or_names_nothing_is_not_found() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let real = id(&profile);
    let ids = [
        "uprof_01aaaaaaaaaaaaaaaaaaaaaa".to_owned(),
        "uprof_010000000000000000000000".to_owned(),
        // Greater than any 128 bits.
        "uprof_01zzzzzzzzzzzzzzzzzzzzzz".to_owned(),
        "uprof_".to_owned(),
        "x".to_owned(),
        "%20".to_owned(),
        "%00".to_owned(),
        "%FF%FE".to_owned(),
        "%zz".to_owned(),
        "..%2Fuser_profiles".to_owned(),
        "uprof_01%27%20or%201%3D1".to_owned(),
        "%F0%9F%90%88".to_owned(),
        "1".repeat(5_000),
        real.replace("uprof_", "org_"),
        real.replace("uprof_", "UPROF_"),
        real.replace("uprof_01", "uprof_02"),
        real.replace("uprof_01", "uprof_"),
        format!("{real}0"),
        format!("{real}%20"),
        format!("{real}%2F"),
        real[..real.len() - 1].to_owned(),
    ];
    for id in &ids {
        for route in Route::all().iter().filter(|route| route.names_a_profile()) {
            assert_eq!(route.take(&app.client, id).refused(404), NOT_FOUND, "{} {id:.60}", route.method);
        }
    }
    assert_eq!(app.client.retrieve(real), profile);
}

#[test]
fn an_id_may_be_percent_encoded() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let encoded: Vec<_> = id(&profile).bytes().map(|byte| format!("%{byte:02X}")).collect();
    assert_eq!(app.client.retrieve(&encoded.concat()), profile);
    assert_eq!(app.client.retrieve(&id(&profile).replace('_', "%5f")), profile);
}
