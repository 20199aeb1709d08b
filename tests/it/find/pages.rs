//! Pages of filtered lists, and their cursors.

use serde_json::json;

use crate::support::client::PROFILES;
use crate::support::{Shape, TestApp};

const OTHER_FILTERS: &str = "page: Cursor belongs to a list with other filters";

fn seeded() -> TestApp {
    let app = TestApp::start();
    for number in 0..9 {
        let plan = if number % 3 == 0 { "free" } else { "pro" };
        app.client.create(&json!({"name": format!("Number {}", 9 - number), "metadata": {"plan": plan}}));
    }
    app
}

#[test]
fn pages_of_any_size_together_are_what_the_filter_selects_and_only_the_last_may_be_short() {
    let app = seeded();
    for order in ["order=asc", "order=desc", "order=asc&order_by=name", "order=desc&order_by=name"] {
        let all = app.client.pages(order).concat();
        let expected: Vec<_> = all.into_iter().filter(|profile| profile["metadata"]["plan"] == "pro").collect();
        for limit in 1..=7 {
            let pages = app.client.pages(&format!("{order}&metadata[plan]=pro&limit={limit}"));
            assert_eq!(pages.concat(), expected, "{order} {limit}");
            assert_eq!(pages.len(), expected.len().div_ceil(limit), "{order} {limit}");
        }
    }
}

#[test]
fn a_cursor_belongs_to_its_filters() {
    let app = seeded();
    let next = |query: &str| {
        let page = app.client.speaking(Shape::Ga).list(&format!("limit=1&{query}"));
        page["next_page"].as_str().unwrap().to_owned()
    };
    let follow = |query: &str, cursor: &str| {
        let client = app.client.speaking(Shape::Ga);
        client.get(&format!("{PROFILES}?{query}&page={cursor}")).send()
    };
    let filters = [
        "",
        "metadata[plan]=pro",
        "metadata[plan]=free",
        "metadata[plan]=free&metadata[plan]=pro",
        "name[prefix]=n",
        "access_type=application",
        "created_at[gt]=2020-01-01T00:00:00Z",
        "created_at[lt]=2100-01-01T00:00:00Z",
        "enforcement_status=unrestricted",
    ];
    for made_for in filters {
        let cursor = next(made_for);
        for other in filters {
            let answer = follow(other, &cursor);
            if other == made_for {
                answer.ok();
            } else {
                assert_eq!(answer.refused(400), OTHER_FILTERS, "{made_for} {other}");
            }
        }
    }
    // The same filters in another order, and what says the same.
    let cursor = next("metadata[plan]=free&metadata[plan]=pro&name[prefix]=NUM");
    follow("name[prefix]=num&metadata[plan]=pro&metadata[plan]=free&metadata[plan]=pro", &cursor).ok();
}

#[test]
fn a_filtered_list_is_followed_with_parameters_that_are_sent_again_in_brackets() {
    let app = seeded();
    let first = app.client.list("limit=2&metadata[plan]=pro&name[prefix]=n");
    let cursor = first["next_page"].as_str().unwrap();
    let again = "limit[0]=2&limit[1]=2&metadata[plan][0]=pro&metadata[plan][1]=pro&name[prefix][0]=n&name[prefix][1]=n";
    let second = app.client.list(&format!("{again}&page={cursor}"));
    assert_eq!(second["data"].as_array().map(Vec::len), Some(2));
}
