//! Two services, the network between each and Postgres, and the Postgres, on a disk that can be filled.

use std::fs::{self, DirBuilder, File};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;
use uprof::database::{Embedded, EmbeddedOptions};
use uprof::storage::migrate;

use crate::faults::pause;
use crate::postgres::Session;
use crate::process::uprof;
use crate::proxy::Proxy;
use crate::scratch::Scratch;
use crate::support::database::runtime;

/// How long a part may take to start again, a recovery included.
const START_LIMIT: Duration = Duration::from_mins(2);

/// All that runs. Dropping it ends it.
pub(crate) struct Stack {
    pub(crate) replicas: Vec<Replica>,
    postgres: Option<Embedded>,
    options: EmbeddedOptions,
    url: SecretString,
    disk: Option<Disk>,
    scratch: Scratch,
}

/// A service, and the network between it and Postgres.
pub(crate) struct Replica {
    pub(crate) address: SocketAddr,
    pub(crate) network: Proxy,
    child: Option<Child>,
    log: PathBuf,
    /// Holds the difference of its clock from the system's, in seconds.
    clock: PathBuf,
}

/// A file system in memory, whose size can be changed.
struct Disk {
    path: PathBuf,
    bytes: u64,
}

impl Stack {
    /// `disk_bytes`: the size of the disk; `None` leaves Postgres on a disk that is never filled.
    pub(crate) fn start(disk_bytes: Option<u64>) -> Self {
        let scratch = Scratch::new();
        DirBuilder::new().mode(0o711).create(scratch.data()).unwrap();
        let disk = disk_bytes.map(|bytes| Disk::mount(scratch.data(), bytes));
        let settings = [("max_wal_size", "192MB"), ("min_wal_size", "64MB"), ("checkpoint_timeout", "30s")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let options = EmbeddedOptions { data_dir: Some(scratch.data()), settings };
        let postgres = Embedded::start(&options).unwrap();
        let url = SecretString::from(postgres.url());
        runtime().block_on(migrate(&url)).unwrap();
        let options_of_url: PgConnectOptions = postgres.url().parse().unwrap();
        let socket = options_of_url.get_socket().unwrap().join(".s.PGSQL.5432");
        let replicas = (0..2)
            .map(|number| Replica {
                address: free_address(),
                network: Proxy::before(socket.clone()),
                child: None,
                log: scratch.path().join(format!("service-{number}.log")),
                clock: scratch.path().join(format!("clock-{number}")),
            })
            .collect();
        let mut stack = Self { replicas, postgres: Some(postgres), options, url, disk, scratch };
        (0..stack.replicas.len()).for_each(|replica| stack.start_service(replica));
        stack
    }

    /// To Postgres itself, past the networks.
    pub(crate) fn url(&self) -> &SecretString {
        &self.url
    }

    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.replicas.iter().map(|replica| replica.address).collect()
    }

    pub(crate) fn disk_can_be_filled(&self) -> bool {
        self.disk.is_some()
    }

    pub(crate) fn kill_service(&mut self, replica: usize) {
        if let Some(mut child) = self.replicas[replica].child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Ends a service in order.
    pub(crate) fn stop_service(&mut self, replica: usize) {
        self.signal_service(replica, Signal::TERM);
        if let Some(mut child) = self.replicas[replica].child.take() {
            until("a service stops", || child.try_wait().unwrap().is_some());
        }
    }

    pub(crate) fn signal_service(&self, replica: usize, signal: Signal) {
        if let Some(child) = &self.replicas[replica].child {
            kill_process(Pid::from_child(child), signal).unwrap();
        }
    }

    /// Starts a service until it serves: one that finds no Postgres ends.
    pub(crate) fn start_service(&mut self, replica: usize) {
        let replica = &mut self.replicas[replica];
        until("a service serves", || {
            let is_running = replica.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none());
            if !is_running {
                replica.child = Some(serve(replica));
            }
            is_ready(replica.address)
        });
    }

    /// Kills the postmaster.
    pub(crate) fn kill_postgres(&mut self) {
        if let Some(postmaster) = self.postmaster() {
            let _ = kill_process(postmaster, Signal::KILL);
        }
        until("Postgres exits", || self.postgres.as_ref().is_none_or(|postgres| postgres.exited().is_some()));
    }

    /// Starts Postgres again if its postmaster has exited.
    pub(crate) fn start_postgres(&mut self) {
        until("Postgres starts", || {
            if self.postgres.as_ref().is_some_and(|postgres| postgres.exited().is_none()) {
                return Session::open(&self.url).is_ok();
            }
            drop(self.postgres.take());
            match Embedded::start(&self.options) {
                Ok(postgres) => self.postgres = Some(postgres),
                Err(error) => eprintln!("Postgres does not start: {error}"),
            }
            false
        });
    }

    /// The processes of Postgres that serve a service.
    pub(crate) fn backends(&self) -> Vec<Pid> {
        let backends =
            "select pid from pg_stat_activity where application_name = 'uprof' and backend_type = 'client backend'";
        let Ok(mut session) = Session::open(&self.url) else { return Vec::new() };
        session.column::<i32>(backends).into_iter().filter_map(Pid::from_raw).collect()
    }

    /// Steps the clock of the second service to `seconds` from the system's. Answers whether this machine can do that.
    pub(crate) fn step_clock(&self, seconds: i32) -> bool {
        fs::write(&self.replicas[1].clock, format!("{seconds:+}")).unwrap();
        faketime().is_some()
    }

    /// Leaves Postgres without free space.
    pub(crate) fn fill_disk(&self) {
        if let Some(disk) = &self.disk {
            disk.resize(disk.used() + 256 * 1024);
        }
    }

    pub(crate) fn free_disk(&self) {
        if let Some(disk) = &self.disk {
            disk.resize(disk.bytes);
        }
    }

    /// Until all of it serves again.
    pub(crate) fn recover(&mut self) {
        self.start_postgres();
        (0..self.replicas.len()).for_each(|replica| self.start_service(replica));
    }

    /// The last lines that each service has logged.
    pub(crate) fn logs(&self) -> String {
        let tail = |replica: &Replica| {
            let text = fs::read_to_string(&replica.log).unwrap_or_default();
            let lines: Vec<_> = text.lines().rev().take(5).collect();
            lines.into_iter().rev().collect::<Vec<_>>().join("\n")
        };
        self.replicas.iter().map(tail).collect::<Vec<_>>().join("\n--\n")
    }

    fn postmaster(&self) -> Option<Pid> {
        let file = fs::read_to_string(self.scratch.data().join("postgres/postmaster.pid")).ok()?;
        Pid::from_raw(file.lines().next()?.trim().parse().ok()?)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", self.logs());
        }
        (0..self.replicas.len()).for_each(|replica| self.kill_service(replica));
        drop(self.postgres.take());
        drop(self.disk.take());
    }
}

impl Disk {
    fn mount(path: PathBuf, bytes: u64) -> Self {
        let options = format!("size={bytes},mode=711");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&path).status().unwrap();
        assert!(mount.success(), "no file system in memory can be mounted");
        Self { path, bytes }
    }

    fn used(&self) -> u64 {
        let status = rustix::fs::statvfs(&self.path).unwrap();
        (status.f_blocks - status.f_bfree) * status.f_frsize
    }

    fn resize(&self, bytes: u64) {
        let options = format!("remount,size={bytes}");
        // What Postgres has written meanwhile may not fit: then the disk was as good as full.
        let _ = Command::new("mount").args(["-o", &options]).arg(&self.path).stderr(Stdio::null()).status();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.path).status();
    }
}

fn serve(replica: &Replica) -> Child {
    let Replica { address, network, log, clock, .. } = replica;
    let log = File::options().create(true).append(true).open(log).unwrap();
    let mut service = uprof();
    service
        .args([
            "serve",
            "--workers=2",
            "--webhooks-allow-insecure",
            "--webhooks-poll=200ms",
            "--webhooks-timeout=2s",
            "--log=warn",
        ])
        .arg(format!("--listen={address}"))
        .env("DATABASE_URL", format!("postgres://uprof@{}/uprof?sslmode=disable", network.address()))
        .stderr(log);
    if let Some(library) = faketime().filter(|_| clock.exists()) {
        service.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", clock);
        service.env("FAKETIME_CACHE_DURATION", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }
    service.spawn().unwrap()
}

/// The library that steps the clock of a process.
fn faketime() -> Option<PathBuf> {
    let architectures = fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let directories = architectures.chain([PathBuf::from("/usr/lib64")]);
    directories.map(|directory| directory.join("faketime/libfaketime.so.1")).find(|library| library.exists())
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn is_ready(address: SocketAddr) -> bool {
    use std::io::{Read, Write};
    let ask = || -> std::io::Result<String> {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /health/ready HTTP/1.1\r\nhost: uprof\r\nconnection: close\r\n\r\n")?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        Ok(String::from_utf8_lossy(&head).into_owned())
    };
    ask().is_ok_and(|head| head == "HTTP/1.1 200")
}

#[track_caller]
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < START_LIMIT, "timed out waiting until {what}");
        pause(50);
    }
}
