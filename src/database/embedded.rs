//! The embedded Postgres from outside: one owner starts and stops it, commands join it meanwhile.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::account::Account;
use super::data_dir::DataDir;
use super::installation::Installation;
use super::lock;
use super::lock::{Ownership, Seat, Tenure};
use super::postmaster;
use super::postmaster::Postmaster;
use super::server::{START_LIMIT, Server};
use super::socket;
use super::socket::SocketDir;
use super::{DatabaseError, cluster, wait};

/// A service waits this long for commands that own the database, and for those that would lose it.
const SERVICE_PATIENCE: Duration = Duration::from_secs(10);
/// A command that started the database waits this long for those that joined it.
const COMMAND_PATIENCE: Duration = Duration::from_mins(1);
/// A command waits this long for a start by somebody else, and then as long again for its own turn.
const JOIN_LIMIT: Duration = START_LIMIT;
/// With the gate open, the server answers, or it has died.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// The processes of a killed postmaster notice within moments, and hold its memory until then.
const REMAINS_LIMIT: Duration = Duration::from_secs(10);

/// Where the embedded Postgres lives and how it is set.
#[derive(Debug, Clone, Default)]
pub struct EmbeddedOptions {
    /// The data directory, made if it is missing. None: `/var/lib/uprof` for root; for others `uprof` in
    /// `$XDG_DATA_HOME` or `~/.local/share`, on macOS in `~/Library/Application Support`.
    pub data_dir: Option<PathBuf>,
    /// More settings as `postgres -c NAME=VALUE` takes them; they win over ours (`max_connections` is 200). They have
    /// no effect on a server that is joined.
    pub settings: Vec<(String, String)>,
}

/// A private Postgres that is running: reached by a unix socket only, by the user of this machine it belongs to (and
/// root), with `fsync` on.
///
/// Dropping it is the same as [`Embedded::stop`], without the answer.
pub struct Embedded {
    url: String,
    data_dir: DataDir,
    part: Part,
}

/// The order of the fields is the order in which they are let go.
enum Part {
    Owner { server: Server, _socket_dir: SocketDir, ownership: Ownership },
    Guest { _seat: Seat },
}

impl Embedded {
    /// Starts it as its only owner, for a process that stays; makes the database first if there is none. What a
    /// killed predecessor left running is stopped. Any thread may call this, and may end before the value does.
    ///
    /// While a short command owns the database, this waits up to 10 s for it. A start takes up to 120 s (recovery
    /// after a crash), usually a fraction of one.
    ///
    /// # Errors
    /// [`DatabaseError::InUse`] at once if another service runs on the data directory, [`DatabaseError::Busy`] if
    /// commands do and do not end; else whatever keeps Postgres from being found, made or started.
    pub fn start(options: &EmbeddedOptions) -> Result<Self, DatabaseError> {
        let data_dir = DataDir::open(options.data_dir.as_deref())?;
        let ownership = wait::until(SERVICE_PATIENCE, || {
            let taken = Ownership::try_take(&data_dir, Tenure::Service)?;
            match lock::service_on(&data_dir) {
                Some(pid) if taken.is_none() => Err(DatabaseError::InUse { data_dir: data_dir.path().into(), pid }),
                _ => Ok(taken),
            }
        })?;
        match ownership {
            Some(ownership) => Self::own(data_dir, ownership, options),
            None => Err(DatabaseError::Busy { data_dir: data_dir.path().into() }),
        }
    }

    /// Joins the one that runs on the data directory, or starts it; for a command that runs briefly.
    ///
    /// A start by somebody else is waited for (up to 120 s), and so is a stop. Whoever started it stops it, but only
    /// after those who joined have ended (a command waits 60 s for them, a service 10 s).
    ///
    /// # Errors
    /// [`DatabaseError::NotServing`] if a process holds the data directory and its Postgres does not answer within
    /// 10 s; [`DatabaseError::Busy`] if no turn comes; else as [`Embedded::start`].
    pub fn join_or_start(options: &EmbeddedOptions) -> Result<Self, DatabaseError> {
        let data_dir = DataDir::open(options.data_dir.as_deref())?;
        let mut silent_since = None;
        let joined = wait::until(JOIN_LIMIT, || {
            if let Some(ownership) = Ownership::try_take(&data_dir, Tenure::Command)? {
                return Self::own(data_dir.clone(), ownership, options).map(Some);
            }
            let Some(seat) = Seat::try_take(&data_dir)? else {
                silent_since = None;
                return Ok(None);
            };
            if let Some(socket_dir) = Postmaster::serving(&data_dir.cluster()) {
                let url = socket::url(&socket_dir, cluster::USER, cluster::DATABASE);
                return Ok(Some(Self { url, data_dir: data_dir.clone(), part: Part::Guest { _seat: seat } }));
            }
            // Its owner is between two steps of a start or a stop, or its Postgres has died.
            match silent_since.get_or_insert_with(Instant::now).elapsed() {
                silence if silence < ANSWER_LIMIT => Ok(None),
                _ => Err(DatabaseError::NotServing { data_dir: data_dir.path().into() }),
            }
        })?;
        joined.ok_or_else(|| DatabaseError::Busy { data_dir: data_dir.path().into() })
    }

    /// `postgres://…`, as sqlx's `PgConnectOptions` and `psql` read it. It holds no secret.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The data directory, absolute and without symbolic links. Other things of the service may be kept in it, but
    /// not under the names `postgres*`, `lock` and `gate`.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        self.data_dir.path()
    }

    /// Whether another process owns it, so that [`Embedded::stop`] only leaves.
    #[must_use]
    pub fn is_joined(&self) -> bool {
        matches!(self.part, Part::Guest { .. })
    }

    /// How our Postgres ended, if it has without being asked to: a crash of the postmaster itself (one of a session it
    /// survives). Always None if it is joined: then connections fail.
    #[must_use]
    pub fn exited(&self) -> Option<String> {
        match &self.part {
            Part::Owner { server, .. } => server.ended(),
            Part::Guest { .. } => None,
        }
    }

    /// Calls back as soon as [`Embedded::exited`] would tell, once, from a thread of ours: it should send a message and
    /// return. At once if that is so already; never after [`Embedded::stop`], nor if it is joined. A second callback
    /// replaces the first.
    pub fn on_exit(&self, callback: impl FnOnce(String) + Send + 'static) {
        if let Part::Owner { server, .. } = &self.part {
            server.on_exit(Box::new(callback));
        }
    }

    /// Stops it, if we started it: waits for the commands that have joined (a service up to 10 s, a command 60), then
    /// ends all sessions; up to 10 s for an orderly shutdown, then 7 for an immediate one. Close the own connections
    /// first. If it is joined, this only leaves.
    ///
    /// # Errors
    /// [`DatabaseError::Stop`] if the process is still there after all that.
    pub fn stop(self) -> Result<(), DatabaseError> {
        match &self.part {
            Part::Owner { server, ownership, .. } => {
                let _ = ownership.close_gate(max_wait(ownership.tenure()));
                server.stop()
            }
            Part::Guest { .. } => Ok(()),
        }
    }

    fn own(data_dir: DataDir, ownership: Ownership, options: &EmbeddedOptions) -> Result<Self, DatabaseError> {
        let gate = data_dir.path().join("gate");
        if !ownership.close_gate(SERVICE_PATIENCE).map_err(DatabaseError::at("lock", &gate))? {
            return Err(DatabaseError::Busy { data_dir: data_dir.path().into() });
        }
        let account = Account::choose()?;
        account.require_reach(data_dir.path())?;
        let major = cluster::major(&data_dir)?;
        let installation = Installation::find(&data_dir, major)?;
        if major.is_none() {
            cluster::create(&data_dir, &installation, &account)?;
        }
        postmaster::stop_orphan(&data_dir.cluster())?;
        let socket_dir = SocketDir::make(&data_dir, &account)?;
        let started = wait::until(REMAINS_LIMIT, || {
            let mut command = account.command(&installation.postgres(), Signal::INT);
            arguments(&mut command, &data_dir.cluster(), socket_dir.path(), &options.settings);
            match Server::start(command, &data_dir.cluster(), &data_dir.log()) {
                Err(DatabaseError::Start { detail, .. }) if detail.contains("shared memory block") => Ok(None),
                result => result.map(Some),
            }
        })?;
        let server = started.ok_or_else(|| DatabaseError::Start {
            detail: "processes of an earlier Postgres hold its memory: end them".into(),
            log: data_dir.log(),
        })?;
        ownership.open_gate().map_err(DatabaseError::at("unlock", &gate))?;
        let url = socket::url(socket_dir.path(), cluster::USER, cluster::DATABASE);
        Ok(Self { url, data_dir, part: Part::Owner { server, _socket_dir: socket_dir, ownership } })
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if let Part::Owner { server, ownership, .. } = &self.part
            && server.is_left_alone()
        {
            let _ = ownership.close_gate(max_wait(ownership.tenure()));
        }
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Embedded");
        shown.field("url", &self.url).field("data_dir", &self.data_dir.path()).field("joined", &self.is_joined());
        shown.finish_non_exhaustive()
    }
}

fn max_wait(tenure: Tenure) -> Duration {
    match tenure {
        Tenure::Service => SERVICE_PATIENCE,
        Tenure::Command => COMMAND_PATIENCE,
    }
}

fn arguments(command: &mut Command, cluster: &Path, socket_dir: &Path, settings: &[(String, String)]) {
    let mut set = |name: &str, value: &OsString| {
        let mut setting = OsString::from(format!("{name}="));
        setting.push(value);
        command.arg("-c").arg(setting);
    };
    // A list of directories, in which a name with a comma or a space has to be quoted.
    let mut quoted = OsString::from("\"");
    quoted.push(socket_dir);
    quoted.push("\"");
    set("unix_socket_directories", &quoted);
    let ours = [
        ("listen_addresses", ""),
        ("port", "5432"),
        ("unix_socket_permissions", "0700"),
        ("max_connections", "200"),
        // Some distributions log to a file of their own by default.
        ("logging_collector", "off"),
        ("log_destination", "stderr"),
        // The details of a constraint's error quote the row, which is personal data.
        ("log_error_verbosity", "terse"),
    ];
    for (name, value) in ours {
        set(name, &value.into());
    }
    for (name, value) in settings {
        set(name, &value.into());
    }
    command.arg("-D").arg(cluster);
}
