//! A connection for what a well-behaved client never sends.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use ureq::http::{HeaderMap, HeaderName, HeaderValue};

use super::answer::Answer;
use super::max_wait::MAX_WAIT;

/// A connection. A hang of the service is a failure: every read has a deadline.
pub(crate) struct Wire(BufReader<TcpStream>);

impl Wire {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(MAX_WAIT)).unwrap();
        stream.set_write_timeout(Some(MAX_WAIT)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).unwrap();
    }

    /// Sends as far as the service listens.
    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.0.get_mut().write_all(bytes.as_ref())
    }

    /// Says that nothing more will be sent; still listens.
    pub(crate) fn end_sending(&mut self) {
        self.0.get_mut().shutdown(std::net::Shutdown::Write).unwrap();
    }

    /// Whether the service has begun to answer, or has hung up.
    pub(crate) fn has_answer(&mut self) -> bool {
        let stream = self.0.get_mut();
        stream.set_nonblocking(true).unwrap();
        let waiting = matches!(stream.peek(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock);
        stream.set_nonblocking(false).unwrap();
        !waiting
    }

    /// The next answer, checked.
    pub(crate) fn answer(&mut self) -> Answer {
        let (status, headers) = self.head();
        let length = headers.get("content-length").expect("an answer without a length").to_str().unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).unwrap();
        Answer::checked(status, headers, &body)
    }

    /// The status and headers of the next answer, unchecked.
    pub(crate) fn head(&mut self) -> (u16, HeaderMap) {
        let status = self.line();
        let status = status
            .strip_prefix("HTTP/1.1 ")
            .or_else(|| status.strip_prefix("HTTP/1.0 "))
            .unwrap_or_else(|| panic!("no HTTP: {status:?}"));
        let status = status.split(' ').next().unwrap().parse().unwrap();
        let mut headers = HeaderMap::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(':') else { break };
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value.trim()).unwrap());
        }
        (status, headers)
    }

    /// Everything that comes until the service hangs up; a connection that is cut off (as it is when unread bytes are left)
    /// counts as hung up.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self.0.read_to_end(&mut bytes) {
            Ok(_) => bytes,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => bytes,
            Err(error) => panic!("the service does not hang up: {error}"),
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        assert!(line.ends_with("\r\n"), "the service hung up after {line:?}");
        line.truncate(line.len() - 2);
        line
    }
}
