//! A client that distinguishes what was answered, what was never sent, and what is unknown.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use ureq::http::{HeaderMap, HeaderName, HeaderValue};

use crate::support::Answer;
use crate::support::client::V1;

/// Longer than the service's deadlines: only a fault keeps a client waiting so long.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// What became of a request.
pub(crate) enum Outcome {
    Answered(Answer),
    /// No byte of it left: it has no effect.
    NotSent,
    /// It was sent, and no whole answer came.
    Unknown,
}

impl Outcome {
    /// The body of a success.
    pub(crate) fn success(&self) -> Option<&Value> {
        match self {
            Self::Answered(answer) if answer.status == 200 => Some(&answer.body),
            _ => None,
        }
    }

    /// Whether a change may have been made, although it is not acknowledged.
    pub(crate) fn is_unknown(&self) -> bool {
        match self {
            Self::Answered(answer) => {
                answer.body["error"]["details"] == json!({"error_code": "change_outcome_unknown"})
            }
            Self::NotSent => false,
            Self::Unknown => true,
        }
    }

    /// Whether another request with its key is in progress.
    pub(crate) fn is_in_progress(&self) -> bool {
        matches!(self, Self::Answered(answer) if answer.status == 409 && answer.header("retry-after").is_some())
    }

    /// The status, or 0 without an answer.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Answered(answer) => answer.status,
            Self::NotSent | Self::Unknown => 0,
        }
    }
}

/// A request, which may be sent more than once.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    pub(crate) idempotency_key: Option<String>,
}

impl Request {
    pub(crate) fn get(path: String) -> Self {
        Self { method: "GET", path, body: None, idempotency_key: None }
    }

    pub(crate) fn post(path: String, body: Value) -> Self {
        Self { method: "POST", path, body: Some(body), idempotency_key: None }
    }

    pub(crate) fn delete(path: String) -> Self {
        Self { method: "DELETE", path, body: None, idempotency_key: None }
    }

    pub(crate) fn keyed(self, key: String) -> Self {
        Self { idempotency_key: Some(key), ..self }
    }
}

/// One connection to each replica.
pub(crate) struct Connections {
    secret: String,
    replicas: Vec<(SocketAddr, Option<Connection>)>,
}

struct Connection(BufReader<TcpStream>);

impl Connections {
    pub(crate) fn new(secret: &str, replicas: &[SocketAddr]) -> Self {
        let replicas = replicas.iter().map(|address| (*address, None)).collect();
        Self { secret: secret.to_owned(), replicas }
    }

    pub(crate) fn authenticate(&mut self, secret: &str) {
        secret.clone_into(&mut self.secret);
    }

    pub(crate) fn replicas(&self) -> usize {
        self.replicas.len()
    }

    /// Sends `request` to one replica, once.
    pub(crate) fn send(&mut self, replica: usize, request: &Request) -> Outcome {
        let (address, open) = &mut self.replicas[replica];
        let Some(mut connection) = open.take().or_else(|| Connection::open(*address)) else { return Outcome::NotSent };
        match connection.exchange(&self.secret, request) {
            Ok((answer, stays_open)) => {
                *open = stays_open.then_some(connection);
                Outcome::Answered(answer)
            }
            Err(_) => Outcome::Unknown,
        }
    }
}

impl Connection {
    fn open(address: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect_timeout(&address, READ_TIMEOUT).ok()?;
        stream.set_read_timeout(Some(READ_TIMEOUT)).ok()?;
        stream.set_write_timeout(Some(READ_TIMEOUT)).ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Self(BufReader::new(stream)))
    }

    fn exchange(&mut self, secret: &str, request: &Request) -> std::io::Result<(Answer, bool)> {
        let Request { method, path, body, idempotency_key } = request;
        let body = body.as_ref().map(Value::to_string);
        let mut text = format!(
            "{method} {path} HTTP/1.1\r\nhost: uprof\r\nx-api-key: {secret}\r\nanthropic-version: 2023-06-01\r\n\
             anthropic-beta: {V1}\r\n"
        );
        if let Some(key) = idempotency_key {
            text += "idempotency-key: ";
            text += key;
            text += "\r\n";
        }
        if let Some(body) = &body {
            text += "content-type: application/json\r\ncontent-length: ";
            text += &body.len().to_string();
            text += "\r\n";
        }
        text += "\r\n";
        text += body.as_deref().unwrap_or_default();
        self.0.get_mut().write_all(text.as_bytes())?;
        self.answer()
    }

    fn answer(&mut self) -> std::io::Result<(Answer, bool)> {
        let status = self.line()?;
        let status =
            status.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{status}"));
        let mut headers = HeaderMap::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            let (name, value): (HeaderName, _) = (name.parse().unwrap(), HeaderValue::from_str(value.trim()).unwrap());
            headers.append(name, value);
        }
        let mut body = vec![0; headers["content-length"].to_str().unwrap().parse().unwrap()];
        self.0.read_exact(&mut body)?;
        let stays_open = headers.get("connection").is_none_or(|value| value != "close");
        Ok((Answer::checked(status, headers, &body), stays_open))
    }

    fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        if line.ends_with('\n') {
            Ok(line.trim_end().to_owned())
        } else {
            Err(std::io::ErrorKind::UnexpectedEof.into())
        }
    }
}
