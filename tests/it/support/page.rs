//! Pages and forms, requested as a browser does.

use serde_json::json;
use ureq::http::{HeaderMap, Method, Request};

use super::app::TestApp;
use super::client::path;
use super::max_wait::MAX_WAIT;

/// The content type of a form.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// An answer with a text body, such as a page or a redirect.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    /// Opens `url`.
    pub(crate) fn open(url: &str) -> Self {
        Self::ask(&Method::GET, url, &[("accept", "text/html")])
    }

    /// Submits the form at `url` with the headers that a browser sends over TLS.
    pub(crate) fn submit(url: &str) -> Self {
        Self::ask(&Method::POST, url, &[("content-type", FORM), ("origin", "null"), ("sec-fetch-site", "same-origin")])
    }

    /// Sends a request without a body.
    pub(crate) fn ask(method: &Method, url: &str, headers: &[(&str, &str)]) -> Self {
        exchange(method, url, headers, "")
    }

    /// A header, empty if absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The heading. Asserts what holds for every page of an enrollment link: headers, policy, nothing loaded, one heading.
    #[track_caller]
    pub(crate) fn heading(&self) -> &str {
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("x-robots-tag", "noindex"),
            ("set-cookie", ""),
        ] {
            assert_eq!(self.header(name), value, "{name}");
        }
        assert!(self.header("request-id").starts_with("req_01"));
        let form_action = if self.text.contains("<form") { "form-action 'self'" } else { "form-action 'none'" };
        let policy: Vec<_> = self.header("content-security-policy").split("; ").collect();
        for directive in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", form_action] {
            assert!(policy.contains(&directive), "{policy:?} without {directive}");
        }
        let others: Vec<_> = policy.iter().filter(|directive| directive.starts_with("style-src 'sha256-")).collect();
        assert_eq!((policy.len(), others.len()), (5, 1), "{policy:?}");
        for loaded in
            ["<script", "<link", "<img", "<iframe", "src=", "url(", "@import", "style=", "http://", "https://"]
        {
            assert!(!self.text.contains(loaded), "{loaded} in {}", self.text);
        }
        let mut headings = self.text.split("<h1>").skip(1).map(|rest| rest.split("</h1>").next().unwrap());
        let heading = headings.next().unwrap();
        assert_eq!(headings.next(), None);
        assert!(self.text.contains(&format!("<title>{heading}</title>")), "{}", self.text);
        heading
    }

    /// The text of the page for an invalid link. Asserts that it names neither organization, profile nor program.
    #[track_caller]
    pub(crate) fn is_invalid_link(&self) -> &str {
        assert_eq!((self.status, self.heading()), (404, "This link does not work"), "{}", self.text);
        for hidden in ["Example", "uprof_", "org_", "<form", "cyber"] {
            assert!(!self.text.contains(hidden), "{}", self.text);
        }
        &self.text
    }
}

/// Sends a request with exactly these headers; a body for POST only.
pub(crate) fn exchange(method: &Method, url: &str, headers: &[(&str, &str)], body: &str) -> Page {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    let agent = config.timeout_global(Some(MAX_WAIT)).build().new_agent();
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = match *method {
        Method::POST => agent.run(request.body(body).unwrap()),
        _ => agent.run(request.body(()).unwrap()),
    };
    let (head, mut body) = answer.unwrap().into_parts();
    Page { status: head.status.as_u16(), headers: head.headers, text: body.read_to_string().unwrap() }
}

/// The text of HTML: without tags, with one space between words.
pub(crate) fn words(html: &str) -> String {
    let text: String = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl TestApp {
    /// A new link for the profile `id`.
    #[track_caller]
    pub(crate) fn link(&self, id: &str) -> String {
        let link = self.client.post(&format!("{}/enrollment_url", path(id))).send().ok();
        link["url"].as_str().unwrap().to_owned()
    }

    /// A new link for the profile `id`, by the endpoint's other name.
    #[track_caller]
    pub(crate) fn action_link(&self, id: &str) -> String {
        let action = json!({"action": {"type": "enroll_end_user"}});
        let link = self.client.post(&format!("{}/action_urls", path(id))).json(&action).ok();
        link["url"].as_str().unwrap().to_owned()
    }

    /// Makes every existing link expire.
    pub(crate) fn expire_links(&self) {
        let hour = "interval '1 hour'";
        self.database.seed(&format!(
            "update enrollments
                set created_at = created_at - {hour}, expires_at = expires_at - {hour}, used_at = used_at - {hour}"
        ));
    }
}
