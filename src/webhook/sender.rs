//! One attempt: a POST over a connection of its own, to an address that was checked for this very connection.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::{Uri, header};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

use super::signature::{ID, SIGNATURE, TIMESTAMP};
use crate::domain::label::EnumLabel;
use crate::domain::webhook::address::Forbidden;
use crate::domain::webhook::delivery::AttemptOutcome;
use crate::domain::webhook::url::{Reach, WebhookUrl};

const USER_AGENT: &str = concat!("uprof/", env!("CARGO_PKG_VERSION"));

/// The largest head of an answer that is read, in bytes. Of its body nothing is.
const LARGEST_HEAD: usize = 16 << 10;

/// What is sent.
#[derive(Clone, Debug)]
pub struct Message {
    /// The same on every attempt.
    pub id: String,
    /// The time of this attempt, in unix seconds.
    pub timestamp: i64,
    /// See [`super::sign`].
    pub signature: String,
    /// The same bytes on every attempt.
    pub body: Vec<u8>,
}

/// Sends messages.
#[derive(Debug)]
pub struct Sender {
    agent: Agent,
    plain: bool,
}

impl Sender {
    /// Sends within `reach`; an attempt is given up after `timeout`, from asking for the address to the head of the answer.
    #[must_use]
    pub fn new(reach: Reach, timeout: Duration) -> Self {
        Self::over(DefaultResolver::default(), move |address| reach.check(address), reach == Reach::Anywhere, timeout)
    }

    /// As [`Sender::new`], with the addresses that `resolver` finds and `check` lets pass; by http too where that is `plain`.
    pub fn over(
        resolver: impl Resolver,
        check: impl Fn(IpAddr) -> Result<(), Forbidden> + Send + Sync + 'static,
        plain: bool,
        timeout: Duration,
    ) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            // A redirect is answered by the endpoint and leads to wherever it likes.
            .max_redirects(0)
            // A proxy would find the address by itself, and nobody could check it.
            .proxy(None)
            .https_only(!plain)
            .max_response_header_size(LARGEST_HEAD)
            // A connection that is kept would be used without judging.
            .max_idle_connections(0)
            .user_agent(USER_AGENT)
            .build();
        let checked = CheckedResolver { resolver, check: Box::new(check) };
        Self { agent: Agent::with_parts(config, DefaultConnector::default(), checked), plain }
    }

    /// Sends `message` to `url` and waits for the head of the answer. Blocks the thread.
    #[must_use]
    pub fn send(&self, url: &WebhookUrl, message: &Message) -> AttemptOutcome {
        if !url.is_https() && !self.plain {
            return AttemptOutcome::Unanswered("http is not allowed here".into());
        }
        if url.is_https() && !cfg!(feature = "tls") {
            return AttemptOutcome::Unanswered(
                "this service was built without TLS (the feature `tls`), so it cannot speak https".into(),
            );
        }
        let request = self
            .agent
            .post(url.as_str())
            .header(header::CONTENT_TYPE, "application/json")
            .header(ID, &message.id)
            .header(TIMESTAMP, message.timestamp.to_string())
            .header(SIGNATURE, &message.signature);
        match request.send(&message.body) {
            // Whatever follows the head is not read: it may never end.
            Ok(answer) => AttemptOutcome::Answered(answer.status().as_u16()),
            Err(error) => AttemptOutcome::Unanswered(why(error).into()),
        }
    }
}

/// A resolver whose answers are checked, each time: the connection is made to one of the addresses that are left, and to no other.
struct CheckedResolver<R> {
    resolver: R,
    check: Box<dyn Fn(IpAddr) -> Result<(), Forbidden> + Send + Sync>,
}

impl<R> fmt::Debug for CheckedResolver<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CheckedResolver")
    }
}

impl<R: Resolver> Resolver for CheckedResolver<R> {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.resolver.resolve(uri, config, timeout).map_err(|error| match error {
            // The system's resolver says no more than that it failed.
            Error::Io(_) => Error::HostNotFound,
            error => error,
        })?;
        let (mut permitted, mut refusal) = (self.empty(), None);
        for address in &found {
            match (self.check)(address.ip()) {
                Ok(()) => permitted.push(*address),
                Err(why) => refusal = Some(why),
            }
        }
        match refusal {
            Some(why) if permitted.is_empty() => Err(Error::Other(Box::new(ForbiddenAddress(why)))),
            _ if permitted.is_empty() => Err(Error::HostNotFound),
            _ => Ok(permitted),
        }
    }
}

/// All addresses of a host are forbidden; one reason why.
#[derive(Debug, thiserror::Error)]
#[error("the host has {}", .0.as_str())]
struct ForbiddenAddress(Forbidden);

/// Why there was no answer, without a word of the URL or the address.
fn why(error: Error) -> String {
    use std::io::ErrorKind as Io;

    let text = match error {
        Error::Other(cause) if cause.is::<ForbiddenAddress>() => return format!("{cause}, to which nothing is sent"),
        Error::Timeout(_) => "there was no answer in time",
        Error::HostNotFound => "the host has no address",
        Error::ConnectionFailed => "the host cannot be reached",
        Error::Io(error) => match error.kind() {
            Io::ConnectionRefused => "the connection was refused",
            Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe | Io::UnexpectedEof => {
                "the connection broke before an answer came"
            }
            Io::TimedOut | Io::WouldBlock => "there was no answer in time",
            Io::HostUnreachable | Io::NetworkUnreachable => "the host cannot be reached",
            // What rustls says of a certificate that nobody vouches for, among others.
            Io::InvalidData => "TLS could not be agreed upon",
            _ => "the connection failed",
        },
        Error::Tls(_) | Error::TlsRequired => "TLS could not be agreed upon",
        Error::Protocol(_) | Error::LargeResponseHeader(..) | Error::Http(_) => "the answer is not one of HTTP",
        _ => "the attempt failed",
    };
    text.to_owned()
}
