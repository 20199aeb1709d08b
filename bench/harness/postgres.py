"""The Postgres under all measurements: a new, private cluster with the settings of `initdb`, except for memory and WAL."""

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from .process import Process, clean_environment

USER = "bench"
PLACES = "/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", "/usr"

# The planner settings of the service's connections (src/storage/pool), for pgbench and for the plans.
SESSION = {"PGOPTIONS": "-c enable_sort=off -c enable_incremental_sort=off -c plan_cache_mode=force_generic_plan -c jit=off"}

# As Postgres' manual advises: a quarter of the memory (20.4.1, shared_buffers), and more than 1 GB of WAL between two checkpoints where
# that would cause one every few seconds (30.5: after each, the first change of a page writes the whole page to the WAL).
MAX_WAL_SIZE = "8GB"
SHARED_BUFFERS_MEGABYTES = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4 // 1024**2

# For filling the tables only, never during a measurement.
FILLING = {
    "fsync": "off",
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "max_wal_size": "64GB",
    "checkpoint_timeout": "1h",
    "maintenance_work_mem": "1GB",
    "autovacuum": "off",
}

# For recording the statements of the service.
LOGGING = {"logging_collector": "on", "log_destination": "csvlog", "log_directory": "log", "log_statement": "all"}


class Postgres:
    """A cluster in `home`, on a unix socket there."""

    def __init__(self, home):
        self.home, self.data = home, home / "data"
        self.programs = programs()
        # Postgres refuses to run as root.
        self.user = None if os.geteuid() else unprivileged()
        if self.user:
            shutil.chown(home, self.user, self.user)
        initialise = [self.programs / "initdb", "-D", self.data, "-U", USER, "-A", "trust", "--no-locale", "-E", "UTF8"]
        with Process(initialise, home / "initdb.log", user=self.user) as process:
            if process.child.wait(120) != 0:
                raise RuntimeError((home / "initdb.log").read_text())

    def started(self, **settings):
        """A running server, as a context manager, with `settings` beside those of `initdb`."""
        # For the pools of all contestants and 64 clients of pgbench.
        private = {"listen_addresses": "", "unix_socket_directories": self.home, "max_connections": 200}
        sized = {"shared_buffers": f"{SHARED_BUFFERS_MEGABYTES}MB", "max_wal_size": MAX_WAL_SIZE}
        options = [word for name, value in {**private, **sized, **settings}.items() for word in ("-c", f"{name}={value}")]
        return Running(self, [self.programs / "postgres", "-D", self.data, *options])

    def url(self, database):
        return f"postgres://{USER}@{str(self.home).replace('/', '%2F')}/{database}"

    def environment(self, database):
        """The same as variables of libpq, which the drivers of both peers read too."""
        return {"PGHOST": str(self.home), "PGUSER": USER, "PGDATABASE": database}

    def run(self, program, *arguments, database="postgres", environment=None, text=None):
        """The output of a client program."""
        done = subprocess.run(
            [self.programs / program, *arguments],
            input=text,
            capture_output=True,
            text=True,
            env={**clean_environment(), **self.environment(database), **(environment or {})},
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stderr}")
        return done.stdout

    def sql(self, database, statements, environment=None):
        """The rows of `statements`, with columns separated by tabs."""
        quiet = "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1"
        return self.run("psql", *quiet, database=database, environment=environment, text=statements).splitlines()

    def version(self):
        return self.run("postgres", "--version").split()[2]


class Running(Process):
    """The postmaster and its children."""

    def __init__(self, postgres, command):
        # SIGINT is the fast shutdown: transactions are aborted, data is flushed.
        super().__init__(command, postgres.home / "postgres.log", user=postgres.user, interrupt=signal.SIGINT)
        self.postgres = postgres

    def __enter__(self):
        self.postgres.home.joinpath("postgres.log").touch()
        super().__enter__()
        try:
            self.wait_until(self.answers, 60)
        except BaseException:
            self.__exit__()
            raise
        return self

    def answers(self):
        ask = [self.postgres.programs / "pg_isready", "-q", "-h", self.postgres.home]
        return subprocess.run(ask, env=clean_environment()).returncode == 0


def programs():
    """The folder of the newest installation that has a server and pgbench."""
    folders = [Path(place) for name in PLACES for place in Path(name).glob("*/bin")]
    folders += [Path(folder) for folder in os.environ.get("PATH", "").split(":")]
    complete = [folder for folder in folders if all((folder / name).exists() for name in ("postgres", "pgbench", "initdb"))]
    if not complete:
        raise RuntimeError("no PostgreSQL server with pgbench was found")
    return max(complete, key=major)


def major(folder):
    """`postgres --version` prints "postgres (PostgreSQL) 15.18 (Debian …)"."""
    output = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True).stdout
    return int(output.partition(")")[2].split(".")[0])


def unprivileged():
    for name in "postgres", "nobody":
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise RuntimeError("neither `postgres` nor `nobody` is a user here, and Postgres refuses to run as root")
