//! `--debug`: requests and answers, on standard error.

use std::io::{Write, stderr};
use std::time::Duration;

use ureq::http::HeaderMap;

use crate::cli::client::message::one_line;

/// Printed instead of a credential.
const REDACTED: &str = "<redacted>";

/// Prints a request, without its credential.
pub(in crate::cli) fn request(method: &str, url: &str, headers: &HeaderMap, body: Option<&str>) {
    show('>', &format!("{method} {url}"), headers, body.unwrap_or_default());
}

/// Prints an answer.
pub(in crate::cli) fn answer(status: &str, headers: &HeaderMap, body: &str) {
    show('<', status, headers, body);
}

/// Prints why an attempt failed, and when the next one follows.
pub(in crate::cli) fn failure(error: Option<&ureq::Error>, pause: Duration) {
    let why = error.map(|error| format!("{error}; ")).unwrap_or_default();
    write(&format!("* {}\n", one_line(&format!("{why}trying again in {} ms", pause.as_millis()))));
}

fn show(mark: char, first: &str, headers: &HeaderMap, body: &str) {
    let mut lines = vec![first.to_owned()];
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        lines.push(match name.as_str() {
            "x-api-key" => format!("{name}: {REDACTED}"),
            "authorization" => format!("{name}: {} {REDACTED}", value.split(' ').next().unwrap_or_default()),
            _ => format!("{name}: {value}"),
        });
    }
    if !body.is_empty() {
        lines.push(String::new());
        lines.extend(body.lines().map(str::to_owned));
    }
    for line in lines {
        write(&format!("{mark} {}\n", one_line(&line)));
    }
}

fn write(text: &str) {
    // A closed standard error must not fail the request.
    let _ = stderr().write_all(text.as_bytes());
}
