//! Paths, and what they select.

use super::{select, unknown_in};

const PROFILE: &str = r#"{"id":"uprof_1","name":null,"metadata":{"plan":"pro","a.b":"x","p*":"star","@x":"at"},
    "list":[{"a":1,"s":"x"},{"a":2,"t":[1,2]},5,"str",null,[7,[8]]],"text":"{\"q\":1}",
    "programs":{"cyber":{"status":"active","tiers":{"a":{"status":"active"}}},"efs":null},
    "actions":[{"id":"e1","type":"ban"},{"id":"e2","type":"restriction"},{"id":"e3","type":"ban"}]}"#;

fn found(path: &str) -> Option<String> {
    let document = serde_json::from_str(PROFILE).unwrap();
    select(&document, path).map(|found| serde_json::to_string(&found).unwrap())
}

/// Each pair is a path, and the JSON that it selects: those of GJSON's own implementation.
#[track_caller]
fn assert_found(cases: &[(&str, &str)]) {
    for (path, json) in cases {
        assert_eq!(found(path).as_deref(), Some(*json), "{path}");
    }
}

#[test]
fn a_path_follows_keys_indexes_and_wildcards() {
    assert_found(&[
        ("id", r#""uprof_1""#),
        ("name", "null"),
        ("metadata.plan", r#""pro""#),
        ("metadata|plan", r#""pro""#),
        (r"metadata.a\.b", r#""x""#),
        (r"metadata.p\*", r#""star""#),
        ("metadata.p?an", r#""pro""#),
        ("programs.*.tiers.*.status", r#""active""#),
        ("list.#", "6"),
        ("list.1.t.1", "2"),
        ("list.#.a", "[1,2]"),
        ("list.#.a|0", "1"),
        ("list.#.t.#", "[2]"),
        ("..0.id", r#""uprof_1""#),
    ]);
}

#[test]
fn a_query_selects_elements() {
    assert_found(&[
        ("list.#(a>1).a", "2"),
        ("list.#(a>=1)#.a", "[1,2]"),
        ("list.#(a>9)#", "[]"),
        (r#"list.#(s=="x").a"#, "1"),
        ("list.#(t.#(>1)).a", "2"),
        ("list.#(>4)#", r#"[5,"str"]"#),
        (r#"list.#(%"s*")"#, r#""str""#),
        ("list.#(a==~null)#.t", "[]"),
        (r#"actions.#(type="ban")#.id"#, r#"["e1","e3"]"#),
        (r#"actions.#(type!="ban").id"#, r#""e2""#),
        (r#"actions.#(type="ban")#|#"#, "2"),
    ]);
}

#[test]
fn a_modifier_transforms_a_value() {
    assert_found(&[
        ("metadata|@keys", r#"["plan","a.b","p*","@x"]"#),
        ("metadata.@keys.0", r#""plan""#),
        ("metadata.@values", r#"["pro","x","star","at"]"#),
        ("list.1.t.@tostr", r#""[1,2]""#),
        ("text.@fromstr.q", "1"),
        ("list.1.t|@reverse|0", "2"),
        ("list.5.@flatten", "[7,8]"),
        ("actions.@join", r#"{"id":"e3","type":"ban"}"#),
        ("list.#.t.@this", "[[1,2]]"),
        ("programs.@dig:status", r#"["active","active"]"#),
        (r#"metadata|@pretty:{"sortKeys":true}|@keys"#, r#"["@x","a.b","p*","plan"]"#),
        ("missing|@keys", "[]"),
    ]);
}

#[test]
fn a_multipath_selects_several_values() {
    assert_found(&[
        ("{id,metadata.plan}", r#"{"id":"uprof_1","plan":"pro"}"#),
        ("[id,name,nope]", r#"["uprof_1",null]"#),
        (r#"{"who":id,plan:metadata.plan}"#, r#"{"who":"uprof_1","plan":"pro"}"#),
        (r#"{"in":{"who":id},list.#}"#, r#"{"in":{"who":"uprof_1"},"_":6}"#),
        (r#"{"m":metadata|@keys,"n":list.1.t.@reverse}"#, r#"{"m":["plan","a.b","p*","@x"],"n":[2,1]}"#),
        (r#"{"l":!"literal","n":!5,id}"#, r#"{"l":"literal","n":5,"id":"uprof_1"}"#),
        ("actions.#.{id}|2.id", r#""e3""#),
        ("{nope}", "{}"),
    ]);
}

#[test]
fn a_path_that_selects_nothing_differs_from_one_that_selects_null() {
    for path in
        ["nope", "metadata.nope", "id.x", "", "{", "[id", "@", "!", "@nope", "list.#(a>2)", "list.9", "list.-1", "#"]
    {
        assert_eq!(found(path), None, "{path}");
    }
    assert_found(&[("programs.efs", "null"), ("metadata.@x", r#""at""#), ("!null", "null")]);
}

#[test]
fn no_path_makes_it_panic() {
    let parts =
        ["", ".", "|", "#", "(", ")", "[", "]", "{", "}", "\"", "\\", "@", ":", "!", "é", "a", "*", "=", "~", ","];
    for one in parts {
        for other in parts {
            for third in parts {
                let _ = found(&format!("list.{one}{other}{third}"));
                let _ = found(&format!("{one}{other}{third}"));
                let _ = unknown_in(&format!("{one}{other}{third}"));
            }
        }
    }
}
