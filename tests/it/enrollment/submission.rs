//! The submission of an enrollment form.

use serde_json::json;
use uprof::domain::credential::api_key::Scope;
use ureq::http::Method;

use crate::support::client::{id, path};
use crate::support::page::{FORM, Page};
use crate::support::{KeySpec, Shape, TestApp, Wire};

/// Whether the grant is asked for.
fn is_pending(app: &TestApp, id: &str) -> bool {
    app.client.retrieve(id)["trust_grants"] == json!({"cyber": {"status": "pending"}})
}

/// How often a grant was requested, by its decisions and by its events.
#[track_caller]
fn requests(app: &TestApp) -> i64 {
    let asked = "kind = 'user_profile.program_status_updated' and grant_name = 'cyber' and grant_status = 'pending'";
    let count = app.database.count(&format!("events where {asked}"));
    let recorded = "grant_name = 'cyber' and status = 'pending' and actor = 'entity'";
    assert_eq!(app.database.count(&format!("trust_grant_decisions where {recorded}")), count);
    count
}

/// How many links are spent.
fn spent(app: &TestApp) -> i64 {
    app.database.count("enrollments where used_at is not null")
}

#[track_caller]
fn leads_to_the_end(page: &Page) {
    assert_eq!((page.status, page.header("location"), &*page.text), (303, "done", ""), "{page:?}");
    assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));
}

#[test]
fn submitting_the_form_requests_the_grant_in_every_shape() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Example", "metadata": {"plan": "pro"}}));
    leads_to_the_end(&Page::submit(&app.link(id(&profile))));
    for shape in Shape::ALL {
        let shown = app.client.speaking(shape).retrieve(id(&profile));
        if shape.has_programs() {
            let inactive = json!({"status": "inactive"});
            let cyber = json!({"status": "pending", "tiers": {"a": inactive, "b": inactive, "c": inactive}, "requirements": null});
            assert_eq!(shown["programs"], json!({"cyber": cyber, "efs": null}));
        } else {
            assert_eq!(shown["trust_grants"], json!({"cyber": {"status": "pending"}}), "{shape:?}");
        }
    }
    let mut after = app.client.retrieve(id(&profile));
    assert!(after["updated_at"].as_str() > profile["updated_at"].as_str(), "{after}");
    after["updated_at"] = profile["updated_at"].clone();
    after["trust_grants"] = json!({});
    assert_eq!(after, profile, "the platform's own fields do not change");
    assert_eq!(requests(&app), 1);
}

#[test]
fn the_final_page_can_be_opened_by_any_client_any_number_of_times() {
    let app = TestApp::start();
    let url = format!("http://{}/enroll/done", app.address);
    let page = Page::open(&url);
    assert_eq!((page.status, page.heading()), (200, "Your request has been made"), "{}", page.text);
    assert_eq!(Page::open(&url).text, page.text);
    assert!(!page.text.contains("<form"), "{}", page.text);
}

#[test]
fn a_link_is_spent_by_its_form_only() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let url = app.link(id(&profile));
    for _ in 0..3 {
        assert_eq!(Page::open(&url).status, 200);
        assert_eq!(Page::ask(&Method::HEAD, &url, &[]).status, 200);
    }
    assert_eq!((spent(&app), app.client.retrieve(id(&profile))), (0, profile));
    leads_to_the_end(&Page::submit(&url));
    assert_eq!(spent(&app), 1);
    Page::open(&url).is_invalid_link();
}

#[test]
fn a_second_submission_has_the_same_answer_and_changes_nothing_until_the_link_expires() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let url = app.link(id(&profile));
    leads_to_the_end(&Page::submit(&url));
    let after = app.client.retrieve(id(&profile));
    let rows = app.database.dump();
    leads_to_the_end(&Page::submit(&url));
    assert_eq!((app.client.retrieve(id(&profile)), app.database.dump()), (after, rows));
    app.expire_links();
    Page::submit(&url).is_invalid_link();
}

#[test]
fn a_pending_or_active_grant_is_reported_and_not_changed() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Example"}));
    let (used, url) = (app.link(id(&profile)), app.link(id(&profile)));
    leads_to_the_end(&Page::submit(&used));
    for (status, heading) in [("pending", "Your request is under review"), ("active", "You have trusted access")] {
        app.database.seed(&format!("update trust_grants set status = '{status}'"));
        let before = app.client.retrieve(id(&profile));
        let page = Page::open(&url);
        assert_eq!((page.status, page.heading()), (200, heading), "{}", page.text);
        assert!(page.text.contains("Example Organization") && !page.text.contains("<form"), "{}", page.text);
        // The form was open in a browser during the change.
        let late = Page::submit(&url);
        assert_eq!((late.status, late.header("location")), (303, url.rsplit('/').next().unwrap()));
        assert_eq!(app.client.retrieve(id(&profile)), before);
        assert_eq!(spent(&app), 1);
    }
}

#[test]
fn after_a_rejection_or_an_expiry_the_entity_can_apply_again() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    leads_to_the_end(&Page::submit(&app.link(id(&profile))));
    let ended = "status = 'active', expires_at = now() - interval '1 second'";
    for (state, count) in [("status = 'rejected'", 2), (ended, 3)] {
        app.database.seed(&format!("update trust_grants set {state}"));
        let url = app.link(id(&profile));
        assert_eq!(Page::open(&url).heading(), "Apply for trusted access");
        leads_to_the_end(&Page::submit(&url));
        assert!(is_pending(&app, id(&profile)), "{state}");
        assert_eq!(requests(&app), count, "{state}");
    }
}

#[test]
fn a_link_requests_the_grant_for_its_own_profile() {
    let app = TestApp::start();
    let stranger = app.client.with_key(&app.strangers_key());
    let (profile, neighbour) = (app.client.create(&json!({})), app.client.create(&json!({})));
    let foreign = stranger.create(&json!({}));
    let links = [app.link(id(&profile)), app.link(id(&neighbour))];
    leads_to_the_end(&Page::submit(&links[0]));
    assert!(is_pending(&app, id(&profile)));
    assert_eq!(app.client.retrieve(id(&neighbour)), neighbour);
    assert_eq!(stranger.retrieve(id(&foreign)), foreign);
    assert_eq!(Page::open(&links[1]).heading(), "Apply for trusted access");
}

#[test]
fn a_form_of_an_invalid_link_changes_nothing() {
    let app = TestApp::start();
    let (profile, erased) = (app.client.create(&json!({})), app.client.create(&json!({})));
    let (url, dead) = (app.link(id(&profile)), app.link(id(&erased)));
    app.client.delete(&path(id(&erased))).send().ok();
    app.expire_links();
    let unknown = format!("{}/{}", url.rsplit_once('/').unwrap().0, "A".repeat(43));
    let nothing = Page::open(&unknown).text;
    for url in [url, dead, unknown] {
        assert_eq!(Page::submit(&url).is_invalid_link(), nothing);
    }
    assert_eq!(app.client.retrieve(id(&profile)), profile);
    assert_eq!((app.database.count("trust_grants"), requests(&app)), (0, 0));
}

#[test]
fn a_profile_that_was_enrolled_can_be_erased_with_its_spent_link() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let url = app.link(id(&profile));
    leads_to_the_end(&Page::submit(&url));
    app.client.delete(&path(id(&profile))).send().ok();
    assert_eq!(app.database.count("enrollments"), 0);
    Page::submit(&url).is_invalid_link();
}

/// What a browser says of where a form came from, and whether it is taken.
#[test]
fn a_form_that_another_site_sends_is_refused() {
    let app = TestApp::with(&["--public-url=https://profiles.example/base/"]);
    let local = |url: String| format!("http://{}/enroll/{}", app.address, url.rsplit('/').next().unwrap());
    let form = ("content-type", FORM);
    let origin = |value| ("origin", value);
    let site = |value| ("sec-fetch-site", value);
    let taken: &[&[(&str, &str)]] = &[
        &[form],
        &[("content-type", "Application/X-WWW-Form-Urlencoded; charset=UTF-8")],
        &[form, origin("null")],
        &[form, origin("https://profiles.example")],
        &[form, site("same-origin")],
        &[form, site("none")],
        // Behind a proxy that does not forward the requested host.
        &[form, site("same-origin"), origin("null"), ("host", "10.0.0.1:8080")],
    ];
    let refused: &[&[(&str, &str)]] = &[
        &[form, site("cross-site")],
        &[form, site("same-site")],
        &[form, site("")],
        &[form, site("same-origin"), site("cross-site")],
        &[form, site("cross-site"), origin("https://profiles.example")],
        &[form, origin("https://evil.example")],
        &[form, origin("http://profiles.example")],
        &[form, origin("https://profiles.example:8443")],
        &[form, origin("https://profiles.example.evil.example")],
        &[form, origin("https://profiles.example/base")],
        &[form, origin("")],
        &[form, origin("null"), origin("https://evil.example")],
        &[],
        &[("content-type", "text/plain")],
        &[("content-type", "application/json")],
        &[("content-type", "multipart/form-data; boundary=x")],
        &[("content-type", "x; application/x-www-form-urlencoded")],
        &[("content-type", ""), site("same-origin")],
    ];
    for headers in refused {
        let profile = app.client.create(&json!({}));
        let page = Page::ask(&Method::POST, &local(app.link(id(&profile))), headers);
        assert_eq!((page.status, page.heading()), (403, "Your request was not sent"), "{headers:?} {}", page.text);
        assert_eq!(app.client.retrieve(id(&profile)), profile, "{headers:?}");
    }
    assert_eq!(spent(&app), 0);
    for headers in taken {
        let profile = app.client.create(&json!({}));
        leads_to_the_end(&Page::ask(&Method::POST, &local(app.link(id(&profile))), headers));
        assert!(is_pending(&app, id(&profile)), "{headers:?}");
    }
}

#[test]
fn the_content_of_a_form_is_not_read() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let url = app.link(id(&profile));
    let path = &url[url.find("/enroll").unwrap()..];
    for body in ["grant=efs&status=active".to_owned(), "x".repeat(500_000)] {
        let mut wire = Wire::connect(app.address);
        let length = body.len();
        let _ = wire.try_send(format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {FORM}\r\ncontent-length: {length}\r\n\r\n{body}"
        ));
        let (status, headers) = wire.head();
        assert_eq!((status, headers["location"].to_str().unwrap()), (303, "done"));
    }
    assert!(is_pending(&app, id(&profile)));
}

#[test]
fn with_enrollment_off_no_links_are_created_and_earlier_links_open_nothing() {
    for (settings, is_on) in [(&["--enrollment=on"][..], true), (&["--enrollment=off"], false)] {
        let app = TestApp::with(settings);
        let profile = app.client.create(&json!({"name": "Example"}));
        for shape in Shape::ALL {
            let (client, action) = (app.client.speaking(shape), json!({"action": {"type": "enroll_end_user"}}));
            let enrollment_url = client.post(&format!("{}/enrollment_url", path(id(&profile)))).send();
            let action_url = client.post(&format!("{}/action_urls", path(id(&profile)))).json(&action);
            for answer in [enrollment_url, action_url] {
                if is_on {
                    answer.ok();
                } else {
                    assert_eq!(answer.refused(404), "Enrollment is not available", "{shape:?}");
                }
            }
        }
        let token = "A".repeat(43);
        app.database.seed(&format!(
            "insert into enrollments (organization_id, profile_id, id, token_hash, created_at, expires_at)
             select organization_id, id, id, sha256('{token}'), now(), now() + interval '1 minute' from user_profiles"
        ));
        let before = format!("http://{}/enroll/{token}", app.address);
        let end = format!("http://{}/enroll/done", app.address);
        let pages = [Page::open(&before), Page::submit(&before), Page::open(&end)];
        if is_on {
            assert_eq!(pages.map(|page| page.status), [200, 303, 200]);
        } else {
            for page in &pages {
                page.is_invalid_link();
            }
            assert_eq!(app.client.retrieve(id(&profile)), profile);
        }
    }
}

#[test]
fn only_a_permitted_caller_learns_that_enrollment_is_off() {
    let app = TestApp::with(&["--enrollment=off"]);
    let path = format!("{}/enrollment_url", path(id(&app.client.create(&json!({})))));
    app.client.without_key().post(&path).send().refused(401);
    let reader = KeySpec { scopes: vec![Scope::ProfilesRead], ..KeySpec::default() };
    app.client.with_key(&app.another_key(reader)).post(&path).send().refused(403);
}
