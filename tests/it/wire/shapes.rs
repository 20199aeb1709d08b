//! One record, four shapes: what is written in one of them and read in every other.

use serde_json::{Value, json};

use crate::support::client::id;
use crate::support::{Client, Shape, TestApp};

/// A write in the terms of a shape, and the resulting record.
struct Write {
    body: Value,
    stored: Value,
}

/// The record of a profile without fields.
fn nothing() -> Value {
    json!({
        "name": null, "relationship": "external", "reference_id": null, "onboarded_at": null, "account_status": null,
        "country": null, "email_hash": null, "entity_type": null, "name_hash": null, "metadata": {},
    })
}

/// `stored` after `changes`, key by key.
fn changed(stored: &Value, changes: &Value) -> Value {
    let mut stored = stored.clone();
    stored.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    stored
}

/// A create that uses every field of `shape`.
fn create(shape: Shape) -> Write {
    let metadata = json!({"plan": "pro", "retained": "yes"});
    let (body, stored) = match shape {
        Shape::V1 => (
            json!({"name": "V1 Äß😀", "external_id": "v1", "relationship": "resold", "metadata": metadata}),
            json!({"name": "V1 Äß😀", "reference_id": "v1", "relationship": "resold"}),
        ),
        Shape::V2 => (
            json!({
                "name": "V2", "external_id": "v2", "access_type": "passthrough", "metadata": metadata,
                "external_user_onboarded_at": "2026-03-15T12:00:00.123456+02:00",
            }),
            json!({
                "name": "V2", "reference_id": "v2", "relationship": "resold",
                "onboarded_at": "2026-03-15T10:00:00.123456Z",
            }),
        ),
        Shape::V3 | Shape::Ga => {
            let details = json!({
                "account_status": "suspended", "country": "NZ", "email_hash": "e😀", "entity_type": "non_profit",
                "name_hash": "n😀", "onboarded_at": "2020-02-29T23:59:59Z", "reference_id": "v3",
            });
            let body = json!({
                "name": "V3", "access_type": "passthrough", "external_user_details": details, "metadata": metadata,
            });
            (body, changed(&details, &json!({"name": "V3", "relationship": "resold"})))
        }
    };
    let stored = changed(&changed(&nothing(), &stored), &json!({"metadata": metadata}));
    Write { body, stored }
}

/// An update that changes every field of `shape`, of a profile that was created by [`create`].
fn update(shape: Shape, before: &Value) -> Write {
    let metadata = json!({"plan": "", "tier": "2"});
    let (body, changes) = match shape {
        Shape::V1 => (
            json!({"name": "After", "external_id": null, "relationship": "internal", "metadata": metadata}),
            json!({"name": "After", "reference_id": null, "relationship": "internal"}),
        ),
        Shape::V2 => (
            json!({
                "name": null, "external_id": "after", "access_type": "application", "metadata": metadata,
                "external_user_onboarded_at": "2019-01-01T00:00:00-01:30",
            }),
            json!({
                "name": null, "reference_id": "after", "relationship": "external",
                "onboarded_at": "2019-01-01T01:30:00Z",
            }),
        ),
        Shape::V3 | Shape::Ga => {
            let details = json!({
                "account_status": "blocked", "country": "DE", "email_hash": "e2", "entity_type": "government",
                "name_hash": "n2", "onboarded_at": "2021-01-01T00:00:00.5Z", "reference_id": "after",
            });
            let body = json!({
                "name": "After", "access_type": "application", "external_user_details": details, "metadata": metadata,
            });
            (body, changed(&details, &json!({"name": "After", "relationship": "external"})))
        }
    };
    let metadata = json!({"metadata": {"retained": "yes", "tier": "2"}});
    Write { body, stored: changed(&changed(before, &changes), &metadata) }
}

/// The whole profile as `shape` shows it; its id and times are those of `answer`.
fn shown(shape: Shape, stored: &Value, answer: &Value) -> Value {
    let access_type = if stored["relationship"] == "resold" { "passthrough" } else { "application" };
    let details = json!({
        "account_status": stored["account_status"], "country": stored["country"], "email_hash": stored["email_hash"],
        "entity_type": stored["entity_type"], "name_hash": stored["name_hash"],
        "onboarded_at": stored["onboarded_at"], "reference_id": stored["reference_id"],
    });
    let common = json!({
        "id": answer["id"], "type": "user_profile", "created_at": answer["created_at"],
        "updated_at": answer["updated_at"], "name": stored["name"], "metadata": stored["metadata"],
    });
    let own = match shape {
        Shape::V1 => json!({
            "relationship": stored["relationship"], "external_id": stored["reference_id"], "trust_grants": {},
        }),
        Shape::V2 => json!({
            "access_type": access_type, "external_id": stored["reference_id"],
            "external_user_onboarded_at": stored["onboarded_at"], "trust_grants": {},
        }),
        Shape::V3 => json!({"access_type": access_type, "external_user_details": details, "trust_grants": {}}),
        Shape::Ga => json!({
            "access_type": access_type, "external_user_details": details, "programs": {"cyber": null, "efs": null},
            "enforcement_status": "unrestricted", "enforcement_actions": [],
        }),
    };
    changed(&common, &own)
}

/// Every shape reads the newest profile as `stored`, alone and in lists.
#[track_caller]
fn read_everywhere(app: &TestApp, stored: &Value, answer: &Value, how: &str) {
    for reader in Shape::ALL {
        let client = app.client.speaking(reader);
        let expected = shown(reader, stored, answer);
        assert_eq!(client.retrieve(id(answer)), expected, "{how}, retrieved as {reader:?}");
        assert_eq!(client.list("limit=1")["data"], json!([expected]), "{how}, listed as {reader:?}");
        assert_eq!(client.update(id(answer), &json!({})), expected, "{how}, not updated as {reader:?}");
    }
}

#[test]
fn what_is_created_in_one_shape_and_updated_in_another_is_read_in_every_shape() {
    let app = TestApp::start();
    for creator in Shape::ALL {
        for updater in Shape::ALL {
            let written = create(creator);
            let answer = app.client.speaking(creator).create(&written.body);
            assert_eq!(answer, shown(creator, &written.stored, &answer));
            assert_eq!(answer["created_at"], answer["updated_at"]);
            read_everywhere(&app, &written.stored, &answer, &format!("created as {creator:?}"));

            let changes = update(updater, &written.stored);
            let updated = app.client.speaking(updater).update(id(&answer), &changes.body);
            assert_eq!(updated, shown(updater, &changes.stored, &updated), "{creator:?} {updater:?}");
            assert_eq!(updated["created_at"], answer["created_at"]);
            read_everywhere(&app, &changes.stored, &updated, &format!("{creator:?} updated as {updater:?}"));
        }
    }
}

#[test]
fn a_profile_without_fields_is_empty_in_every_shape() {
    let app = TestApp::start();
    for creator in Shape::ALL {
        let answer = app.client.speaking(creator).create(&json!({}));
        read_everywhere(&app, &nothing(), &answer, &format!("created as {creator:?}"));
    }
}

/// What is stored, what is then written as an access type, and what is stored afterwards.
const ACCESS: [(&str, &str, &str); 6] = [
    ("external", "application", "external"),
    ("external", "passthrough", "resold"),
    ("resold", "application", "external"),
    ("resold", "passthrough", "resold"),
    ("internal", "application", "internal"),
    ("internal", "passthrough", "resold"),
];

#[test]
fn an_equivalent_access_type_does_not_change_the_relationship() {
    let app = TestApp::start();
    for writer in [Shape::V2, Shape::V3, Shape::Ga] {
        let client = app.client.speaking(writer);
        for (before, written, after) in ACCESS {
            let profile = app.client.create(&json!({"name": "Example", "relationship": before}));
            let answer = client.update(id(&profile), &json!({"access_type": written}));
            let how = format!("{before} {written} as {writer:?}");
            assert_eq!(answer["access_type"], written, "{how}");
            assert_eq!(app.client.retrieve(id(&profile))["relationship"], after, "{how}");
            assert_eq!(answer["updated_at"] == profile["updated_at"], before == after, "{how}");
        }
    }
}

#[test]
fn a_relationship_is_shown_as_its_access_type() {
    let app = TestApp::start();
    for (relationship, access_type) in
        [("external", "application"), ("resold", "passthrough"), ("internal", "application")]
    {
        let profile = app.client.create(&json!({"name": "Example", "relationship": relationship}));
        for reader in [Shape::V2, Shape::V3, Shape::Ga] {
            let read = app.client.speaking(reader).retrieve(id(&profile));
            assert_eq!(read["access_type"], access_type, "{relationship} as {reader:?}");
        }
    }
}

fn nameless_passthrough(client: &Client) -> Value {
    client.create(&json!({"access_type": "passthrough"}))
}

#[test]
fn only_the_first_shape_requires_a_name_of_a_resold_profile() {
    let app = TestApp::start();
    for writer in [Shape::V2, Shape::V3, Shape::Ga] {
        let client = app.client.speaking(writer);
        let profile = nameless_passthrough(&client);
        let original = app.client.retrieve(id(&profile));
        assert_eq!((&original["relationship"], &original["name"]), (&json!("resold"), &json!(null)), "{writer:?}");
        let named = client.update(id(&profile), &json!({"name": "Example"}));
        assert_eq!(named["name"], "Example", "{writer:?}");
        assert_eq!(client.update(id(&profile), &json!({"name": null}))["name"], json!(null), "{writer:?}");
        let external = client.create(&json!({}));
        assert_eq!(client.update(id(&external), &json!({"access_type": "passthrough"}))["access_type"], "passthrough");
        // The original shape can still change what is neither.
        assert_eq!(app.client.update(id(&profile), &json!({"external_id": "x"}))["external_id"], "x");
    }
}

#[test]
fn every_shape_deletes_profiles_of_every_other() {
    let app = TestApp::start();
    for creator in Shape::ALL {
        for deleter in Shape::ALL {
            let profile = app.client.speaking(creator).create(&json!({}));
            let path = crate::support::client::path(id(&profile));
            let answer = app.client.speaking(deleter).delete(&path).send().ok();
            assert_eq!(answer, json!({"id": id(&profile), "type": "user_profile_deleted"}));
            app.client.speaking(creator).get(&path).send().refused(404);
        }
    }
}
