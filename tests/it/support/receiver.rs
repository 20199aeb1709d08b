//! An endpoint for webhooks, whose answers its test chooses.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use ureq::http::{HeaderMap, HeaderName, HeaderValue};

use super::max_wait::MAX_WAIT;

/// How a request is answered.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// With this status and nothing else.
    Status(u16),
    /// With a redirect.
    Redirect(String),
    /// Not at all, until the receiver ends.
    Silence,
    /// With the end of the connection.
    Hangup,
    /// With what is no HTTP.
    Noise,
    /// With a success whose body never ends.
    EndlessBody,
    /// With a head that never ends.
    EndlessHead,
}

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    /// `POST /hooks HTTP/1.1`.
    pub(crate) first_line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Delivery {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Whether one of the signatures was made with `secret`, as it was shown; as its receiver finds out.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let key = BASE64_STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.{}", self.id(), self.header("webhook-timestamp"), self.body).as_bytes());
        let expected = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
        self.header("webhook-signature").split(' ').any(|signature| signature == expected)
    }
}

/// The connections and requests of an endpoint.
#[derive(Default)]
struct Log {
    /// The number of connections, including those without a request.
    connections: usize,
    arrived: Vec<Delivery>,
}

type Shared = Arc<(Mutex<Log>, Condvar)>;
type Answers = Arc<dyn Fn(usize) -> Reply + Send + Sync>;

/// A running endpoint. Dropping it ends it, and whatever still waits for an answer.
pub(crate) struct Receiver {
    address: SocketAddr,
    log: Shared,
    /// How many were handed over one by one.
    handed: AtomicUsize,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// One that takes everything.
    pub(crate) fn start() -> Self {
        Self::that(Reply::Status(200))
    }

    /// One that answers every request so.
    pub(crate) fn that(reply: Reply) -> Self {
        Self::answering(move |_| reply.clone())
    }

    /// One that answers the request number 0, 1, 2… as `answers` says.
    pub(crate) fn answering(answers: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1:0".parse().unwrap(), answers)
    }

    /// One at `address`.
    pub(crate) fn at(address: SocketAddr, answers: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let (log, ended) = (Shared::default(), Arc::new(AtomicBool::new(false)));
        let (theirs, over, answers): (_, _, Answers) = (Arc::clone(&log), Arc::clone(&ended), Arc::new(answers));
        let thread = thread::spawn(move || accept(&listener, &theirs, &over, &answers));
        Self { address, log, handed: AtomicUsize::new(0), ended, thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where `path` is there.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next delivery, in the order in which they came, for which this waits.
    #[track_caller]
    pub(crate) fn next(&self) -> Delivery {
        let number = self.handed.fetch_add(1, Ordering::SeqCst);
        self.arrived(number + 1).swap_remove(number)
    }

    /// What has come, once that is at least `count`.
    #[track_caller]
    pub(crate) fn arrived(&self, count: usize) -> Vec<Delivery> {
        let (log, changed) = &*self.log;
        let waiting = |log: &mut Log| log.arrived.len() < count;
        let (log, _) = changed.wait_timeout_while(log.lock().unwrap(), MAX_WAIT, waiting).unwrap();
        assert!(log.arrived.len() >= count, "only {} of {count} came: {:#?}", log.arrived.len(), log.arrived);
        log.arrived.clone()
    }

    /// The number of connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.log.0.lock().unwrap().connections
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        self.log.1.notify_all();
        // Lets it see that it has ended.
        let _ = TcpStream::connect(self.address);
        let joined = self.thread.take().map_or(Ok(()), JoinHandle::join);
        assert!(joined.is_ok() || thread::panicking(), "the endpoint broke down");
    }
}

fn accept(listener: &TcpListener, log: &Shared, ended: &Arc<AtomicBool>, answers: &Answers) {
    let mut answering: Vec<JoinHandle<()>> = Vec::new();
    for stream in listener.incoming() {
        if ended.load(Ordering::SeqCst) {
            break;
        }
        log.0.lock().unwrap().connections += 1;
        // A thread that has ended holds its memory until it is joined.
        for ended in answering.extract_if(.., |thread| thread.is_finished()) {
            ended.join().unwrap();
        }
        let (log, ended, answers) = (Arc::clone(log), Arc::clone(ended), Arc::clone(answers));
        answering.push(thread::spawn(move || _ = serve(stream.unwrap(), &log, &ended, &answers)));
    }
    for thread in answering {
        thread.join().unwrap();
    }
}

/// Fails if the other end has closed the connection.
fn serve(mut stream: TcpStream, log: &Shared, ended: &AtomicBool, answers: &Answers) -> std::io::Result<()> {
    stream.set_read_timeout(Some(MAX_WAIT))?;
    stream.set_write_timeout(Some(MAX_WAIT))?;
    let arrived = read(&mut stream)?;
    let number = {
        let mut log = log.0.lock().unwrap();
        log.arrived.push(arrived);
        log.arrived.len() - 1
    };
    log.1.notify_all();
    let over = || ended.load(Ordering::SeqCst);
    match answers(number) {
        Reply::Status(status) => write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n"),
        Reply::Redirect(url) => write!(stream, "HTTP/1.1 302 X\r\nlocation: {url}\r\ncontent-length: 0\r\n\r\n"),
        Reply::Silence => {
            let guard = log.0.lock().unwrap();
            drop(log.1.wait_while(guard, |_| !over()).unwrap());
            Ok(())
        }
        Reply::Hangup => Ok(()),
        Reply::Noise => write!(stream, "\u{1}\u{2} I am no web server\r\n\r\n"),
        Reply::EndlessBody => {
            write!(stream, "HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n")?;
            while !over() {
                write!(stream, "1000\r\n{}\r\n", "x".repeat(0x1000))?;
            }
            Ok(())
        }
        Reply::EndlessHead => {
            write!(stream, "HTTP/1.1 200 X\r\n")?;
            while !over() {
                write!(stream, "x: {}\r\n", "x".repeat(1_000))?;
            }
            Ok(())
        }
    }
}

fn read(stream: &mut TcpStream) -> std::io::Result<Delivery> {
    let mut reader = BufReader::new(stream);
    let mut lines = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    // A connection may close without a request.
    let first_line = lines.next().ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let pairs = lines.map(|line| {
        let (name, value) = line.split_once(':').unwrap();
        (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value.trim()).unwrap())
    });
    let headers: HeaderMap = pairs.collect();
    let mut body = vec![0; headers["content-length"].to_str().unwrap().parse().unwrap()];
    reader.read_exact(&mut body)?;
    Ok(Delivery { first_line, headers, body: String::from_utf8(body).unwrap() })
}
