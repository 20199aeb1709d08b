//! Lists by name.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::client::{PROFILES, id, path};
use crate::support::{Client, KeySpec, Shape, TestApp};

/// The order of names as it is promised: ASCII letters without their case, anything else by its bytes, ties by id, and those without
/// a name last whichever way the list runs.
fn sorted(profiles: &[Value], order: &str) -> Vec<Value> {
    let key = |profile: &Value| (profile["name"].as_str().map(str::to_ascii_lowercase), id(profile).to_owned());
    let mut sorted = profiles.to_vec();
    sorted.sort_by(|one, other| {
        let ((name, id), (other_name, other_id)) = (key(one), key(other));
        let nameless = name.is_none().cmp(&other_name.is_none());
        let rest = (name, id).cmp(&(other_name, other_id));
        nameless.then(if order == "asc" { rest } else { rest.reverse() })
    });
    sorted
}

fn create(client: &Client, names: &[Option<String>]) -> Vec<Value> {
    names.iter().map(|name| client.create(&json!({"name": name}))).collect()
}

/// An organization of its own.
fn newcomer(app: &TestApp) -> Client {
    app.client.with_key(&app.strangers_key())
}

fn some(names: &[&str]) -> Vec<Option<String>> {
    names.iter().map(|name| Some((*name).to_owned())).collect()
}

#[test]
fn the_case_of_ascii_letters_is_ignored_and_all_else_is_compared_by_bytes() {
    let app = TestApp::start();
    let names = [
        "zebra",
        "Zebra",
        "apple",
        "APPLE",
        "Ärger",
        "ärger",
        "éclair",
        "Éclair",
        "straße",
        "STRASSE",
        "İ",
        "ı",
        "ſ",
        "K",
        "k",
        "_",
        "[",
        "`",
        "{",
        "@",
        "0",
        "9",
        "10",
        " lead",
        "a b",
        "a",
        "ab",
        "a\u{301}",
        "á",
        "漢",
        "😀",
        "\u{ffff}",
        "\u{10ffff}",
        "\u{1}",
        "Ω",
        "ω",
        "ﬀ",
        "-",
        "a-b",
        "a_b",
        "aB",
        "a\tb",
        "\u{a0}",
    ];
    let created = create(&app.client, &some(&names));
    for order in ["asc", "desc"] {
        let expected = sorted(&created, order);
        let listed = app.client.list(&format!("order_by=name&order={order}&limit=100"));
        assert_eq!(listed["data"], json!(expected), "{order}");
        for limit in [1, 4, 42, 43, 44] {
            let pages = app.client.pages(&format!("order_by=name&order={order}&limit={limit}"));
            assert_eq!(pages.concat(), expected, "{order} {limit}");
        }
    }
}

#[test]
fn it_is_the_same_list_under_every_shape() {
    let app = TestApp::start();
    let names = [Some("b"), None, Some("A"), Some("a"), None, Some("B"), Some("ä"), None];
    let created = create(&app.client, &names.map(|name| name.map(str::to_owned)));
    for order in ["asc", "desc"] {
        let expected = sorted(&created, order);
        let ids: Vec<_> = expected.iter().map(id).collect();
        for shape in Shape::ALL {
            let client = app.client.speaking(shape);
            for limit in 1..=9 {
                let pages = client.pages(&format!("order_by=name&order={order}&limit={limit}"));
                let full = pages.split_last().unwrap().1;
                assert!(full.iter().all(|page| page.len() == limit), "{shape:?} {order} {limit}");
                assert_eq!(pages.concat().iter().map(id).collect::<Vec<_>>(), ids, "{shape:?} {order} {limit}");
                assert_eq!(pages.len(), 8_usize.div_ceil(limit), "{shape:?} {order} {limit}");
            }
        }
        // A cursor says nothing of shapes: a caller may go on in another.
        let first = app.client.list(&format!("order_by=name&order={order}&limit=3"));
        let next = first["next_page"].as_str().unwrap();
        let rest = app.client.speaking(Shape::Ga).list(&format!("order_by=name&order={order}&page={next}"));
        let rest: Vec<_> = rest["data"].as_array().unwrap().iter().map(id).collect();
        assert_eq!(rest, ids[3..]);
    }
}

#[test]
fn profiles_without_a_name_can_be_the_whole_list() {
    let app = TestApp::start();
    assert_eq!(app.client.list("order_by=name"), json!({"data": [], "next_page": null}));
    let created = create(&app.client, &[None, None, None, None]);
    for order in ["asc", "desc"] {
        for limit in 1..=5 {
            let pages = app.client.pages(&format!("order_by=name&order={order}&limit={limit}"));
            assert_eq!(pages.concat(), sorted(&created, order), "{order} {limit}");
            assert_eq!(pages.len(), 4_usize.div_ceil(limit), "{order} {limit}");
        }
    }
}

#[test]
fn the_order_is_descending_by_default() {
    let app = TestApp::start();
    let created = create(&app.client, &some(&["a", "c", "b"]));
    assert_eq!(app.client.list("order_by=name")["data"], json!(sorted(&created, "desc")));
}

#[test]
fn a_cursor_is_valid_for_one_order_of_one_list() {
    let app = TestApp::start();
    create(&app.client, &[Some("a".to_owned()), Some("b".to_owned()), None, None]);
    let lists = ["order_by=name&order=asc", "order_by=name&order=desc", "order=asc", "order=desc"];
    // The second of those by name leads to profiles without one.
    for (from, limit) in lists.iter().flat_map(|list| [(list, 1), (list, 3)]) {
        let first = app.client.list(&format!("{from}&limit={limit}"));
        let cursor = first["next_page"].as_str().unwrap();
        for list in lists {
            let answer = app.client.get(&format!("{PROFILES}?{list}&page={cursor}")).send();
            if list == *from {
                assert_eq!(answer.ok()["data"].as_array().unwrap().len(), 4 - limit);
            } else {
                let message = "page: Cursor belongs to a list in another order";
                assert_eq!(answer.refused(400), message, "from {from} to {list}");
            }
        }
    }
}

#[test]
fn a_cursor_that_was_changed_anywhere_is_refused() {
    let app = TestApp::start();
    create(&app.client, &[Some("Example 😀".to_owned()), Some("b".to_owned()), None, None]);
    for limit in [1, 2, 3] {
        let page = app.client.list(&format!("order_by=name&order=desc&limit={limit}"));
        let cursor = page["next_page"].as_str().unwrap();
        let follow =
            |cursor: &str| app.client.get(&format!("{PROFILES}?order_by=name&order=desc&page={cursor}")).send();
        follow(cursor).ok();
        for at in 0..cursor.len() {
            let mut changed = cursor.to_owned();
            changed.replace_range(at..=at, if cursor.as_bytes()[at] == b'A' { "B" } else { "A" });
            assert_eq!(follow(&changed).refused(400), "page: Invalid cursor", "{at}");
        }
        for other in [&cursor[1..], &cursor[..cursor.len() - 1], &format!("{cursor}A"), &format!("{cursor}{cursor}")] {
            assert_eq!(follow(other).refused(400), "page: Invalid cursor");
        }
        let stranger = newcomer(&app);
        let theirs = stranger.get(&format!("{PROFILES}?order_by=name&order=desc&page={cursor}")).send();
        assert_eq!(theirs.refused(400), "page: Invalid cursor");
    }
}

#[test]
fn the_longest_names_can_be_paged_through() {
    let app = TestApp::start();
    let created = create(&app.client, &["😀", "\u{10ffff}", "Z", "\u{1}"].map(|text| Some(text.repeat(255))));
    for order in ["asc", "desc"] {
        let first = app.client.list(&format!("order_by=name&order={order}&limit=1"));
        let cursor = first["next_page"].as_str().unwrap();
        // Proxies commonly take 8,000 bytes of a request's first line; the shortest limit in use is 2,083.
        assert!(cursor.len() < 1_500, "{} bytes", cursor.len());
        let pages = app.client.pages(&format!("order_by=name&order={order}&limit=1"));
        assert_eq!(pages.concat(), sorted(&created, order), "{order}");
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() }
}

/// Names in which ties are likely, in every sense in which there are any.
fn names() -> impl Strategy<Value = Option<String>> {
    prop_oneof![1 => Just(None), 4 => "[aAbBäÄ_\\[😀 ]{1,2}".prop_map(Some)]
}

#[test]
fn pages_of_any_size_together_are_the_sorted_list() {
    let app = TestApp::start();
    let list = (proptest::collection::vec(names(), 0..14), 1_usize..8);
    proptest!(config(16), |((names, limit) in list)| {
        let client = newcomer(&app);
        let created = create(&client, &names);
        for order in ["asc", "desc"] {
            let pages = client.pages(&format!("order_by=name&order={order}&limit={limit}"));
            prop_assert_eq!(pages.len(), names.len().div_ceil(limit).max(1));
            prop_assert_eq!(pages.concat(), sorted(&created, order));
        }
    });
}

/// What happens to a list between two of its pages: `which` profile it happens to counts among those that there are.
#[derive(Clone, Debug)]
enum Event {
    Create(Option<String>),
    Rename(prop::sample::Index, Option<String>),
    Delete(prop::sample::Index),
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        names().prop_map(Event::Create),
        (any::<prop::sample::Index>(), names()).prop_map(|(which, name)| Event::Rename(which, name)),
        any::<prop::sample::Index>().prop_map(Event::Delete),
    ]
}

/// Applies `event`, and removes its profile from those that are `untouched`.
fn happen(client: &Client, event: Event, untouched: &mut Vec<Value>) {
    let touched = match &event {
        Event::Create(_) => None,
        Event::Rename(which, _) | Event::Delete(which) if !untouched.is_empty() => {
            Some(untouched.swap_remove(which.index(untouched.len())))
        }
        _ => return,
    };
    match (event, touched) {
        (Event::Create(name), _) => drop(client.create(&json!({"name": name}))),
        (Event::Rename(_, name), Some(profile)) => drop(client.update(id(&profile), &json!({"name": name}))),
        (Event::Delete(_), Some(profile)) => drop(client.delete(&path(id(&profile))).send().ok()),
        _ => {}
    }
}

#[test]
fn changes_between_pages_make_no_other_profile_appear_twice_or_not_at_all() {
    let app = TestApp::start();
    let list = (
        proptest::collection::vec(names(), 4..14),
        proptest::collection::vec(events(), 1..10),
        1_usize..4,
        prop_oneof![Just("asc"), Just("desc")],
    );
    proptest!(config(24), |((names, events, limit, order) in list)| {
        let client = newcomer(&app);
        let mut untouched = create(&client, &names);
        let query = format!("order_by=name&order={order}&limit={limit}");
        let mut events = events.into_iter();
        let mut page = client.list(&query);
        let mut seen = page["data"].as_array().unwrap().clone();
        while let Some(next) = page["next_page"].as_str() {
            if let Some(event) = events.next() {
                happen(&client, event, &mut untouched);
            }
            page = client.list(&format!("{query}&page={next}"));
            seen.extend(page["data"].as_array().unwrap().clone());
        }
        for profile in &untouched {
            let times = seen.iter().filter(|other| id(other) == id(profile)).count();
            prop_assert_eq!(times, 1, "{} of {:?}", profile["name"], names);
        }
        let ordered: Vec<_> = seen.iter().filter(|profile| untouched.contains(profile)).cloned().collect();
        prop_assert_eq!(ordered, sorted(&untouched, order));
    });
}

#[test]
fn a_name_of_another_organization_is_never_in_the_list() {
    let app = TestApp::start();
    let theirs = app.accounts.key(app.another_organization(), KeySpec::default());
    let ours = create(&app.client, &some(&["b", "d"]));
    create(&app.client.with_key(&theirs), &some(&["a", "c", "e"]));
    assert_eq!(app.client.pages("order_by=name&order=asc&limit=1").concat(), ours);
}
