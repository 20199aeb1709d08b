//! `--transform`: a GJSON path.

use std::borrow::Cow;

/// What `path` selects from `json`, as JSON; `None` if nothing. `json` must be valid.
pub(in crate::cli) fn find(json: &str, path: &str) -> Option<String> {
    let path = with_bare_names(path);
    let found = gjson::get(json, &path);
    found.exists().then(|| found.json().trim().to_owned())
}

/// Rewrites `{"who":name}` to `{who:name}`: GJSON allows both, but the library keeps the quotes in the name.
fn with_bare_names(path: &str) -> Cow<'_, str> {
    if !path.contains("\":") {
        return path.into();
    }
    let mut bare = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(found) = rest.find(['{', ',']) {
        let (before, after) = rest.split_at(found + 1);
        bare.push_str(before);
        rest = after;
        // The argument of a modifier is JSON and stays as it is: `@pretty:{"width":1}`.
        if bare.strip_suffix('{').is_some_and(ends_in_modifier) {
            let end = rest.find('}').unwrap_or(rest.len());
            bare.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if let Some((name, value)) = rest.strip_prefix('"').and_then(|name| name.split_once("\":"))
            && !name.contains(['"', '\\', ',', ':'])
        {
            bare.push_str(name);
            bare.push(':');
            rest = value;
        }
    }
    bare.push_str(rest);
    bare.into()
}

/// Whether `path` ends in a modifier without its argument, such as `@pretty:`.
fn ends_in_modifier(path: &str) -> bool {
    let name = path.strip_suffix(':').map(|path| path.trim_end_matches(|letter: char| letter.is_ascii_alphanumeric()));
    name.is_some_and(|before| before.ends_with('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: &str =
        r#"{"id":"uprof_1","name":null,"metadata":{"plan":"pro","a.b":"x"},"list":[{"a":1},{"a":2}]}"#;

    #[track_caller]
    fn assert_found(path: &str, json: &str) {
        assert_eq!(find(PROFILE, path).as_deref(), Some(json), "{path}");
    }

    #[test]
    fn a_path_selects_what_gjson_defines() {
        assert_found("id", r#""uprof_1""#);
        assert_found("name", "null");
        assert_found("metadata.plan", r#""pro""#);
        assert_found(r"metadata.a\.b", r#""x""#);
        assert_found("list.#", "2");
        assert_found("list.#.a", "[1,2]");
        assert_found("list.#(a>1).a", "2");
        assert_found("{id,metadata.plan}", r#"{"id":"uprof_1","plan":"pro"}"#);
        assert_found("[id,name]", r#"["uprof_1",null]"#);
        assert_found("list.@reverse", r#"[{"a":2},{"a":1}]"#);
    }

    #[test]
    fn a_name_may_be_quoted() {
        assert_found(r#"{"who":id,"plan":metadata.plan}"#, r#"{"who":"uprof_1","plan":"pro"}"#);
        assert_found(r#"{"in":{"who":id}}"#, r#"{"in":{"who":"uprof_1"}}"#);
        assert_found(r#"metadata|@pretty:{"indent":"","sortKeys":true}"#, "{\n\"a.b\": \"x\",\n\"plan\": \"pro\"\n}");
    }

    #[test]
    fn a_path_that_selects_nothing_differs_from_one_that_selects_null() {
        for path in ["nope", "metadata.nope", "", "{", "@nope", "list.#(a>2)"] {
            assert_eq!(find(PROFILE, path), None, "{path}");
        }
    }
}
