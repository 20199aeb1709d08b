//! Isolation between organizations.

use serde_json::json;

use crate::support::TestApp;
use crate::support::client::id;
use crate::support::routes::Route;

#[test]
fn a_key_of_another_organization_finds_and_changes_nothing_on_any_route() {
    let app = TestApp::start();
    let profile = app.with_everything();
    let stranger = app.client.with_key(&app.strangers_key());
    let never_there = "uprof_01AAAAAAAAAAAAAAAAAAAAAA";
    for route in Route::all() {
        let answer = route.take(&stranger, id(&profile));
        assert!(!answer.body.to_string().contains("Before"), "{} {}", route.method, route.path);
        if route.names_an_object() {
            let nothing = route.take(&stranger, never_there);
            assert_eq!(answer.refused(404), nothing.refused(404), "{} {}", route.method, route.path);
        }
    }
    assert_eq!(app.client.list("")["data"], json!([profile]));
}

#[test]
fn each_organization_sees_its_own_profiles_only() {
    let app = TestApp::start();
    let clients = [&app.client.clone(), &app.client.with_key(&app.strangers_key())];
    let mut created = [Vec::new(), Vec::new()];
    for number in 0..30 {
        let side = usize::from(number % 3 == 0);
        created[side]
            .push(clients[side].create(&json!({"external_id": "the same", "metadata": {"side": side.to_string()}})));
    }
    for (client, created) in clients.iter().zip(&created) {
        assert_eq!(client.pages("order=asc&limit=4").concat(), *created);
    }
}

#[test]
fn two_keys_of_one_organization_see_the_same() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let colleague = app.client.with_key(&app.another_key(crate::support::KeySpec::default()));
    assert_eq!(colleague.retrieve(id(&profile)), profile);
    assert_eq!(colleague.list(""), app.client.list(""));
}
