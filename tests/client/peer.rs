//! A server with prepared answers that records its requests.
#![expect(clippy::unwrap_used, reason = "a test without its peer fails")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use serde_json::Value;

use crate::command::{Call, uprof};

/// Gives its answers in order, and repeats the last one.
pub(crate) struct Peer {
    address: SocketAddr,
    thread: JoinHandle<Vec<Request>>,
}

/// A request as it was received.
#[derive(Debug)]
pub(crate) struct Request {
    /// `POST /v1/user_profiles?beta=true`.
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    /// The values of a header, in the order of its lines.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        let lines = self.headers.iter().filter(|(key, _)| key == name);
        lines.map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Peer {
    /// A peer that answers `200 OK` with each of `bodies`.
    pub(crate) fn answering(bodies: &[&str]) -> Self {
        let answers: Vec<_> = bodies.iter().map(|body| ("200 OK", "", *body)).collect();
        Self::with(&answers)
    }

    /// A peer whose answers are a status, header lines and a body. An empty status closes the connection instead.
    pub(crate) fn with(answers: &[(&str, &str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answers: Vec<_> = answers.iter().map(|(status, head, body)| answer(status, head, body)).collect();
        let thread = thread::spawn(move || {
            let mut seen = Vec::new();
            while let Some((request, mut stream)) = next(&listener) {
                let answer = &answers[seen.len().min(answers.len() - 1)];
                seen.push(request);
                stream.write_all(answer.as_bytes()).unwrap();
            }
            seen
        });
        Self { address, thread }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A call against it, with a key.
    pub(crate) fn call<'a>(&self, arguments: &[&str]) -> Call<'a> {
        uprof(arguments).env("ANTHROPIC_BASE_URL", &self.url()).env("ANTHROPIC_API_KEY", "the-key")
    }

    /// All requests; stops the peer.
    pub(crate) fn seen(self) -> Vec<Request> {
        // A connection without a request stops it.
        drop(TcpStream::connect(self.address).unwrap());
        self.thread.join().unwrap()
    }

    /// The only request; stops the peer.
    pub(crate) fn seen_once(self) -> Request {
        let mut seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }
}

fn answer(status: &str, head: &str, body: &str) -> String {
    match status {
        "" => String::new(),
        _ => format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{head}\r\n{body}", body.len()),
    }
}

fn next(listener: &TcpListener) -> Option<(Request, TcpStream)> {
    let (stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let line = lines.remove(0).trim_end_matches(" HTTP/1.1").to_owned();
    let headers = lines.iter().map(|line| line.split_once(": ").unwrap());
    let headers: Vec<_> = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let mut request = Request { line, headers, body: String::new() };
    let length = request.header("content-length").first().map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    request.body = String::from_utf8(body).unwrap();
    Some((request, reader.into_inner()))
}
