//! A collector of traces, and a service that exports to it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use rustix::process::Signal;

use crate::process::{Process, Service, serve};
use crate::scratch::eventually;
use crate::support::accounts::Accounts;
use crate::support::app::DEFAULT_VERSION;
use crate::support::database::Database;
use crate::support::metrics::Metrics;
use crate::support::{Client, Key, KeySpec};

/// An export, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Export {
    /// `POST /v1/traces HTTP/1.1`.
    pub(crate) first_line: String,
    /// `name: value`, the name in lower case.
    pub(crate) headers: Vec<String>,
    /// The body, decompressed.
    pub(crate) bytes: Vec<u8>,
}

impl Export {
    pub(crate) fn decode(&self) -> ExportTraceServiceRequest {
        ExportTraceServiceRequest::decode(&self.bytes[..]).unwrap()
    }
}

/// A running collector. Dropping it ends it.
pub(crate) struct Collector {
    address: SocketAddr,
    exports: Arc<Mutex<Vec<Export>>>,
    is_ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap())
    }

    pub(crate) fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let (exports, is_ended) = (Arc::<Mutex<Vec<Export>>>::default(), Arc::new(AtomicBool::new(false)));
        let (theirs, over) = (Arc::clone(&exports), Arc::clone(&is_ended));
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (theirs, over) = (Arc::clone(&theirs), Arc::clone(&over));
                thread::spawn(move || receive(stream.unwrap(), &theirs, &over));
            }
        });
        Self { address, exports, is_ended, thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn exports(&self) -> Vec<Export> {
        self.exports.lock().unwrap().clone()
    }

    /// All spans so far.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let of = |export: &Export| export.decode().resource_spans.into_iter().flat_map(|spans| spans.scope_spans);
        self.exports().iter().flat_map(of).flat_map(|spans| spans.spans).collect()
    }

    /// The spans of that name, once there is one.
    #[track_caller]
    pub(crate) fn named(&self, name: &str) -> Vec<Span> {
        eventually(name, || {
            let named: Vec<_> = self.spans().into_iter().filter(|span| span.name == name).collect();
            (!named.is_empty()).then_some(named)
        })
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.is_ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Takes the exports of a connection until it or the collector ends.
fn receive(mut stream: TcpStream, exports: &Mutex<Vec<Export>>, is_ended: &AtomicBool) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let first_line = lines.remove(0);
        let headers: Vec<_> = lines
            .iter()
            .map(|line| {
                let (name, value) = line.split_once(':').unwrap();
                format!("{}: {}", name.to_lowercase(), value.trim())
            })
            .collect();
        let length = headers.iter().find_map(|header| header.strip_prefix("content-length: ")?.parse().ok());
        let mut bytes = vec![0; length.unwrap()];
        reader.read_exact(&mut bytes).unwrap();
        if headers.iter().any(|header| header == "content-encoding: gzip") {
            let compressed = std::mem::take(&mut bytes);
            GzDecoder::new(&compressed[..]).read_to_end(&mut bytes).unwrap();
        }
        if is_ended.load(Ordering::SeqCst) {
            return;
        }
        exports.lock().unwrap().push(Export { first_line, headers, bytes });
        if stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")
            .is_err()
        {
            return;
        }
    }
}

/// The attributes of a span, or of a service, as text.
pub(crate) fn attributes(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |attribute: &KeyValue| match attribute.value.clone().and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    attributes.iter().map(|attribute| (attribute.key.clone(), text(attribute))).collect()
}

/// A service that exports to `endpoint` at once, with further variables and arguments.
pub(crate) struct Exporting {
    pub(crate) service: Service,
    pub(crate) client: Client,
    pub(crate) key: Key,
    pub(crate) database: Database,
}

impl Exporting {
    pub(crate) fn to(endpoint: &str, variables: &[(&str, &str)]) -> Self {
        let database = Database::migrated();
        let accounts = Accounts::of(database.url());
        let key = accounts.key(accounts.organization(DEFAULT_VERSION), KeySpec::default());
        let arguments =
            ["--webhooks-allow-insecure", "--webhooks-poll=20ms", "--metrics-listen=127.0.0.1:0", "--drain=0s"];
        let mut command = serve(&database.url(), &arguments);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).env("OTEL_BSP_SCHEDULE_DELAY", "50");
        command.envs(variables.iter().copied());
        let process = Process::spawn(command);
        let address =
            process.stderr.find(|line| line.split_once("listening on http://")?.1.split('"').next()?.parse().ok());
        let client = Client::new(address).with_key(&key);
        Self { service: Service { process, address, client: Client::new(address) }, client, key, database }
    }

    /// Ends the service, which exports what is left.
    #[track_caller]
    pub(crate) fn stop(mut self) {
        self.service.process.signal(Signal::TERM);
        assert_eq!(self.service.process.wait().code(), Some(0));
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let url: String = self
            .service
            .process
            .stderr
            .find(|line| Some(line.split_once("metrics at ")?.1.split('"').next()?.to_owned()));
        Metrics::read(&ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap())
    }

    /// The lines of the log that contain `text`.
    pub(crate) fn logged(&self, text: &str) -> Vec<String> {
        self.service.process.stderr.so_far().into_iter().filter(|line| line.contains(text)).collect()
    }
}
