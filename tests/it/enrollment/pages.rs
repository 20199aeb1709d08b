//! The pages of enrollment links.

use serde_json::json;
use ureq::http::Method;

use crate::support::client::{id, path};
use crate::support::page::Page;
use crate::support::{TestApp, Wire};

#[test]
fn a_link_names_the_organization_the_grant_and_what_is_stored_and_can_be_opened_again() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Example Person", "external_id": "user_1"}));
    let links = [app.link(id(&profile)), app.action_link(id(&profile))];
    for url in links.iter().chain(&links) {
        let page = Page::open(url);
        assert_eq!((page.status, page.heading()), (200, "Apply for trusted access"), "{}", page.text);
        for text in [
            "<strong dir=\"auto\">Example Organization</strong> invites <strong dir=\"auto\">Example Person</strong>",
            "program <strong>cyber</strong>",
            "<h2>What is stored</h2>\n<p>Your request and its time are stored with your profile.",
            "close this page: nothing is sent, and nothing changes",
        ] {
            assert!(page.text.contains(text), "{text} is not in {}", page.text);
        }
        for hidden in ["user_1", "uprof_", "org_", url.rsplit('/').next().unwrap()] {
            assert!(!page.text.contains(hidden), "{hidden} in {}", page.text);
        }
    }
    assert_eq!(app.client.retrieve(id(&profile)), profile, "opening the page changes nothing");
}

#[test]
fn the_page_has_one_form_for_its_own_url_with_one_button() {
    let app = TestApp::start();
    let page = Page::open(&app.link(id(&app.client.create(&json!({})))));
    let form = "<form method=\"post\">\n<button>Apply for trusted access</button>\n</form>";
    assert!(page.text.contains(form), "{}", page.text);
    for (tag, count) in [("<form", 1), ("<button", 1), ("<input", 0), ("<a ", 0), ("tabindex", 0), ("autofocus", 0)] {
        assert_eq!(page.text.matches(tag).count(), count, "{tag}");
    }
    assert!(page.text.contains("<html lang=\"en\">") && page.text.contains("<main>"), "{}", page.text);
}

#[test]
fn the_page_shows_when_the_link_expires() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let url = app.link(id(&profile));
    app.database.seed("update enrollments set expires_at = '2099-03-07 09:05:59.123456+00'");
    let time = "<time datetime=\"2099-03-07T09:05:59.123456Z\">7\u{a0}March 2099, 09:05\u{a0}UTC</time>";
    let page = Page::open(&url);
    assert!(page.text.contains(time), "{}", page.text);
}

#[test]
fn the_page_shows_current_names_and_omits_a_missing_one() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Before"}));
    let url = app.link(id(&profile));
    app.client.update(id(&profile), &json!({"name": "After"}));
    let page = Page::open(&url);
    assert!(page.text.contains("After") && !page.text.contains("Before"), "{}", page.text);
    app.client.update(id(&profile), &json!({"name": null}));
    let page = Page::open(&url);
    assert_eq!(page.status, 200);
    assert!(page.text.contains("invites you to apply"), "{}", page.text);
}

#[test]
fn names_are_escaped() {
    let app = TestApp::start();
    let markers = [
        "<script>alert(1)</script>",
        "</title></strong></p><img src=x onerror=alert(1)>",
        "\"><svg/onload=alert(1)>",
        "' onmouseover='alert(1)",
        "<!--",
        "&lt;b&gt; &amp; &#60;b&#62;",
        "{{7*7}} ${7*7} <%= 7*7 %>",
        "\u{202e}desrever",
    ];
    for marker in markers {
        let profile = app.client.create(&json!({"name": format!("P{marker}P")}));
        let quoted = marker.replace('\'', "''");
        app.database.seed(&format!("update organizations set name = 'O{quoted}O'"));
        let page = Page::open(&app.link(id(&profile)));
        let escaped = marker.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;");
        let escaped = escaped.replace('"', "&#34;").replace('\'', "&#39;");
        for name in [format!("P{escaped}P"), format!("O{escaped}O")] {
            assert!(page.text.contains(&format!("<strong dir=\"auto\">{name}</strong>")), "{name}: {}", page.text);
        }
        for tag in ["<script", "<img", "<svg", "<!--"] {
            assert!(!page.text.contains(tag), "{tag} in {}", page.text);
        }
    }
}

#[test]
fn expired_unknown_used_and_erased_links_open_the_same_page() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Example"}));
    let url = app.link(id(&profile));
    let (prefix, token) = url.rsplit_once('/').unwrap();

    let unknown = if token.starts_with('A') { token.replacen('A', "B", 1) } else { format!("A{}", &token[1..]) };
    let invalid = Page::open(&format!("{prefix}/{unknown}"));
    invalid.is_invalid_link();

    let erased = app.client.create(&json!({"name": "Example"}));
    let erased_link = app.link(id(&erased));
    app.client.delete(&path(id(&erased))).send().ok();
    assert_eq!(Page::open(&erased_link).is_invalid_link(), invalid.text);

    let used = app.link(id(&app.client.create(&json!({"name": "Example"}))));
    assert_eq!(Page::submit(&used).status, 303);
    assert_eq!(Page::open(&used).is_invalid_link(), invalid.text);

    assert_eq!(Page::open(&url).status, 200);
    app.expire_links();
    assert_eq!(Page::open(&url).is_invalid_link(), invalid.text);
}

#[test]
fn malformed_tokens_open_the_same_page() {
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
        let url = format!("{prefix}/{token}");
        for page in [Page::open(&url), Page::submit(&url)] {
            page.is_invalid_link();
            assert!(!page.text.contains("script>"), "{token}");
        }
    }
}

#[test]
fn head_is_answered_like_get_without_a_body() {
    let app = TestApp::start();
    let url = app.link(id(&app.client.create(&json!({}))));
    for url in [&url, &format!("{url}x"), &format!("http://{}/enroll/done", app.address)] {
        let (head, page) = (Page::ask(&Method::HEAD, url, &[]), Page::open(url));
        assert_eq!((head.status, &*head.text), (page.status, ""));
        for name in ["content-type", "content-security-policy", "cache-control", "x-robots-tag", "content-length"] {
            assert_eq!(head.header(name), page.header(name), "{name}");
        }
    }
    // No body follows the head.
    let mut wire = Wire::connect(app.address);
    wire.send(format!(
        "HEAD {url} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        url = &url[url.find("/enroll").unwrap()..]
    ));
    assert_eq!(wire.head().0, 200);
    assert_eq!(wire.rest(), b"");
}

#[test]
fn other_methods_are_not_allowed() {
    let app = TestApp::start();
    let url = app.link(id(&app.client.create(&json!({}))));
    let path = &url[url.find("/enroll").unwrap()..];
    for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
        let answer = app.client.call(method.clone(), path).send();
        answer.refused(405);
        assert_eq!(answer.header("allow"), Some("GET, HEAD, POST"), "{method}");
    }
    let answer = app.client.post("/enroll/done").send();
    answer.refused(405);
    assert_eq!(answer.header("allow"), Some("GET, HEAD"));
}

#[test]
fn a_failure_of_the_service_is_answered_with_a_page() {
    let app = TestApp::with(&["--database-wait=500ms"]);
    let url = app.link(id(&app.client.create(&json!({}))));
    app.database.set_reachable(false);
    for page in [Page::open(&url), Page::submit(&url)] {
        assert_eq!((page.status, page.heading()), (503, "Something went wrong"), "{}", page.text);
        assert_eq!(page.header("retry-after"), "1");
        let number = format!("<code>{}</code>", page.header("request-id"));
        assert!(page.text.contains(&number), "{}", page.text);
    }
    app.database.set_reachable(true);
    assert_eq!(Page::submit(&url).status, 303);
}
