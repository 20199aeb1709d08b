"""A child process: start, stop, and its CPU time and memory from /proc."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
STOP_SECONDS = 30


def clean_environment():
    """The environment without variables that change where a client or the service connects."""
    foreign = re.compile(r"DATABASE_URL$|PG[A-Z]+$|UPROF_|ANTHROPIC_|NODE_|(https?|all|no)_proxy$", re.IGNORECASE)
    return {name: value for name, value in os.environ.items() if not foreign.match(name)}


class Process:
    """A process that runs until the end of the block. Measurements include its children."""

    def __init__(self, command, log, environment=None, user=None, interrupt=signal.SIGTERM):
        self.command, self.log, self.user, self.interrupt = [str(word) for word in command], log, user, interrupt
        self.environment = {**clean_environment(), **(environment or {})}

    def __enter__(self):
        group = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C reaches only this script, which then stops its processes.
            self.child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                cwd=self.log.parent,
                start_new_session=True,
                **group,
            )
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.send_signal(self.interrupt)
        try:
            self.child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()

    def wait_until(self, ready, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.child.poll() is None:
            if ready():
                return
            time.sleep(0.002)
        last_words = "".join(self.log.read_text(errors="replace").splitlines(keepends=True)[-20:])
        raise RuntimeError(f"{Path(self.command[0]).name} did not start:\n{last_words}")

    def pids(self):
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            # The parent is the second field after the name (proc(5)).
            fields = read(stat).rpartition(")")[2].split()
            if fields:
                parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
        found = [self.child.pid]
        for pid in found:
            found += parents.get(pid, [])
        return found

    def cpu_seconds(self):
        """Of the process and its children, ended ones included."""
        total = 0
        for pid in self.pids():
            # utime, stime, cutime and cstime: fields 14 to 17 of proc(5), counted after the name.
            total += sum(int(ticks) for ticks in read(f"/proc/{pid}/stat").rpartition(")")[2].split()[11:15])
        return total / TICKS

    def resident_bytes(self):
        """The proportional set size: a page shared by n processes counts as 1/n in each."""
        return sum(kilobytes(f"/proc/{pid}/smaps_rollup", "Pss") for pid in self.pids()) * 1024

    def peak_resident_bytes(self):
        return sum(kilobytes(f"/proc/{pid}/status", "VmHWM") for pid in self.pids()) * 1024


def read(path):
    try:
        return Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""  # the process has ended


def kilobytes(path, field):
    found = re.search(rf"^{field}:\s+(\d+) kB", read(path), re.MULTILINE)
    return int(found[1]) if found else 0
