//! Checks JSON against the schemas of a document. An unknown keyword fails the test: nothing goes unchecked. Fields that a schema does not
//! name are violations, which JSON Schema would accept.
//!
//! Not the crate `jsonschema`: it brings 34 crates more, and its features of `serde_json` would be compiled into the service under test.
//! (`tests/schemathesis` validates the documents, and answers to generated requests, with validators of others.)

use regex::Regex;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What is wrong with `value`, by the `schema` of `document`; empty if nothing is. A field that an object's schema does not name is
/// wrong, although clients must bear it: what is answered is documented.
pub(crate) fn violations(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut check = Check { document, found: Vec::new() };
    check.value(schema, value, "");
    check.found
}

struct Check<'a> {
    document: &'a Value,
    found: Vec<String>,
}

impl<'a> Check<'a> {
    fn value(&mut self, schema: &'a Value, value: &Value, at: &str) {
        let rules = schema.as_object().unwrap_or_else(|| panic!("no schema: {schema}"));
        for (keyword, rule) in rules {
            match keyword.as_str() {
                "$ref" => {
                    let pointer = rule.as_str().unwrap().strip_prefix('#').unwrap();
                    let target = self.document.pointer(pointer).unwrap_or_else(|| panic!("nothing at {rule}"));
                    self.value(target, value, at);
                }
                "allOf" => rule.as_array().unwrap().iter().for_each(|part| self.value(part, value, at)),
                "oneOf" => {
                    let fits = |part: &&Value| violations(self.document, part, value).is_empty();
                    let count = rule.as_array().unwrap().iter().filter(fits).count();
                    self.demand(count == 1, at, keyword, rule, value);
                }
                "type" => self.demand(is_of(rule, value), at, keyword, rule, value),
                "enum" => self.demand(rule.as_array().unwrap().contains(value), at, keyword, rule, value),
                "const" => self.demand(rule == value, at, keyword, rule, value),
                "pattern" => self
                    .text(at, keyword, rule, value, |text| Regex::new(rule.as_str().unwrap()).unwrap().is_match(text)),
                "format" => self.text(at, keyword, rule, value, |text| has_format(rule.as_str().unwrap(), text)),
                "minimum" => self.demand(value.as_i64() >= rule.as_i64(), at, keyword, rule, value),
                "maxItems" => {
                    let few = |items: &Vec<Value>| items.len() as u64 <= rule.as_u64().unwrap();
                    self.demand(value.as_array().is_none_or(few), at, keyword, rule, value);
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.value(rule, item, &format!("{at}/{index}"));
                    }
                }
                "properties" | "required" | "additionalProperties" | "description" => {}
                unknown => panic!("no check for the keyword `{unknown}`: {schema}"),
            }
        }
        if let Value::Object(object) = value {
            self.object(rules, object, at);
        }
    }

    fn object(&mut self, rules: &'a Map<String, Value>, object: &Map<String, Value>, at: &str) {
        for name in rules.get("required").and_then(Value::as_array).into_iter().flatten() {
            if !object.contains_key(name.as_str().unwrap()) {
                self.found.push(format!("{at}: {name} is missing"));
            }
        }
        let properties = rules.get("properties").and_then(Value::as_object);
        for (name, value) in object {
            let at = format!("{at}/{name}");
            let named = properties.and_then(|properties| properties.get(name));
            match named.or_else(|| rules.get("additionalProperties")) {
                Some(schema) => self.value(schema, value, &at),
                // A part of an `allOf` need not name everything.
                None if properties.is_some() && rules.contains_key("type") => {
                    self.found.push(format!("{at}: not documented"));
                }
                None => {}
            }
        }
    }

    fn text(&mut self, at: &str, keyword: &str, rule: &Value, value: &Value, holds: impl FnOnce(&str) -> bool) {
        self.demand(value.as_str().is_none_or(holds), at, keyword, rule, value);
    }

    fn demand(&mut self, holds: bool, at: &str, keyword: &str, rule: &Value, value: &Value) {
        if !holds {
            self.found.push(format!("{at}: {keyword} {rule} does not hold for {value}"));
        }
    }
}

fn is_of(kinds: &Value, value: &Value) -> bool {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match kinds {
        Value::Array(kinds) => kinds.iter().any(|each| each == kind),
        one => one == kind,
    }
}

fn has_format(format: &str, text: &str) -> bool {
    match format {
        // How large an integer may be, which the answer shows.
        "uint64" => true,
        "date-time" => text.ends_with('Z') && OffsetDateTime::parse(text, &Rfc3339).is_ok(),
        "uri" => text.starts_with("http://") || text.starts_with("https://"),
        unknown => panic!("no check for the format `{unknown}`"),
    }
}
