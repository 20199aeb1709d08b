//! How filters are asked for, and which are refused.

use serde_json::{Value, json};

use crate::support::client::{PROFILES, id};
use crate::support::shape::body;
use crate::support::{Shape, TestApp};

/// The filter by the platform's own id.
fn by_reference(shape: Shape) -> &'static str {
    if shape <= Shape::V2 { "external_id" } else { "external_user_details[reference_id]" }
}

fn ids(data: &Value) -> Vec<&str> {
    data.as_array().unwrap().iter().map(id).collect()
}

fn refused(app: &TestApp, shape: Shape, query: &str) -> String {
    let client = app.client.speaking(shape);
    let answer = client.get(&format!("{PROFILES}?{query}")).send();
    answer.refused(400).to_owned()
}

/// Two profiles that differ in everything, older one first.
fn two(app: &TestApp) -> [String; 2] {
    let ada = json!({"name": "Ada", "relationship": "resold", "external_id": "u/1 ä", "metadata": {"plan": "pro", "a][b": "x=&é"}});
    let bob = json!({"name": "Bob", "external_id": "u2", "metadata": {"plan": "free"}});
    let ids = [ada, bob].map(|body| id(&app.client.create(&body)).to_owned());
    let decision = json!({"status": "pending", "actor": "reviewer"});
    app.operator().post(&format!("{PROFILES}/{}/trust_grants/cyber", ids[0])).json(&decision).ok();
    ids
}

#[test]
fn every_filter_finds_what_has_its_value_and_several_values_find_what_has_one_of_them() {
    let app = TestApp::start();
    let [ada, bob] = two(&app);
    let between = app.client.retrieve(&bob)["created_at"].as_str().unwrap().to_owned();
    for shape in Shape::ALL {
        let client = app.client.speaking(shape);
        let reference = by_reference(shape);
        let kind = if shape == Shape::V1 { "relationship=resold" } else { "access_type=passthrough" };
        let other = if shape == Shape::V1 { "relationship=external" } else { "access_type=application" };
        for (query, expected) in [
            (format!("{reference}=u/1%20%C3%A4"), vec![&ada]),
            (format!("{reference}=u2&{reference}=u3&{reference}[]=u/1+%C3%A4"), vec![&ada, &bob]),
            (format!("{reference}=u3"), vec![]),
            ("metadata[plan]=pro".to_owned(), vec![&ada]),
            ("metadata%5Bplan%5D=pro".to_owned(), vec![&ada]),
            ("metadata[plan]=pro&metadata[plan]=free".to_owned(), vec![&ada, &bob]),
            ("metadata[plan][]=pro&metadata[plan][1]=free".to_owned(), vec![&ada, &bob]),
            ("metadata[plan]=pro&metadata[other]=free".to_owned(), vec![]),
            ("metadata[a][b]=x%3D%26%C3%A9".to_owned(), vec![&ada]),
            ("metadata[plan]=PRO".to_owned(), vec![]),
            ("trust_grant[cyber]=pending".to_owned(), vec![&ada]),
            ("trust_grant[cyber]=active&trust_grant[cyber]=rejected".to_owned(), vec![]),
            ("trust_grant[bio]=pending".to_owned(), vec![]),
            (kind.to_owned(), vec![&ada]),
            (other.to_owned(), vec![&bob]),
            (format!("{kind}&{other}"), vec![&ada, &bob]),
            ("name=aDA".to_owned(), vec![&ada]),
            ("name[]=ada&name[0]=BOB".to_owned(), vec![&ada, &bob]),
            ("name=ad".to_owned(), vec![]),
            ("name[prefix]=aD".to_owned(), vec![&ada]),
            ("name[prefix]=a&name[prefix]=ad&name[prefix]=b".to_owned(), vec![&ada, &bob]),
            ("name=ada&name[prefix]=b".to_owned(), vec![]),
            (format!("created_at[lt]={between}"), vec![&ada]),
            (format!("created_at[lte]={between}"), vec![&ada, &bob]),
            (format!("created_at[gte]={between}"), vec![&bob]),
            (format!("created_at[gt]={between}"), vec![]),
            ("created_at[gt]=2020-01-01T00:00:00Z&created_at[lt]=2020-01-02T00:00:00%2B01:00".to_owned(), vec![]),
            (format!("metadata[plan]=pro&name[prefix]=a&trust_grant[cyber]=pending&{kind}"), vec![&ada]),
            (format!("metadata[plan]=pro&name[prefix]=a&trust_grant[cyber]=pending&{other}"), vec![]),
        ] {
            for order_by in ["created_at", "name"] {
                let page = client.list(&format!("order=asc&order_by={order_by}&{query}"));
                assert_eq!(ids(&page["data"]), expected, "{shape:?} {query}");
                assert_eq!(page["next_page"], Value::Null);
            }
        }
    }
}

#[test]
fn a_time_finer_than_a_microsecond_lies_between_two_of_them() {
    let app = TestApp::start();
    let created = app.client.create(&json!({}));
    app.database.seed("update user_profiles set created_at = date_trunc('second', created_at), updated_at = now()");
    let second = app.client.retrieve(id(&created))["created_at"].as_str().unwrap().replace('Z', "");
    for (operator, with_nanosecond, without) in
        [("gt", false, false), ("gte", false, true), ("lt", true, false), ("lte", true, true)]
    {
        for (fraction, expected) in [(".000000001", with_nanosecond), (".000000", without)] {
            let page = app.client.list(&format!("created_at[{operator}]={second}{fraction}Z"));
            assert_eq!(ids(&page["data"]).len(), usize::from(expected), "{operator} {fraction}");
        }
    }
}

#[test]
fn what_was_acknowledged_is_found_at_once_and_what_was_changed_or_deleted_no_longer() {
    let app = TestApp::start();
    for shape in Shape::ALL {
        let client = app.client.speaking(shape);
        let find = |value: &str| ids(&client.list(&format!("{}={value}", by_reference(shape)))["data"]).len();
        let created = client.create(&body(shape.reference_id(), &json!("new")));
        assert_eq!((find("new"), find("other")), (1, 0));
        client.update(id(&created), &body(shape.reference_id(), &json!("other")));
        assert_eq!((find("new"), find("other")), (0, 1));
        client.delete(&format!("{PROFILES}/{}", id(&created))).send().ok();
        assert_eq!((find("new"), find("other")), (0, 0));
    }
}

#[test]
fn a_grant_past_its_end_has_no_status() {
    let app = TestApp::start();
    let created = app.client.create(&json!({}));
    let decision = json!({"status": "active", "actor": "reviewer", "expires_at": "2100-01-01T00:00:00Z"});
    app.operator().post(&format!("{PROFILES}/{}/trust_grants/cyber", id(&created))).json(&decision).ok();
    let found = || ids(&app.client.list("trust_grant[cyber]=active")["data"]).len();
    assert_eq!(found(), 1);
    app.database.seed("update trust_grants set expires_at = now()");
    assert_eq!(found(), 0);
}

#[test]
fn a_search_that_finds_nothing_before_its_deadline_is_503_and_no_empty_page() {
    let app = TestApp::with(&["--statement-timeout=200ms", "--lock-timeout=20s"]);
    two(&app);
    let query = "trust_grant[cyber]=pending&metadata[plan]=pro";
    let locked = app.database.session("lock table trust_grants in access exclusive mode");
    let answer = app.client.get(&format!("{PROFILES}?{query}")).send();
    assert!(answer.header("retry-after").is_some());
    let message = "The filters select too little of what has to be searched: nothing was found in time";
    assert_eq!(answer.refused(503), message);
    drop(locked);
    assert_eq!(ids(&app.client.list(query)["data"]).len(), 1);
}

#[test]
fn another_organization_finds_nothing() {
    let app = TestApp::start();
    two(&app);
    let stranger = app.client.with_key(&app.strangers_key());
    for query in
        ["external_id=u2", "metadata[plan]=pro", "trust_grant[cyber]=pending", "relationship=resold", "name=ada"]
    {
        for order_by in ["created_at", "name"] {
            assert_eq!(stranger.list(&format!("{query}&order_by={order_by}"))["data"], json!([]), "{query}");
        }
    }
}

#[test]
fn a_filter_of_another_shape_is_refused() {
    let app = TestApp::start();
    for shape in Shape::ALL {
        let others: &[&str] = match shape {
            Shape::V1 => &["external_user_details[reference_id]", "access_type"],
            Shape::V2 => &["external_user_details[reference_id]", "relationship"],
            Shape::V3 | Shape::Ga => &["external_id", "relationship"],
        };
        for name in others {
            let expected = format!("{name}: not accepted under {}", shape.name());
            assert_eq!(refused(&app, shape, &format!("{name}=x")), expected);
            assert_eq!(refused(&app, shape, &format!("{name}[]=x")), expected);
        }
    }
}

#[test]
fn a_misspelt_filter_is_refused_with_the_nearest_name() {
    let app = TestApp::start();
    for (query, name, nearest) in [
        ("metdata[plan]=pro", "metdata[plan]", "metadata[plan]"),
        ("metadata=pro", "metadata", "metadata[KEY]"),
        ("metadata[plan=pro", "metadata[plan", "metadata[plan]"),
        ("trust_grants[cyber]=active", "trust_grants[cyber]", "trust_grant[cyber]"),
        ("created[gt]=2026-01-01T00:00:00Z", "created[gt]", "created_at[gt]"),
        ("created_at=2026-01-01T00:00:00Z", "created_at", "created_at[gt]"),
        ("created_at[eq]=2026-01-01T00:00:00Z", "created_at[eq]", "created_at[gt]"),
        ("name[suffix]=x", "name[suffix]", "name[prefix]"),
        ("limit[x]=1", "limit[x]", "limit"),
        ("external_id[x]=1", "external_id[x]", "external_id"),
        ("[x]=1", "[x]", "name"),
    ] {
        let expected = format!("{name}: Unknown parameter; the nearest known one is `{nearest}`");
        assert_eq!(refused(&app, Shape::V1, query), expected, "{query}");
    }
    // As before.
    app.client.list("metdata=pro&metdata[]=pro&metdata[0]=pro&beta[0]=true");
}

#[test]
fn every_wrong_value_is_refused_by_its_name() {
    let app = TestApp::start();
    let long = "x".repeat(513);
    for (query, expected) in [
        ("external_id=", "external_id: String should have at least 1 character"),
        ("external_id=a%00b", "external_id: String should not contain a NUL character"),
        (&*format!("external_id={}", &long[..256]), "external_id: String should have at most 255 characters"),
        ("metadata[plan]=", "metadata[plan]: String should have at least 1 character"),
        ("metadata[]=x", "metadata[]: Key: String should have at least 1 character"),
        ("metadata[plan]=%00", "metadata[plan]: String should not contain a NUL character"),
        (&format!("metadata[plan]={long}"), "metadata[plan]: String should have at most 512 characters"),
        ("trust_grant[Cyber]=active", "trust_grant[Cyber]: String should match ^[a-z][a-z0-9_]{0,63}$"),
        ("trust_grant[cyber]=none", "trust_grant[cyber]: Input should be one of `active`, `pending`, `rejected`"),
        ("relationship=friend", "relationship: Input should be one of `external`, `resold`, `internal`"),
        ("name=", "name: String should have at least 1 character"),
        ("name[prefix]=%00", "name[prefix]: String should not contain a NUL character"),
        (
            "created_at[gt]=yesterday",
            "created_at[gt]: Input should be a complete RFC 3339 timestamp, such as 2026-03-15T10:00:00Z",
        ),
        (
            "limit=0&name=&metadata[a]=",
            "limit: Input should be between 1 and 100; metadata[a]: String should have at least 1 character; \
             name: String should have at least 1 character",
        ),
    ] {
        assert_eq!(refused(&app, Shape::V1, query), expected, "{query}");
    }
}

#[test]
fn a_hundred_values_are_taken_and_one_more_is_not() {
    let app = TestApp::start();
    let created = app.client.create(&json!({"external_id": "42"}));
    let query = |count: usize| (0..count).map(|number| format!("external_id={number}")).collect::<Vec<_>>().join("&");
    assert_eq!(ids(&app.client.list(&query(100))["data"]), [id(&created)]);
    // A value that is sent again does not count.
    app.client.list(&format!("{}&{}", query(100), query(100)));
    let refusal = "filters: Request should have at most 100 values of filters";
    assert_eq!(refused(&app, Shape::V1, &query(101)), refusal);
    assert_eq!(refused(&app, Shape::V1, &format!("{}&name=x", query(100))), refusal);
}
