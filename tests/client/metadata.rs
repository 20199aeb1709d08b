//! Maps on the command line.

use serde_json::{Value, json};

use crate::command::at;
use crate::peer::Peer;
use crate::support::TestApp;

#[track_caller]
fn sent(maps: &[&str]) -> Value {
    let peer = Peer::answering(&["{}"]);
    let flags = maps.iter().flat_map(|map| ["--metadata", map]);
    let arguments: Vec<_> = ["beta:user-profiles", "create"].into_iter().chain(flags).collect();
    peer.call(&arguments).text();
    peer.seen_once().json()["metadata"].clone()
}

#[test]
fn metadata_is_yaml_json_or_a_pair() {
    for map in ["{plan: pro}", "plan: pro", r#"{"plan": "pro"}"#, "plan=pro", "plan: \"pro\" # the best"] {
        assert_eq!(sent(&[map]), json!({"plan": "pro"}), "{map}");
    }
    assert_eq!(sent(&["plan: pro\nregion: eu"]), json!({"plan": "pro", "region": "eu"}));
}

#[test]
fn a_map_replaces_what_was_given_before_and_a_pair_is_added_to_it() {
    assert_eq!(sent(&["{a: '1'}", "{b: '2'}"]), json!({"b": "2"}));
    assert_eq!(sent(&["a=1", "b=2", "a=3"]), json!({"a": "3", "b": "2"}));
    assert_eq!(sent(&["{a: '1', b: '2'}", "b=3", "c=4"]), json!({"a": "1", "b": "3", "c": "4"}));
    assert_eq!(sent(&["a=1", "{b: '2'}"]), json!({"b": "2"}));
    assert_eq!(sent(&["{a: '1'}", "null"]), json!(null));
    assert_eq!(sent(&["null", "a=1"]), json!({"a": "1"}));
}

#[test]
fn values_of_a_map_keep_their_type_and_values_of_a_pair_are_strings() {
    assert_eq!(sent(&["{seats: 5, sure: true, gone: null, zone: no, half: 0.5, code: 1e3, room: 08}"]), {
        json!({"seats": 5, "sure": true, "gone": null, "zone": "no", "half": 0.5, "code": "1e3", "room": "08"})
    });
    assert_eq!(sent(&["seats=5", "sure=true", "gone=null", "note=a=b: c, d", "left="]), {
        json!({"seats": "5", "sure": "true", "gone": "null", "note": "a=b: c, d", "left": ""})
    });
}

#[test]
fn the_server_validates_the_values() {
    let app = TestApp::start();
    let refused = at(&app, &["beta:user-profiles", "create", "--metadata", "{seats: 5}"]).run();
    assert_eq!(refused.status, 1);
    assert!(refused.stdout.contains("metadata.seats: Input should be a valid string"), "{refused:?}");
}

#[test]
fn anything_but_a_map_is_a_usage_error_and_nothing_is_sent() {
    for text in ["plan", "[plan]", "{plan: pro", "{a: 1, a: 2}", "5", ""] {
        let peer = Peer::answering(&["{}"]);
        let refused = peer.call(&["beta:user-profiles", "create", "--metadata", text]).run();
        assert_eq!((refused.status, refused.stdout.as_str()), (1, ""), "{text}");
        assert!(refused.stderr.contains("expected a map such as '{plan: pro}'"), "{text}: {refused:?}");
        assert!(peer.seen().is_empty(), "{text}");
    }
}
