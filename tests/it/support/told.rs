//! A page of docs/ that tells of requests and answers: each is sent and compared as it stands there.
//!
//! What differs from run to run (ids, times, tokens, signatures) need not be the same as on the page, but has to be of the same form; and where the page
//! names one thing twice, it has to be one thing.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs;
use std::net::SocketAddr;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use ureq::http::{HeaderMap, Method};

use super::page::{exchange, words};
use super::receiver::Delivery;

/// What the page and the run call the same things.
pub(crate) struct Told {
    address: SocketAddr,
    messages: VecDeque<Message>,
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

impl Told {
    /// The page `name`, to be gone through with the service at `address`.
    pub(crate) fn by(name: &str, address: SocketAddr) -> Self {
        let text = fs::read_to_string(format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let blocks = text.split("\n```http\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
        Self { address, messages: blocks.map(Message::parse).collect(), known: HashMap::new() }
    }

    /// What the page calls `told` is `real`.
    pub(crate) fn call(&mut self, told: &str, real: &str) {
        self.known.insert(told.to_owned(), real.to_owned());
    }

    /// What the page calls `told`, which has come up already.
    #[track_caller]
    pub(crate) fn real(&self, told: &str) -> &str {
        self.known.get(told).unwrap_or_else(|| panic!("nothing has been called {told} so far"))
    }

    /// Sends the next request, which must be this one, and compares its answer.
    #[track_caller]
    pub(crate) fn sends(&mut self, method_and_path: &str) {
        let request = self.next();
        assert_eq!(request.first_line.trim_end_matches(" HTTP/1.1"), method_and_path);
        let line = self.in_real(method_and_path);
        let (method, path) = line.split_once(' ').unwrap();
        let headers: Vec<_> =
            request.headers.iter().map(|(name, value)| (name.as_str(), self.in_real(value))).collect();
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let url = format!("http://{}{path}", self.address);
        let answer = exchange(&method.parse::<Method>().unwrap(), &url, &headers, &self.in_real(&request.body));
        let told = self.next();
        let status: u16 = told.first_line.split(' ').nth(1).unwrap().parse().unwrap();
        assert_eq!(answer.status, status, "{method_and_path}: {}", answer.text);
        self.compare(&told, &answer.headers, &answer.text);
    }

    /// Compares the next message with what the service has sent.
    #[track_caller]
    pub(crate) fn receives(&mut self, delivery: &Delivery) {
        let told = self.next();
        assert_eq!(told.first_line, delivery.first_line);
        self.compare(&told, &delivery.headers, &delivery.body);
    }

    /// That the page is at its end, and that its times ran as those of the run.
    #[track_caller]
    pub(crate) fn ends(&self) {
        assert!(self.messages.is_empty(), "{:?}", self.messages);
        let time = |text: &String| OffsetDateTime::parse(text, &Rfc3339).ok();
        let times: BTreeMap<_, _> =
            self.known.iter().filter_map(|(told, real)| Some((time(told)?, time(real)?))).collect();
        assert!(times.len() > 2 && times.values().is_sorted(), "{times:?}");
    }

    fn next(&mut self) -> Message {
        self.messages.pop_front().expect("the page says no more")
    }

    /// `told`, with the real things in it.
    fn in_real(&self, told: &str) -> String {
        self.known.iter().fold(told.to_owned(), |text, (told, real)| text.replace(told, real))
    }

    #[track_caller]
    fn compare(&mut self, told: &Message, headers: &HeaderMap, body: &str) {
        for (name, value) in &told.headers {
            self.match_text(value, headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap());
        }
        if told.body.starts_with('{') {
            self.match_json(&serde_json::from_str(&told.body).unwrap(), &serde_json::from_str(body).unwrap());
        } else if !told.body.is_empty() {
            let said = words(body);
            for paragraph in told.body.split("\n\n").map(words) {
                let paragraph = paragraph.trim_matches(['[', ']']);
                assert!(said.contains(paragraph), "{paragraph:?} is not in {said:?}");
            }
        }
    }

    #[track_caller]
    fn match_json(&mut self, told: &Value, real: &Value) {
        match (told, real) {
            (Value::Object(fields), Value::Object(others)) => {
                assert_eq!(fields.keys().collect::<Vec<_>>(), others.keys().collect::<Vec<_>>(), "{real:#}");
                fields.iter().for_each(|(name, value)| self.match_json(value, &others[name]));
            }
            (Value::Array(items), Value::Array(others)) => {
                assert_eq!(items.len(), others.len(), "{real:#}");
                items.iter().zip(others).for_each(|(item, other)| self.match_json(item, other));
            }
            (Value::String(text), Value::String(other)) => self.match_text(text, other),
            _ => assert_eq!(told, real),
        }
    }

    #[track_caller]
    fn match_text(&mut self, told: &str, real: &str) {
        let Some(form) = form(told) else { return assert_eq!(self.in_real(told), real) };
        assert_eq!(self::form(real), Some(form), "{told} cannot be {real}");
        let known = self.known.entry(told.to_owned()).or_insert_with(|| real.to_owned());
        assert_eq!(known, real, "{told}");
        // The secret of a link is also the last part of a path.
        if let (Some((start, token)), Some((other_start, other))) =
            (told.rsplit_once("/enroll/"), real.rsplit_once("/enroll/"))
        {
            assert_eq!(start, other_start);
            self.known.insert(token.to_owned(), other.to_owned());
        }
    }
}

/// The form of what differs from run to run; `None`: it does not.
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
