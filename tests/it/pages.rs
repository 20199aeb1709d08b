//! What an enrollment link opens.

use serde_json::json;
use ureq::http::HeaderMap;

use crate::support::TestApp;
use crate::support::client::{PATIENCE, id, path};

/// A page as a browser gets it.
struct Page {
    status: u16,
    headers: HeaderMap,
    text: String,
}

fn open(url: &str) -> Page {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    let agent = config.timeout_global(Some(PATIENCE)).build().new_agent();
    let (head, mut body) = agent.get(url).header("accept", "text/html").call().unwrap().into_parts();
    Page { status: head.status.as_u16(), headers: head.headers, text: body.read_to_string().unwrap() }
}

fn link(app: &TestApp, id: &str) -> String {
    let link = app.client.post(&format!("{}/enrollment_url", path(id))).send().ok();
    link["url"].as_str().unwrap().to_owned()
}

#[track_caller]
fn check_headers(page: &Page) {
    let header = |name: &str| page.headers.get(name).map_or("none", |value| value.to_str().unwrap());
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("x-frame-options"), "DENY");
    let policy = header("content-security-policy");
    for directive in ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"] {
        assert!(policy.split("; ").any(|given| given == directive), "{policy} without {directive}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
    assert!(header("request-id").starts_with("req_01"));
}

/// A page that says no more than that there is nothing.
#[track_caller]
fn check_nothing(page: &Page) {
    assert_eq!(page.status, 404, "{}", page.text);
    check_headers(page);
    assert!(page.text.contains("<h1>This link does not work</h1>"), "{}", page.text);
    for said in ["Example", "uprof_", "org_"] {
        assert!(!page.text.contains(said), "{}", page.text);
    }
}

#[test]
fn a_link_says_for_whom_it_is_and_from_whom_and_can_be_opened_again() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Example Person", "external_id": "user_1"}));
    let action = json!({"action": {"type": "enroll_end_user"}});
    let other = app.client.post(&format!("{}/action_urls", path(id(&profile)))).json(&action).ok();
    let links = [link(&app, id(&profile)), other["url"].as_str().unwrap().to_owned()];
    for url in links.iter().chain(&links) {
        let page = open(url);
        assert_eq!(page.status, 200, "{}", page.text);
        check_headers(&page);
        for said in ["<strong>Example Organization</strong>", "<strong>Example Person</strong>"] {
            assert!(page.text.contains(said), "{}", page.text);
        }
        for kept in ["user_1", "uprof_", "org_", url.rsplit('/').next().unwrap(), "<script"] {
            assert!(!page.text.contains(kept), "{kept} in {}", page.text);
        }
    }
    let until = other["expires_at"].as_str().unwrap();
    assert!(open(&links[1]).text.contains(&format!("<time datetime=\"{until}\">{until}</time>")));
}

#[test]
fn the_page_shows_the_names_as_they_are_now_or_goes_without() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Before"}));
    let url = link(&app, id(&profile));
    app.client.update(id(&profile), &json!({"name": "After"}));
    let page = open(&url);
    assert!(page.text.contains("After") && !page.text.contains("Before"), "{}", page.text);
    app.client.update(id(&profile), &json!({"name": null}));
    let page = open(&url);
    assert_eq!(page.status, 200);
    assert!(page.text.contains("invites you to enroll"), "{}", page.text);
}

#[test]
fn a_name_stays_text_whatever_it_holds() {
    let app = TestApp::start();
    let markers = [
        "<script>alert(1)</script>",
        "</title></strong></p><img src=x onerror=alert(1)>",
        "\"><svg/onload=alert(1)>",
        "' onmouseover='alert(1)",
        "<!--",
        "&lt;b&gt; &amp; &#60;b&#62;",
        "{{7*7}} ${7*7} <%= 7*7 %>",
    ];
    for marker in markers {
        let profile = app.client.create(&json!({"name": format!("P{marker}P")}));
        let quoted = marker.replace('\'', "''");
        app.database.seed(&format!("update organizations set name = 'O{quoted}O'"));
        let page = open(&link(&app, id(&profile)));
        check_headers(&page);
        let escaped = marker.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let escaped = escaped.replace('"', "&quot;").replace('\'', "&#39;");
        for shown in [format!("<strong>P{escaped}P</strong>"), format!("<strong>O{escaped}O</strong>")] {
            assert!(page.text.contains(&shown), "{shown} is not in {}", page.text);
        }
    }
}

#[test]
fn an_expired_unknown_or_erased_link_opens_the_same_page_that_says_nothing() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Example"}));
    let url = link(&app, id(&profile));
    assert_eq!(open(&url).status, 200);
    let (prefix, token) = url.rsplit_once('/').unwrap();

    let unknown = if token.starts_with('A') { token.replacen('A', "B", 1) } else { format!("A{}", &token[1..]) };
    let nothing = open(&format!("{prefix}/{unknown}"));
    check_nothing(&nothing);

    let erased = app.client.create(&json!({"name": "Example"}));
    let dead = link(&app, id(&erased));
    app.client.delete(&path(id(&erased))).send().ok();
    check_nothing(&open(&dead));
    assert_eq!(open(&dead).text, nothing.text);

    let hour = "interval '1 hour'";
    app.database
        .seed(&format!("update enrollments set created_at = created_at - {hour}, expires_at = expires_at - {hour}"));
    check_nothing(&open(&url));
    assert_eq!(open(&url).text, nothing.text);
}

#[test]
fn what_is_no_token_opens_the_same_page() {
    let app = TestApp::start();
    let prefix = format!("http://{}/enroll", app.address);
    let garbage = [
        "x".to_owned(),
        "%20".to_owned(),
        "%00".to_owned(),
        "%FF%FE".to_owned(),
        "%3Cscript%3E".to_owned(),
        "'%20or%201=1--".to_owned(),
        "A".repeat(42),
        "A".repeat(44),
        "A".repeat(5_000),
        format!("{}-", "A".repeat(42)),
        format!("{}%0A", "A".repeat(43)),
        format!("{}%C3%A9", "A".repeat(41)),
    ];
    for token in garbage {
        let page = open(&format!("{prefix}/{token}"));
        check_nothing(&page);
        assert!(!page.text.contains("script>"), "{token}");
    }
}
