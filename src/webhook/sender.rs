//! Sends one attempt: a POST over a new connection to an address that was checked for this connection.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::{Uri, header};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

use super::roots::TrustedRoots;
use super::signature::{ID, SIGNATURE, TIMESTAMP};
use crate::domain::label::EnumLabel;
use crate::domain::webhook::address::Forbidden;
use crate::domain::webhook::delivery::AttemptOutcome;
use crate::domain::webhook::url::{Reach, WebhookUrl};

const USER_AGENT: &str = concat!("uprof/", env!("CARGO_PKG_VERSION"));

/// The header of W3C Trace Context.
const TRACEPARENT: &str = "traceparent";

/// The largest response head that is read, in bytes. The body is not read.
const LARGEST_HEAD: usize = 16 << 10;

/// A signed webhook request.
#[derive(Clone, Debug)]
pub struct Message {
    /// The id of the event; the same on every attempt.
    pub id: String,
    /// The time of this attempt, in unix seconds.
    pub timestamp: i64,
    /// See [`super::sign`].
    pub signature: String,
    /// The same bytes on every attempt.
    pub body: Vec<u8>,
    /// The span of this attempt, as the header `traceparent` has it, if traces are exported.
    pub traceparent: Option<String>,
}

/// Sends messages.
#[derive(Debug)]
pub struct Sender {
    agent: Agent,
    plain: bool,
}

impl Sender {
    /// A sender to hosts within `reach`, whose certificates `roots` vouch for. `timeout` limits an attempt, from the DNS lookup to the response head.
    #[must_use]
    pub fn new(reach: Reach, timeout: Duration, roots: &TrustedRoots) -> Self {
        let check = move |address| reach.check(address);
        Self::over(DefaultResolver::default(), check, reach == Reach::Anywhere, timeout, roots)
    }

    /// As [`Sender::new`], with the addresses that `resolver` finds and `check` allows; over http too if `plain`.
    pub fn over(
        resolver: impl Resolver,
        check: impl Fn(IpAddr) -> Result<(), Forbidden> + Send + Sync + 'static,
        plain: bool,
        timeout: Duration,
        roots: &TrustedRoots,
    ) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            // A redirect could lead to a host that was not checked.
            .max_redirects(0)
            // A proxy would resolve the name itself, unchecked.
            .proxy(None)
            .https_only(!plain)
            .max_response_header_size(LARGEST_HEAD)
            // A reused connection would skip the check of its address.
            .max_idle_connections(0)
            .user_agent(USER_AGENT);
        #[cfg(feature = "tls")]
        let config = config.tls_config(roots.tls());
        #[cfg(not(feature = "tls"))]
        let _ = roots;
        let checked = CheckedResolver { resolver, check: Box::new(check) };
        Self { agent: Agent::with_parts(config.build(), DefaultConnector::default(), checked), plain }
    }

    /// Sends `message` to `url` and waits for the response head. Blocks the thread.
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
        let request = match &message.traceparent {
            Some(traceparent) => request.header(TRACEPARENT, traceparent),
            None => request,
        };
        match request.send(&message.body) {
            // The body is not read: it may never end.
            Ok(answer) => AttemptOutcome::Answered(answer.status().as_u16()),
            Err(error) => AttemptOutcome::Unanswered(why(error).into()),
        }
    }
}

/// Checks the addresses of each lookup. The connection is made to one of the allowed addresses only.
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
            // The system's resolver gives no details.
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

/// All addresses of the host are forbidden; the reason of the last.
#[derive(Debug, thiserror::Error)]
#[error("the host has {}", .0.as_str())]
struct ForbiddenAddress(Forbidden);

/// Why there was no response. Contains neither the URL nor the address.
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
            // Among others, rustls for an untrusted certificate.
            Io::InvalidData => "TLS could not be agreed upon",
            _ => "the connection failed",
        },
        Error::Tls(_) | Error::TlsRequired => "TLS could not be agreed upon",
        Error::Protocol(_) | Error::LargeResponseHeader(..) | Error::Http(_) => "the answer is not one of HTTP",
        _ => "the attempt failed",
    };
    text.to_owned()
}
