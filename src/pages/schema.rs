//! JSON Schemas, for people.

use std::fmt::Write as _;

use serde_json::Value;

use super::openapi_json::{entries, items, resolved, text};
use super::reference_html::{Escaped, Prose};

/// What the fields of an object `schema` are, those of inner objects included.
pub(super) fn fields(document: &Value, schema: &Value) -> String {
    let mut html = String::new();
    for rule in items(&schema["allOf"]).filter_map(|rule| rule["description"].as_str()) {
        let _ = writeln!(html, "<p>{}</p>", Prose(rule));
    }
    if entries(&schema["properties"]).next().is_none() {
        return html;
    }
    html.push_str("<dl>\n");
    for (name, field) in entries(&schema["properties"]) {
        let field = resolved(document, field);
        let required = if items(&schema["required"]).any(|required| required == name) { "" } else { ", optional" };
        let deprecated = if field["deprecated"] == true { ", deprecated" } else { "" };
        let (form, about) = (phrase(field), Prose(text(&field["description"])));
        let _ = writeln!(
            html,
            "<dt><code>{}</code> <small>{form}{required}{deprecated}</small></dt>\n<dd>{about}\n{}</dd>",
            Escaped(name),
            inner(document, field)
        );
    }
    html.push_str("</dl>\n");
    html
}

/// The fields of what `field` holds: an object, objects by their names, or a list of objects.
fn inner(document: &Value, field: &Value) -> String {
    [field, &field["additionalProperties"], &field["items"]]
        .into_iter()
        .map(|schema| resolved(document, schema))
        .filter(|schema| schema["properties"].is_object())
        .map(|schema| fields(document, schema))
        .collect()
}

/// The form of a single value, in a few words of HTML.
pub(super) fn phrase(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return format!("<a href=\"#{0}\">{0}</a>", Escaped(name));
    }
    let mut words = Vec::new();
    match &schema["type"] {
        Value::Array(kinds) => words.push(kinds.iter().map(text).collect::<Vec<_>>().join(" or ")),
        kind => words.push(text(kind).to_owned()),
    }
    if schema["items"].is_object() {
        words.push(format!("of {}", phrase(&schema["items"])));
    }
    if schema["enum"].is_array() {
        let values = items(&schema["enum"]).filter_map(Value::as_str);
        let values: Vec<_> = values.map(|value| format!("<code>{}</code>", Escaped(value))).collect();
        words.push(values.join(" "));
    }
    if let Some(format) = schema["format"].as_str() {
        words.push(Escaped(format).to_string());
    }
    for (least, most, unit) in [
        ("minLength", "maxLength", " characters"),
        ("minimum", "maximum", ""),
        ("minProperties", "maxProperties", " pairs"),
    ] {
        if let Some(most) = schema[most].as_u64() {
            words.push(format!("{}–{most}{unit}", schema[least].as_u64().unwrap_or_default()));
        }
    }
    if let Some(default) = schema["default"].as_str() {
        words.push(format!("default <code>{}</code>", Escaped(default)));
    } else if let Some(default) = schema["default"].as_u64() {
        words.push(format!("default {default}"));
    }
    words.retain(|word| !word.is_empty());
    words.join(", ")
}
