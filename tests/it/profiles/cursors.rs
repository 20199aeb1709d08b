//! The cursors of lists: opaque, and good for one list only.

use serde_json::json;

use crate::support::client::PROFILES;
use crate::support::{Answer, TestApp};

fn follow(app: &TestApp, query: &str) -> Answer {
    app.client.get(&format!("{PROFILES}?{query}")).send()
}

fn cursor(app: &TestApp, query: &str) -> String {
    for _ in 0..3 {
        app.client.create(&json!({}));
    }
    app.client.list(query)["next_page"].as_str().unwrap().to_owned()
}

#[test]
fn a_cursor_needs_no_escaping() {
    let app = TestApp::start();
    let cursor = cursor(&app, "limit=1");
    assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{cursor}");
}

#[test]
fn a_cursor_may_be_reused_and_with_another_limit() {
    let app = TestApp::start();
    let cursor = cursor(&app, "limit=1");
    let again = |limit: u32| app.client.list(&format!("limit={limit}&page={cursor}"))["data"].clone();
    assert_eq!(again(1), again(1));
    assert_eq!(again(2)[0], again(1)[0]);
    assert_eq!(again(100).as_array().unwrap().len(), 2);
}

#[test]
fn a_cursor_that_was_changed_anywhere_is_refused() {
    let app = TestApp::start();
    let cursor = cursor(&app, "limit=1");
    for at in 0..cursor.len() {
        let mut changed = cursor.clone();
        changed.replace_range(at..=at, if cursor.as_bytes()[at] == b'A' { "B" } else { "A" });
        assert_eq!(follow(&app, &format!("page={changed}")).refused(400), "page: Invalid cursor", "{at}");
    }
    let others =
        ["", "x", "A", "%00", "%F0%9F%90%88", "null", &cursor[1..], &format!("{cursor}A"), &format!("{cursor}=")];
    for other in others {
        assert_eq!(follow(&app, &format!("page={other}")).refused(400), "page: Invalid cursor", "{other}");
    }
    let long = "A".repeat(20_000);
    assert_eq!(follow(&app, &format!("page={long}")).refused(400), "page: Invalid cursor");
}

#[test]
fn a_cursor_of_the_other_order_is_refused() {
    let app = TestApp::start();
    for (order, other) in [("asc", "desc"), ("desc", "asc")] {
        let cursor = cursor(&app, &format!("limit=1&order={order}"));
        let refused = "page: Cursor belongs to a list in another order";
        assert_eq!(follow(&app, &format!("order={other}&page={cursor}")).refused(400), refused);
        follow(&app, &format!("order={order}&page={cursor}")).ok();
    }
    // The order of a request that names none is `desc`.
    let ascending = cursor(&app, "limit=1&order=asc");
    follow(&app, &format!("page={ascending}")).refused(400);
}

#[test]
fn a_cursor_of_another_organization_is_refused() {
    let app = TestApp::start();
    let cursor = cursor(&app, "limit=1");
    let stranger = app.client.with_key(&app.strangers_key());
    let answer = stranger.get(&format!("{PROFILES}?page={cursor}")).send();
    assert_eq!(answer.refused(400), "page: Invalid cursor");
}
