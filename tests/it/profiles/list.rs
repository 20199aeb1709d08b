//! Lists: limits, orders and pages.

use serde_json::{Value, json};

use crate::support::client::{PROFILES, id, path};
use crate::support::{Shape, TestApp};

/// `count` profiles, oldest first.
fn profiles(app: &TestApp, count: usize) -> Vec<Value> {
    (0..count).map(|number| app.client.create(&json!({"name": format!("Number {number}")}))).collect()
}

#[test]
fn an_empty_list_is_one_empty_page() {
    let app = TestApp::start();
    assert_eq!(app.client.list(""), json!({"data": [], "next_page": null}));
}

#[test]
fn the_newest_come_first_unless_the_order_is_ascending() {
    let app = TestApp::start();
    let mut created = profiles(&app, 5);
    for query in ["order=asc", "order=asc&order_by=created_at"] {
        assert_eq!(app.client.list(query), json!({"data": created, "next_page": null}), "{query}");
    }
    created.reverse();
    for query in ["", "order=desc", "order_by=created_at", "order=desc&order_by=created_at"] {
        assert_eq!(app.client.list(query), json!({"data": created, "next_page": null}), "{query}");
    }
}

#[test]
fn a_page_has_twenty_profiles_by_default_and_a_hundred_at_most() {
    let app = TestApp::start();
    let mut created = profiles(&app, 101);
    created.reverse();
    for (query, length) in [("", 20), ("limit=1", 1), ("limit=20", 20), ("limit=99", 99), ("limit=100", 100)] {
        let page = app.client.list(query);
        assert_eq!(page["data"], json!(created[..length]), "{query}");
        assert!(page["next_page"].is_string(), "{query}");
    }
    for limit in ["0", "101", "-1", "1000000", "4294967297", "9223372036854775807"] {
        let answer = app.client.get(&format!("{PROFILES}?limit={limit}")).send();
        assert_eq!(answer.refused(400), "limit: Input should be between 1 and 100", "{limit}");
    }
    for limit in ["", "x", "1.5", "1e1", "0x10", "1%20", "9223372036854775808", "%EF%BC%91"] {
        let answer = app.client.get(&format!("{PROFILES}?limit={limit}")).send();
        assert_eq!(answer.refused(400), "limit: Input should be a valid integer", "{limit}");
    }
}

#[test]
fn pages_of_any_size_together_are_the_list() {
    let app = TestApp::start();
    let mut created = profiles(&app, 25);
    for order in ["asc", "desc"] {
        // Among them sizes that divide 25, whose last page is a full one.
        for limit in [1, 2, 3, 5, 7, 12, 13, 24, 25, 26, 100] {
            let pages = app.client.pages(&format!("order={order}&limit={limit}"));
            assert_eq!(pages.len(), created.len().div_ceil(limit), "{order} {limit}");
            let (last, full) = pages.split_last().unwrap();
            assert!(full.iter().all(|page| page.len() == limit) && !last.is_empty(), "{order} {limit}");
            assert_eq!(pages.concat(), created, "{order} {limit}");
        }
        created.reverse();
    }
}

#[test]
fn all_violations_of_a_query_are_in_one_answer() {
    let app = TestApp::start();
    let answer = app.client.get(&format!("{PROFILES}?limit=0&order=up&order_by=colour&page=x")).send();
    let reasons: Vec<_> = answer.refused(400).split("; ").collect();
    let paths: Vec<_> = reasons.iter().map(|reason| reason.split(": ").next().unwrap()).collect();
    assert_eq!(paths, ["limit", "order", "order_by", "page"], "{reasons:?}");
    for query in ["order=ASC", "order=", "order_by=", "order_by=id", "limit=1&limit=2", "order=asc&order=desc"] {
        app.client.get(&format!("{PROFILES}?{query}")).send().refused(400);
    }
}

#[test]
fn unknown_parameters_are_ignored() {
    let app = TestApp::start();
    let created = profiles(&app, 2);
    let page = app.client.list("beta=true&limit=1&after_id=x&Limit=0&=&%FF=%FE&order=asc&beta=true");
    assert_eq!(page["data"], json!(created[..1]));
}

#[test]
fn creates_and_deletes_between_pages_move_no_other_profile() {
    let app = TestApp::start();
    let created = profiles(&app, 10);
    let delete = |profile: &Value| app.client.delete(&path(id(profile))).send().ok();

    let first = app.client.list("order=asc&limit=4");
    assert_eq!(first["data"], json!(created[..4]));
    // One that was seen, the very one that the cursor stands on, and one that is yet to come.
    for index in [0, 3, 5] {
        delete(&created[index]);
    }
    let late = app.client.create(&json!({"name": "Late"}));
    let rest = app.client.pages(&format!("order=asc&limit=4&page={}", first["next_page"].as_str().unwrap())).concat();
    let mut expected = vec![created[4].clone()];
    expected.extend_from_slice(&created[6..]);
    expected.push(late);
    assert_eq!(rest, expected);
}

#[test]
fn a_page_is_the_last_if_all_later_profiles_are_deleted_meanwhile() {
    let app = TestApp::start();
    let created = profiles(&app, 3);
    let first = app.client.list("limit=2");
    app.client.delete(&path(id(&created[0]))).send().ok();
    let second = app.client.list(&format!("limit=2&page={}", first["next_page"].as_str().unwrap()));
    assert_eq!(second, json!({"data": [], "next_page": null}));
}

/// Follows a list as the PHP client does: with each page it adds every parameter of the first one and the cursor once more, and a parameter
/// that it has several times gets brackets, which `bracket` numbers.
fn pages_as_from_php(app: &TestApp, bracket: impl Fn(usize) -> String) -> Vec<Value> {
    let mut query = "beta=true&limit=2&order=asc".to_owned();
    let mut cursors = Vec::new();
    let mut profiles = Vec::new();
    let parameter = |name: &str, values: &[String]| match values {
        [one] => vec![format!("{name}={one}")],
        _ => values.iter().enumerate().map(|(index, value)| format!("{name}{}={value}", bracket(index))).collect(),
    };
    loop {
        let page = app.client.list(&query);
        profiles.extend(page["data"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next_page"].as_str() else { return profiles };
        assert!(!cursors.contains(&next.to_owned()), "the list does not end");
        cursors.push(next.to_owned());
        let again = |value: &str| vec![value.to_owned(); cursors.len() + 1];
        let sent = [parameter("limit", &again("2")), parameter("order", &again("asc")), parameter("page", &cursors)];
        query = format!("beta=true&{}", sent.concat().join("&"));
    }
}

#[test]
fn a_list_is_followed_with_parameters_that_are_sent_again_in_brackets() {
    let app = TestApp::start();
    let created: Vec<_> = (0..7).map(|_| app.client.create(&json!({}))).collect();
    assert_eq!(pages_as_from_php(&app, |index| format!("[{index}]")), created);
    assert_eq!(pages_as_from_php(&app, |index| format!("%5B{index}%5D")), created);
    assert_eq!(pages_as_from_php(&app, |_| "[]".to_owned()), created);
    assert_eq!(pages_as_from_php(&app, |_| String::new()), created);
    for query in ["limit[0]=2&limit[1]=3", "limit[]=2&limit[]=3", "limit=2&limit[]=3"] {
        let answer = app.client.get(&format!("{PROFILES}?{query}")).send();
        assert_eq!(answer.refused(400), "limit: Parameter was sent with different values", "{query}");
    }
    // Not an index: another parameter, which might be a misspelt filter.
    app.client.get(&format!("{PROFILES}?limit[x]=1")).send().refused(400);
}

#[test]
fn a_filter_in_numbered_brackets_filters() {
    let app = TestApp::start();
    app.client.create(&json!({}));
    let filtered = app.client.speaking(Shape::Ga).list("enforcement_status[0]=banned&enforcement_status[1]=restricted");
    assert_eq!(filtered["data"], json!([]));
}
