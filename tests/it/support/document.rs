//! The documents of the service, and whether an answer is one that they announce.

use std::sync::LazyLock;

use serde_json::Value;
use uprof::api::ApiVersion;
use uprof::api::document::{ApiDocument, document};
use uprof::domain::label::EnumLabel;
use ureq::http::{HeaderMap, request::Parts};

use super::answer::{Answer, NDJSON};
use super::schema::violations;

/// Every document.
pub(crate) static DOCUMENTS: LazyLock<Vec<(ApiDocument, Value)>> =
    LazyLock::new(|| ApiDocument::ALL.iter().map(|subject| (*subject, document(*subject))).collect());

/// An operation of a document.
pub(crate) struct Operation<'a> {
    pub(crate) document: &'a Value,
    pub(crate) method: String,
    /// With `{user_profile_id}` where it names a profile.
    pub(crate) path: &'a str,
    pub(crate) described: &'a Value,
}

/// Every operation of `document`.
pub(crate) fn operations(document: &Value) -> impl Iterator<Item = Operation<'_>> {
    document["paths"].as_object().unwrap().iter().flat_map(move |(path, item)| {
        let methods = item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters");
        methods.map(move |(method, described)| Operation { document, method: method.to_uppercase(), path, described })
    })
}

/// Checks that the `answer` to `request` is documented in the shape that the request asks for. What is no operation is skipped: an
/// unknown path or method. So is what a [`super::Wire`] sends, which need not be a request at all.
#[track_caller]
pub(crate) fn check(request: &Parts, answer: &Answer) {
    // The frozen documents are older than limits, idempotency keys and conditions.
    if answer.status == 429 {
        return;
    }
    if [(409, "idempotency-key"), (412, "if-match")]
        .iter()
        .any(|(status, header)| answer.status == *status && request.headers.contains_key(*header))
    {
        return;
    }
    let asked = shape(&request.headers);
    let mut found = Vec::new();
    // A path without parameters is none of those with parameters that match it, also where only the newest document has it.
    let path = request.uri.path();
    let is_literal = DOCUMENTS.iter().any(|(_, document)| document["paths"].get(path).is_some());
    // The operator's API has no shapes. Where the request leaves its shape to the organization, any one must fit.
    let possible = |subject: ApiDocument| match subject {
        ApiDocument::Version(version) => asked.is_none_or(|asked| asked == version),
        ApiDocument::Operator => true,
    };
    for (_, document) in DOCUMENTS.iter().filter(|(subject, _)| possible(*subject)) {
        let mut matching = operations(document)
            .filter(|operation| operation.is_asked_by(request) && (!is_literal || operation.path == path));
        let Some(operation) = matching.next() else { continue };
        let violations = operation.violations(answer);
        if violations.is_empty() {
            return;
        }
        found.extend(violations);
    }
    if found.is_empty() {
        return;
    }
    panic!(
        "{} {} is answered with {} {}:\n{}",
        request.method,
        request.uri,
        answer.status,
        answer.body,
        found.join("\n")
    );
}

/// The shape that the headers ask for, if they ask for one.
fn shape(headers: &HeaderMap) -> Option<ApiVersion> {
    let lines = |name| headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    let named = lines("anthropic-beta")
        .flat_map(|line| line.split(','))
        .filter_map(|value| ApiVersion::from_label(value.trim().strip_prefix("user-profiles-")?))
        // `user-profiles-ga` is no name of a shape.
        .filter(|version| *version != ApiVersion::Ga)
        .max();
    named.or_else(|| lines("anthropic-version").any(|date| date >= "2026-10-21").then_some(ApiVersion::Ga))
}

impl Operation<'_> {
    fn is_asked_by(&self, request: &Parts) -> bool {
        let asked: Vec<_> = request.uri.path().split('/').collect();
        let ours: Vec<_> = self.path.split('/').collect();
        let is_id = |asked: &str| !asked.is_empty() && asked != "export";
        let same = |(ours, asked): (&&str, &&str)| ours == asked || (ours.starts_with('{') && is_id(asked));
        self.method == request.method.as_str() && ours.len() == asked.len() && ours.iter().zip(&asked).all(same)
    }

    fn violations(&self, answer: &Answer) -> Vec<String> {
        let documented = &self.described["responses"][answer.status.to_string()];
        if documented.is_null() {
            return vec![format!("the status {} is not documented", answer.status)];
        }
        let documented = resolved(self.document, documented);
        let content = &documented["content"];
        let mut found = match &content[NDJSON]["schema"] {
            Value::Null => violations(self.document, &content["application/json"]["schema"], &answer.body),
            line => {
                answer.body.as_array().unwrap().iter().flat_map(|each| violations(self.document, line, each)).collect()
            }
        };
        for (name, header) in documented["headers"].as_object().unwrap() {
            if resolved(self.document, header)["required"] == true && answer.header(name).is_none() {
                found.push(format!("the header {name} is missing"));
            }
        }
        found
    }
}

/// What `value` refers to, or itself.
pub(crate) fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => value,
    }
}
