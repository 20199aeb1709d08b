//! Runs a page of docs/ that shows requests and answers: sends each request and compares its answer with the documented one.
//!
//! Values that differ from run to run (ids, times, tokens, signatures) must have the documented form, and one documented value must stand
//! for one real value throughout.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs;
use std::net::SocketAddr;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use ureq::http::{HeaderMap, Method};

use super::page::{exchange, words};
use super::receiver::Delivery;

/// A page, and how far it has run.
pub(crate) struct Walkthrough {
    address: SocketAddr,
    messages: VecDeque<Message>,
    /// Real values by documented value.
    known: HashMap<String, String>,
}

/// A request or an answer.
#[derive(Debug)]
pub(crate) struct Message {
    /// `POST /v1/user_profiles HTTP/1.1` or `HTTP/1.1 200 OK`.
    pub(crate) first_line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Walkthrough {
    /// The page docs/`name`, run against the service at `address`.
    pub(crate) fn open(name: &str, address: SocketAddr) -> Self {
        let text = fs::read_to_string(format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let blocks = text.split("\n```http\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
        Self { address, messages: blocks.map(Message::parse).collect(), known: HashMap::new() }
    }

    /// Sets the `real` value of a `documented` one.
    pub(crate) fn define(&mut self, documented: &str, real: &str) {
        self.known.insert(documented.to_owned(), real.to_owned());
    }

    /// The real value of a `documented` one that has occurred already.
    #[track_caller]
    pub(crate) fn real(&self, documented: &str) -> &str {
        self.known.get(documented).unwrap_or_else(|| panic!("{documented} has not occurred so far"))
    }

    /// Sends the next request, which must be `method_and_path`, and compares its answer.
    #[track_caller]
    pub(crate) fn sends(&mut self, method_and_path: &str) {
        let request = self.next();
        assert_eq!(request.first_line.trim_end_matches(" HTTP/1.1"), method_and_path);
        let line = self.with_real_values(method_and_path);
        let (method, path) = line.split_once(' ').unwrap();
        let headers: Vec<_> =
            request.headers.iter().map(|(name, value)| (name.as_str(), self.with_real_values(value))).collect();
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let url = format!("http://{}{path}", self.address);
        let answer =
            exchange(&method.parse::<Method>().unwrap(), &url, &headers, &self.with_real_values(&request.body));
        let documented = self.next();
        let status: u16 = documented.first_line.split(' ').nth(1).unwrap().parse().unwrap();
        assert_eq!(answer.status, status, "{method_and_path}: {}", answer.text);
        self.compare(&documented, &answer.headers, &answer.text);
    }

    /// Compares the next message with a webhook `delivery`.
    #[track_caller]
    pub(crate) fn receives(&mut self, delivery: &Delivery) {
        let documented = self.next();
        assert_eq!(documented.first_line, delivery.first_line);
        self.compare(&documented, &delivery.headers, &delivery.body);
    }

    /// Checks that the page has ended, and that documented times are in the order of the real ones.
    #[track_caller]
    pub(crate) fn ends(&self) {
        assert!(self.messages.is_empty(), "{:?}", self.messages);
        let time = |text: &String| OffsetDateTime::parse(text, &Rfc3339).ok();
        let times: BTreeMap<_, _> =
            self.known.iter().filter_map(|(documented, real)| Some((time(documented)?, time(real)?))).collect();
        assert!(times.len() > 2 && times.values().is_sorted(), "{times:?}");
    }

    fn next(&mut self) -> Message {
        self.messages.pop_front().expect("the page has no more messages")
    }

    /// `documented` text with real values.
    fn with_real_values(&self, documented: &str) -> String {
        self.known.iter().fold(documented.to_owned(), |text, (documented, real)| text.replace(documented, real))
    }

    #[track_caller]
    fn compare(&mut self, documented: &Message, headers: &HeaderMap, body: &str) {
        for (name, value) in &documented.headers {
            self.match_text(value, headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap());
        }
        if documented.body.starts_with('{') {
            self.match_json(&serde_json::from_str(&documented.body).unwrap(), &serde_json::from_str(body).unwrap());
        } else if !documented.body.is_empty() {
            let text = words(body);
            for paragraph in documented.body.split("\n\n").map(words) {
                let paragraph = paragraph.trim_matches(['[', ']']);
                assert!(text.contains(paragraph), "{paragraph:?} is not in {text:?}");
            }
        }
    }

    #[track_caller]
    fn match_json(&mut self, documented: &Value, real: &Value) {
        match (documented, real) {
            (Value::Object(fields), Value::Object(others)) => {
                assert_eq!(fields.keys().collect::<Vec<_>>(), others.keys().collect::<Vec<_>>(), "{real:#}");
                fields.iter().for_each(|(name, value)| self.match_json(value, &others[name]));
            }
            (Value::Array(items), Value::Array(others)) => {
                assert_eq!(items.len(), others.len(), "{real:#}");
                items.iter().zip(others).for_each(|(item, other)| self.match_json(item, other));
            }
            (Value::String(text), Value::String(other)) => self.match_text(text, other),
            _ => assert_eq!(documented, real),
        }
    }

    #[track_caller]
    fn match_text(&mut self, documented: &str, real: &str) {
        let Some(form) = form(documented) else { return assert_eq!(self.with_real_values(documented), real) };
        assert_eq!(self::form(real), Some(form), "{documented} cannot be {real}");
        let known = self.known.entry(documented.to_owned()).or_insert_with(|| real.to_owned());
        assert_eq!(known, real, "{documented}");
        // The token of a link occurs in paths too.
        if let (Some((start, token)), Some((other_start, other))) =
            (documented.rsplit_once("/enroll/"), real.rsplit_once("/enroll/"))
        {
            assert_eq!(start, other_start);
            self.known.insert(token.to_owned(), other.to_owned());
        }
    }
}

/// The form of a value that differs from run to run; `None` for any other.
fn form(text: &str) -> Option<&str> {
    if OffsetDateTime::parse(text, &Rfc3339).is_ok() && text.ends_with('Z') {
        return Some("time");
    }
    if text.starts_with("v1,") {
        return Some("signature");
    }
    if text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("seconds");
    }
    if text.contains("/enroll/") {
        return Some("link");
    }
    // An id.
    let (prefix, rest) = text.split_once('_')?;
    (rest.len() >= 24 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)))
        .then_some(prefix)
}

impl Message {
    fn parse(block: &str) -> Self {
        let (head, body) = block.split_once("\n\n").unwrap_or((block, ""));
        let mut lines = head.lines();
        let first_line = lines.next().unwrap().to_owned();
        let headers = lines.map(|line| line.split_once(": ").unwrap_or_else(|| panic!("no header: {line}")));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { first_line, headers, body: body.to_owned() }
    }
}
