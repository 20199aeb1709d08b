//! Where webhooks arrive: a server that takes everything, and hands it over in the order in which it came.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver as Channel, channel};
use std::thread;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use ureq::http::{HeaderMap, HeaderName, HeaderValue};

use super::client::PATIENCE;

/// Takes deliveries. Its thread ends with the run.
pub(crate) struct Receiver {
    address: SocketAddr,
    arrived: Channel<Delivery>,
}

/// What arrived.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// `POST /hooks HTTP/1.1`.
    pub(crate) first_line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, arrived) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut reader = BufReader::new(stream.unwrap());
                if let Some(delivery) = Delivery::read(&mut reader) {
                    let answer = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
                    let _ = reader.get_mut().write_all(answer.as_bytes());
                    let _ = sender.send(delivery);
                }
            }
        });
        Self { address, arrived }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next delivery, for which this waits.
    #[track_caller]
    pub(crate) fn next(&self) -> Delivery {
        self.arrived.recv_timeout(PATIENCE).expect("nothing arrives")
    }
}

impl Delivery {
    /// Whether it is signed with `secret`, as its receiver finds out.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let header = |name: &str| self.headers[name].to_str().unwrap();
        let key = BASE64_STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.{}", header("webhook-id"), header("webhook-timestamp"), self.body).as_bytes());
        header("webhook-signature") == format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }

    /// `None` if somebody only knocked.
    fn read(reader: &mut impl BufRead) -> Option<Self> {
        let mut lines = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
        let first_line = lines.next()?;
        let pairs = lines.map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value.trim()).unwrap())
        });
        let headers: HeaderMap = pairs.collect();
        let mut body = vec![0; headers["content-length"].to_str().unwrap().parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        Some(Self { first_line, headers, body: String::from_utf8(body).unwrap() })
    }
}
