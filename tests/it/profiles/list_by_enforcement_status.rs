//! Lists by enforcement status.

use serde_json::Value;

use crate::support::client::PROFILES;
use crate::support::{Client, Shape, TestApp};

/// The statuses, in the order in which [`profiles`] assigns them.
const STATUSES: [&str; 4] = ["unrestricted", "pending", "restricted", "banned"];

/// `count` profiles with ascending ids. Those whose number can be divided by `every` are limited in three ways by turns, the others are
/// not limited. Half of them have names, which run against their numbers.
fn profiles(app: &TestApp, count: usize, every: usize) {
    app.database.seed(&format!(
        "insert into user_profiles (organization_id, id, created_at, updated_at, name, relationship)
         select o.id, ('01900000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid, now(), now(),
                case when number % 2 = 0 then to_char(100000 - number, 'FM000000') end, 'external'
           from organizations o, generate_series(1, {count}) as number;
         insert into enforcement_actions (
                organization_id, profile_id, id, kind, reason, opened_at, opened_by, expires_at, identity_check)
         select o.id, ('01900000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid, gen_random_uuid(),
                case number / {every} % 3 when 2 then 'ban' else 'restriction' end, 'unspecified', now(), 'reviewer', null,
                case number / {every} % 3 when 0 then 'in_review' else 'none' end
           from organizations o, generate_series({every}, {count}, {every}) as number;"
    ));
}

fn status(profile: &Value) -> &str {
    profile["enforcement_status"].as_str().unwrap()
}

/// The profiles of the whole list that have one of `statuses`.
fn matching(all: &[Value], statuses: &[&str]) -> Vec<Value> {
    all.iter().filter(|profile| statuses.contains(&status(profile))).cloned().collect()
}

fn generally_available(app: &TestApp) -> Client {
    app.client.speaking(Shape::Ga)
}

#[test]
fn a_filter_finds_profiles_that_have_one_of_its_statuses() {
    let app = TestApp::start();
    profiles(&app, 60, 4);
    let client = generally_available(&app);
    let all = client.list("limit=100")["data"].as_array().unwrap().clone();
    for word in STATUSES {
        assert!(!matching(&all, &[word]).is_empty(), "{word}");
    }
    // Every set of statuses, in each of the three forms that clients send.
    for set in 0..16_u8 {
        let words: Vec<_> = (0..4).filter(|bit| set >> bit & 1 == 1).map(|bit| STATUSES[bit]).collect();
        let expected = if words.is_empty() { all.clone() } else { matching(&all, &words) };
        for name in ["enforcement_status[]", "enforcement_status%5B%5D", "enforcement_status"] {
            let query: Vec<_> = words.iter().map(|word| format!("{name}={word}")).collect();
            let found = client.pages(&format!("limit=100&{}", query.join("&"))).concat();
            assert_eq!(found, expected, "{query:?}");
        }
    }
    let mixed = "enforcement_status=banned&limit=100&enforcement_status[]=pending&enforcement_status=banned";
    assert_eq!(client.pages(mixed).concat(), matching(&all, &["banned", "pending"]));
}

#[test]
fn filtered_pages_together_are_all_matching_profiles() {
    let app = TestApp::start();
    profiles(&app, 60, 4);
    let client = generally_available(&app);
    for list in ["order=asc", "order=desc", "order=asc&order_by=name", "order=desc&order_by=name"] {
        let all = client.pages(&format!("{list}&limit=100")).concat();
        assert_eq!(all.len(), 60);
        for words in [&["banned"][..], &["unrestricted"], &["pending", "restricted"]] {
            let filter = format!("&enforcement_status[]={}", words.join("&enforcement_status[]="));
            for limit in [4, 5, 15, 44, 45, 100] {
                let pages = client.pages(&format!("{list}&limit={limit}{filter}"));
                assert!(pages.iter().all(|page| page.len() <= limit), "{list} {limit} {filter}");
                assert_eq!(pages.concat(), matching(&all, words), "{list} {limit} {filter}");
            }
        }
    }
}

#[test]
fn a_request_examines_a_bounded_number_of_profiles_and_the_next_continues_after_them() {
    let app = TestApp::start();
    profiles(&app, 2_500, 800);
    let client = generally_available(&app);
    for (list, walks_all) in [("order=desc", false), ("order=asc", false), ("order=asc&order_by=name", true)] {
        let all = client.pages(&format!("{list}&limit=100")).concat();
        for word in ["pending", "restricted", "banned"] {
            let expected = matching(&all, &[word]);
            assert_eq!(expected.len(), 1, "{word}");
            let pages = client.pages(&format!("{list}&limit=1&enforcement_status[]={word}"));
            assert_eq!(pages.concat(), expected, "{list} {word}");
            // By creation, those that are not limited are not looked at.
            assert_eq!(pages.len() > 2, walks_all, "{list} {word}: {} pages", pages.len());
        }
        let limited = "enforcement_status=pending&enforcement_status=restricted&enforcement_status=banned";
        let found = client.pages(&format!("{list}&limit=2&{limited}")).concat();
        assert_eq!(found, matching(&all, &STATUSES[1..]), "{list}");
    }
}

#[test]
fn a_request_examines_a_bounded_number_of_profiles_with_open_actions() {
    let app = TestApp::start();
    profiles(&app, 2_500, 1);
    app.database.seed("update enforcement_actions set kind = 'restriction', identity_check = 'none'");
    app.database.seed(
        "update enforcement_actions a set kind = 'ban'
          where profile_id in (select id from user_profiles order by id limit 1)",
    );
    let client = generally_available(&app);
    for (order, pages_before) in [("asc", 0), ("desc", 2)] {
        let pages = client.pages(&format!("order={order}&enforcement_status=banned"));
        assert_eq!(pages.concat().len(), 1, "{order}");
        assert_eq!((pages.len(), pages[pages_before].len()), (3, 1), "{order}");
    }
    // An expired action does not count, whether or not its expiry is recorded.
    app.database.seed(
        "update enforcement_actions set opened_at = '2026-01-01', expires_at = '2026-01-02' where kind = 'restriction'",
    );
    for word in ["restricted", "pending"] {
        assert_eq!(client.pages(&format!("enforcement_status={word}")).concat(), [Value::Null; 0]);
    }
    let unrestricted = client.pages("order=asc&limit=100&enforcement_status=unrestricted");
    assert_eq!(unrestricted.concat().len(), 2_499);
    assert!(unrestricted.iter().rev().skip(1).all(|page| page.len() == 100), "a page is full where it can be");
}

#[test]
fn a_cursor_belongs_to_its_statuses() {
    let app = TestApp::start();
    profiles(&app, 20, 4);
    let client = generally_available(&app);
    let filtered = client.list("limit=1&enforcement_status=restricted");
    let next = filtered["next_page"].as_str().unwrap();
    client.list(&format!("enforcement_status[]=restricted&page={next}"));
    for other in ["", "enforcement_status=banned&", "enforcement_status=restricted&enforcement_status=banned&"] {
        let answer = client.get(&format!("{PROFILES}?{other}page={next}")).send();
        assert_eq!(answer.refused(400), "page: Cursor belongs to a list with other filters", "{other}");
    }
}

#[test]
fn an_unknown_status_is_refused() {
    let app = TestApp::start();
    let client = generally_available(&app);
    let message = "enforcement_status: Input should be one of `unrestricted`, `pending`, `restricted`, `banned`";
    for value in ["", "Banned", "active", "banned,pending", "banned%20", "%00"] {
        for name in ["enforcement_status[]", "enforcement_status"] {
            for query in [format!("{name}={value}"), format!("{name}=banned&{name}={value}")] {
                assert_eq!(client.get(&format!("{PROFILES}?{query}")).send().refused(400), message, "{query}");
            }
        }
    }
    let both = client.get(&format!("{PROFILES}?limit=0&enforcement_status=x")).send();
    assert_eq!(both.refused(400), format!("{message}; limit: Input should be between 1 and 100"));
}

#[test]
fn shapes_without_a_status_have_no_filter() {
    let app = TestApp::start();
    for shape in [Shape::V1, Shape::V2, Shape::V3] {
        let client = app.client.speaking(shape);
        let message = format!("enforcement_status: not accepted under {}", shape.name());
        for query in ["enforcement_status[]=banned", "enforcement_status=banned", "enforcement_status=x&limit=1"] {
            assert_eq!(client.get(&format!("{PROFILES}?{query}")).send().refused(400), message, "{shape:?} {query}");
        }
    }
}
