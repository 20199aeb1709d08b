//! The embedded Postgres: one process, its owner, starts and stops it; commands join it while it runs.

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
use super::lock::{OwnerKind, OwnerLock, SharedLock};
use super::postmaster;
use super::postmaster::Postmaster;
use super::server::{START_LIMIT, Server};
use super::socket;
use super::socket::SocketDir;
use super::{DatabaseError, cluster, wait};

/// A service waits this long for a command that owns the database, and at its stop for commands that have joined.
const SERVICE_MAX_WAIT: Duration = Duration::from_secs(10);
/// A command that started the database waits this long for commands that have joined.
const COMMAND_MAX_WAIT: Duration = Duration::from_mins(1);
/// A command waits this long for another process that is starting or stopping Postgres.
const JOIN_LIMIT: Duration = START_LIMIT;
/// While the gate is open, Postgres answers within this time, or its owner counts as not serving.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// The backends of a killed postmaster exit within moments, and hold its shared memory until then.
const SHARED_MEMORY_LIMIT: Duration = Duration::from_secs(10);

/// Data directory and settings of the embedded Postgres.
#[derive(Debug, Clone, Default)]
pub struct EmbeddedOptions {
    /// The data directory, created if it is missing. None: `/var/lib/uprof` for root; for other users `uprof` in
    /// `$XDG_DATA_HOME` or `~/.local/share`, on macOS in `~/Library/Application Support`.
    pub data_dir: Option<PathBuf>,
    /// Further settings as `postgres -c NAME=VALUE` takes them; they override the defaults (`max_connections` is 200). They
    /// have no effect on a server that is joined.
    pub settings: Vec<(String, String)>,
}

/// A private Postgres that is running, with `fsync` on. It listens on a unix socket only, which its account and root can reach.
///
/// Dropping it is the same as [`Embedded::stop`], except that an error is ignored.
pub struct Embedded {
    url: String,
    data_dir: DataDir,
    role: Role,
}

/// The fields are dropped in this order: the server stops before its socket directory is removed and its lock released.
enum Role {
    Owner { server: Server, _socket_dir: SocketDir, lock: OwnerLock },
    Joined { _lock: SharedLock },
}

impl Embedded {
    /// Starts Postgres as its owner, for a long-running process; creates the database first if there is none. A Postgres that a
    /// killed owner left running is stopped. Any thread may call this, and may end before the value is dropped.
    ///
    /// While a command owns the database, this waits up to 10 s for it. A start takes up to 120 s (recovery after a crash),
    /// usually less than one second.
    ///
    /// # Errors
    /// [`DatabaseError::InUse`] at once if another service runs on the data directory; [`DatabaseError::Busy`] if a command
    /// still holds it after 10 s; else the error that prevented Postgres from being found, initialized or started.
    pub fn start(options: &EmbeddedOptions) -> Result<Self, DatabaseError> {
        let data_dir = DataDir::open(options.data_dir.as_deref())?;
        let lock = wait::until(SERVICE_MAX_WAIT, || {
            let acquired = OwnerLock::try_acquire(&data_dir, OwnerKind::Service)?;
            match lock::owning_service(&data_dir) {
                Some(pid) if acquired.is_none() => Err(DatabaseError::InUse { data_dir: data_dir.path().into(), pid }),
                _ => Ok(acquired),
            }
        })?;
        match lock {
            Some(lock) => Self::start_as_owner(data_dir, lock, options),
            None => Err(DatabaseError::Busy { data_dir: data_dir.path().into() }),
        }
    }

    /// Joins the Postgres that runs on the data directory, or starts it; for a command that runs briefly.
    ///
    /// Waits up to 120 s while another process starts or stops it. The process that started Postgres stops it, after the commands
    /// that have joined have ended (a command waits 60 s for them, a service 10 s).
    ///
    /// # Errors
    /// [`DatabaseError::NotServing`] if a process holds the data directory and its Postgres does not answer within
    /// 10 s; [`DatabaseError::Busy`] after 120 s of waiting; else as [`Embedded::start`].
    pub fn join_or_start(options: &EmbeddedOptions) -> Result<Self, DatabaseError> {
        let data_dir = DataDir::open(options.data_dir.as_deref())?;
        let mut unanswered_since = None;
        let joined = wait::until(JOIN_LIMIT, || {
            if let Some(lock) = OwnerLock::try_acquire(&data_dir, OwnerKind::Command)? {
                return Self::start_as_owner(data_dir.clone(), lock, options).map(Some);
            }
            let Some(lock) = SharedLock::try_acquire(&data_dir)? else {
                unanswered_since = None;
                return Ok(None);
            };
            if let Some(socket_dir) = Postmaster::accepting_socket_dir(&data_dir.cluster()) {
                let url = socket::url(&socket_dir, cluster::USER, cluster::DATABASE);
                return Ok(Some(Self { url, data_dir: data_dir.clone(), role: Role::Joined { _lock: lock } }));
            }
            // Its owner is about to close the gate for a start or a stop, or its Postgres has died.
            match unanswered_since.get_or_insert_with(Instant::now).elapsed() {
                elapsed if elapsed < ANSWER_LIMIT => Ok(None),
                _ => Err(DatabaseError::NotServing { data_dir: data_dir.path().into() }),
            }
        })?;
        joined.ok_or_else(|| DatabaseError::Busy { data_dir: data_dir.path().into() })
    }

    /// `postgres://…`, as sqlx's `PgConnectOptions` and `psql` read it. It contains no secret.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The data directory, absolute and without symbolic links. The service may store other files in it; the names `postgres*`,
    /// `lock` and `gate` are reserved.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        self.data_dir.path()
    }

    /// Whether another process owns it; then [`Embedded::stop`] leaves it running.
    #[must_use]
    pub fn is_joined(&self) -> bool {
        matches!(self.role, Role::Joined { .. })
    }

    /// The exit status of the postmaster, as text, if it has exited (it survives the crash of a backend). Always None if it is
    /// joined: connections fail then.
    #[must_use]
    pub fn exited(&self) -> Option<String> {
        match &self.role {
            Role::Owner { server, .. } => server.exited(),
            Role::Joined { .. } => None,
        }
    }

    /// Calls `callback` once if the postmaster exits without having been stopped, with its exit status as text; at once if it has
    /// exited already. The callback runs on the thread that waits for the postmaster: it should send a message and return. It is
    /// not called if Postgres is joined. A second callback replaces the first.
    pub fn on_exit(&self, callback: impl FnOnce(String) + Send + 'static) {
        if let Role::Owner { server, .. } = &self.role {
            server.on_exit(Box::new(callback));
        }
    }

    /// Stops Postgres if this process owns it: waits for the commands that have joined (a service up to 10 s, a command 60 s),
    /// then requests a fast shutdown (up to 10 s), then an immediate one (up to 7 s). Close the connections of this process first.
    /// If Postgres is joined, only the lock is released.
    ///
    /// # Errors
    /// [`DatabaseError::Stop`] if the postmaster runs even after that.
    pub fn stop(self) -> Result<(), DatabaseError> {
        match &self.role {
            Role::Owner { server, lock, .. } => {
                let _ = lock.close_gate(max_wait(lock.kind()));
                server.stop()
            }
            Role::Joined { .. } => Ok(()),
        }
    }

    fn start_as_owner(data_dir: DataDir, lock: OwnerLock, options: &EmbeddedOptions) -> Result<Self, DatabaseError> {
        let gate = data_dir.path().join("gate");
        if !lock.close_gate(SERVICE_MAX_WAIT).map_err(DatabaseError::at("lock", &gate))? {
            return Err(DatabaseError::Busy { data_dir: data_dir.path().into() });
        }
        let account = Account::choose()?;
        account.require_search_permission(data_dir.path())?;
        let major = cluster::major(&data_dir)?;
        let installation = Installation::find(&data_dir, major)?;
        if major.is_none() {
            cluster::create(&data_dir, &installation, &account)?;
        }
        postmaster::stop_orphan(&data_dir.cluster())?;
        let socket_dir = SocketDir::create(&data_dir, &account)?;
        let started = wait::until(SHARED_MEMORY_LIMIT, || {
            let mut command = account.command(&installation.postgres(), Signal::INT);
            arguments(&mut command, &data_dir.cluster(), socket_dir.path(), &options.settings);
            match Server::start(command, &data_dir.cluster(), &data_dir.log()) {
                Err(DatabaseError::Start { detail, .. }) if detail.contains("shared memory block") => Ok(None),
                result => result.map(Some),
            }
        })?;
        let server = started.ok_or_else(|| DatabaseError::Start {
            detail: "processes of an earlier Postgres still hold its shared memory; end them".into(),
            log: data_dir.log(),
        })?;
        lock.open_gate().map_err(DatabaseError::at("unlock", &gate))?;
        let url = socket::url(socket_dir.path(), cluster::USER, cluster::DATABASE);
        Ok(Self { url, data_dir, role: Role::Owner { server, _socket_dir: socket_dir, lock } })
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if let Role::Owner { server, lock, .. } = &self.role
            && server.is_running()
        {
            let _ = lock.close_gate(max_wait(lock.kind()));
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

fn max_wait(kind: OwnerKind) -> Duration {
    match kind {
        OwnerKind::Service => SERVICE_MAX_WAIT,
        OwnerKind::Command => COMMAND_MAX_WAIT,
    }
}

fn arguments(command: &mut Command, cluster: &Path, socket_dir: &Path, settings: &[(String, String)]) {
    let mut set = |name: &str, value: &OsString| {
        let mut setting = OsString::from(format!("{name}="));
        setting.push(value);
        command.arg("-c").arg(setting);
    };
    // The setting is a list: a directory with a comma or a space has to be quoted.
    let mut quoted = OsString::from("\"");
    quoted.push(socket_dir);
    quoted.push("\"");
    set("unix_socket_directories", &quoted);
    let defaults = [
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
    for (name, value) in defaults {
        set(name, &value.into());
    }
    for (name, value) in settings {
        set(name, &value.into());
    }
    command.arg("-D").arg(cluster);
}
