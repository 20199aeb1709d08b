//! The reference: the document of a shape, for people.

use std::fmt::Write as _;
use std::sync::LazyLock;

use actix_web::{HttpResponse, web};
use serde_json::Value;

use super::openapi_json::{entries, items, resolved, text};
use super::reference_html::{Escaped, Prose, page};
use super::schema::{fields, phrase};
use crate::api::ApiVersion;
use crate::api::document::{ApiDocument, document};
use crate::domain::label::EnumLabel;
use crate::http::HttpError;

static PAGES: LazyLock<Vec<(ApiDocument, String)>> =
    LazyLock::new(|| ApiDocument::ALL.iter().map(|subject| (*subject, reference(*subject))).collect());

/// Answers `/docs`.
pub(super) async fn show_newest_reference() -> Result<HttpResponse, HttpError> {
    show(ApiVersion::ALL.iter().copied().max().map(ApiDocument::Version))
}

/// Answers `/docs/{subject}`.
pub(super) async fn show_reference(path: web::Path<String>) -> Result<HttpResponse, HttpError> {
    show(ApiDocument::from_label(&path))
}

fn show(subject: Option<ApiDocument>) -> Result<HttpResponse, HttpError> {
    let (subject, body) =
        PAGES.iter().find(|(known, _)| Some(*known) == subject).ok_or_else(HttpError::unknown_path)?;
    Ok(page(&format!("User profiles, {}", subject.as_str()), body))
}

fn reference(subject: ApiDocument) -> String {
    let document = document(subject);
    let mut html = documents(subject);
    let _ = writeln!(html, "<p>{}</p>", Prose(text(&document["info"]["description"])));
    let _ = writeln!(html, "<h2>Credentials</h2>\n<dl>");
    for (_, scheme) in entries(&document["components"]["securitySchemes"]) {
        let form = match scheme["name"].as_str() {
            Some(header) => format!("{header}: …"),
            None => "authorization: Bearer …".to_owned(),
        };
        let about = Prose(text(&scheme["description"]));
        let _ = writeln!(html, "<dt><code>{}</code></dt>\n<dd>{about}</dd>", Escaped(&form));
    }
    html.push_str("</dl>\n");
    let operations = operations(&document);
    html.push_str("<h2>Operations</h2>\n<ul>\n");
    for (_, _, operation) in &operations {
        let (id, summary) = (Escaped(text(&operation["operationId"])), Escaped(text(&operation["summary"])));
        let _ = writeln!(html, "<li><a href=\"#{id}\">{summary}</a></li>");
    }
    html.push_str("</ul>\n");
    for (title, shared, operation) in &operations {
        html.push_str(&describe(&document, title, shared, operation));
    }
    html.push_str("<h2>Objects</h2>\n");
    for (name, schema) in entries(&document["components"]["schemas"]) {
        let _ = writeln!(
            html,
            "<section id=\"{0}\">\n<h3>{0}</h3>\n{1}</section>",
            Escaped(name),
            fields(&document, schema)
        );
    }
    html
}

/// The way to the other documents, and to the document itself.
fn documents(shown: ApiDocument) -> String {
    let mut html = "<nav>\n<ul>\n".to_owned();
    for subject in ApiDocument::ALL {
        let current = if *subject == shown { " aria-current=\"page\"" } else { "" };
        let _ = writeln!(html, "<li><a href=\"/docs/{0}\"{current}>{0}</a></li>", subject.as_str());
    }
    let _ =
        writeln!(html, "<li><a href=\"/openapi/{0}.json\">{0} as OpenAPI 3.1</a></li>\n</ul>\n</nav>", shown.as_str());
    html
}

/// Every operation: its method and path, the parameters that its path brings, and itself.
fn operations(document: &Value) -> Vec<(String, &Value, &Value)> {
    let paths = entries(&document["paths"]).flat_map(|(path, item)| {
        let methods = entries(item).filter(|(_, operation)| operation["operationId"].is_string());
        methods.map(move |(method, operation)| {
            (format!("{} {path}", method.to_uppercase()), &item["parameters"], operation)
        })
    });
    paths.collect()
}

fn describe(document: &Value, title: &str, shared: &Value, operation: &Value) -> String {
    let mut html = String::new();
    let (id, summary) = (Escaped(text(&operation["operationId"])), Escaped(text(&operation["summary"])));
    let about = Prose(text(&operation["description"]));
    let _ = writeln!(
        html,
        "<section id=\"{id}\">\n<h3>{summary}</h3>\n<p><code>{}</code></p>\n<p>{about}</p>",
        Escaped(title)
    );
    html.push_str("<h4>Parameters</h4>\n<dl>\n");
    for parameter in items(shared).chain(items(&operation["parameters"])) {
        let parameter = resolved(document, parameter);
        let required = if parameter["required"] == true { ", required" } else { "" };
        let (name, place) = (Escaped(text(&parameter["name"])), Escaped(text(&parameter["in"])));
        let form = phrase(&parameter["schema"]);
        let about = Prose(text(&parameter["description"]));
        let _ =
            writeln!(html, "<dt><code>{name}</code> <small>{place}{required}; {form}</small></dt>\n<dd>{about}</dd>");
    }
    html.push_str("</dl>\n");
    if let Some(content) = operation.pointer("/requestBody/content/application~1json") {
        let _ = writeln!(html, "<h4>Body</h4>\n{}", body(content));
    }
    html.push_str("<h4>Answers</h4>\n<dl>\n");
    for (status, answer) in entries(&operation["responses"]) {
        let answer = resolved(document, answer);
        let _ =
            writeln!(html, "<dt><code>{}</code></dt>\n<dd>{}", Escaped(status), Prose(text(&answer["description"])));
        if status == "200" {
            html.push_str(&body(&answer["content"]["application/json"]));
        }
        html.push_str("</dd>\n");
    }
    html.push_str("</dl>\n</section>\n");
    html
}

/// A link to what a body is, and an example.
fn body(content: &Value) -> String {
    let name = Escaped(text(&content["schema"]["$ref"]).rsplit('/').next().unwrap_or_default());
    let example = format!("{:#}", content["example"]);
    format!(
        "<p><a href=\"#{name}\">{name}</a>, such as</p>\n<pre tabindex=\"0\"><code>{}</code></pre>\n",
        Escaped(&example)
    )
}
