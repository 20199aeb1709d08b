"""Load from wrk, and the CPU time and memory of the server under it."""

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .process import clean_environment

SCRIPTS = Path(__file__).resolve().parent.parent / "load"

# A process that uses less CPU time than this in that interval is idle.
IDLE_SECONDS, IDLE_CPU_SECONDS = 0.1, 0.015

OPERATIONS = "create", "retrieve", "update", "list"

# Lists with a filter: by one external id, and a page of the 20 profiles with one metadata pair.
FILTERED = "look_up", "find"


@dataclass
class Sample:
    """One measurement. Times are in milliseconds, CPU is per request and in microseconds, memory is in bytes."""

    rate: float
    p50: float
    p99: float
    cpu: float
    database_cpu: float
    memory: int


def load(contestant, operation, connections, seconds, database, server):
    """Sends `operation` over `connections`. A single answer that is not a success is an error."""
    began = time.time_ns() // 1_000_000
    before = contestant.process.cpu_seconds(), server.cpu_seconds()
    threads = min(2, connections)
    command = ["wrk", "-t", threads, "-c", connections, "-d", f"{seconds}s", "--timeout", "10s", "-s", f"{operation}.lua"]
    command += [f"http://127.0.0.1:{contestant.port}", "--", contestant.key, database.ids, database.count, database.teams]
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, cwd=SCRIPTS, env=clean_environment(), timeout=seconds + 60
    )
    if done.returncode != 0:
        raise RuntimeError(f"wrk failed: {done.stdout}{done.stderr}")
    memory = contestant.process.resident_bytes()
    cpu, database_cpu = contestant.process.cpu_seconds() - before[0], server.cpu_seconds() - before[1]
    settle(contestant.process)
    counted = json.loads(done.stdout.splitlines()[-1])
    what = f"{contestant.name}, {operation}, {connections} connections"
    if counted["failed"] or not counted["requests"]:
        raise RuntimeError(f"{what}: {counted}\n{done.stdout}")
    sample = Sample(
        rate=counted["requests"] / counted["seconds"],
        p50=counted["p50"],
        p99=counted["p99"],
        cpu=cpu / counted["requests"] * 1e6,
        database_cpu=database_cpu / counted["requests"] * 1e6,
        memory=memory,
    )
    return sample, Written(began, counted["requests"], connections, what)


def settle(process):
    """Waits until the requests in flight at the end of the load are done, so that they do not slow the next sample."""
    used = -1.0
    while used < (used := process.cpu_seconds()) - IDLE_CPU_SECONDS:
        time.sleep(IDLE_SECONDS)


@dataclass
class Written:
    """The rows that a load of creates must have left in the database."""

    began: int  # Unix time in milliseconds
    requests: int
    connections: int
    what: str

    def check(self, postgres, database):
        """Fails unless there is a row for each success, and at most one more for each connection (in flight at the end)."""
        first = f"{self.began:012x}-7000-8000-000000000000"
        first = f"{first[:8]}-{first[8:]}"
        rows = int(postgres.sql(database, f"select count(*) from user_profiles where id >= '{first}';")[0])
        if not self.requests <= rows <= self.requests + self.connections:
            raise RuntimeError(f"{self.what}: {self.requests} creates succeeded, and there are {rows} rows")
