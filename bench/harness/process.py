"""A program under measurement: started, watched through /proc, and ended."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
STOP_SECONDS = 30


def clean_environment():
    """The caller's environment without what would lead a client or the service elsewhere than to this benchmark."""
    foreign = re.compile(r"DATABASE_URL$|PG[A-Z]+$|UPROF_|ANTHROPIC_|NODE_|(https?|all|no)_proxy$", re.IGNORECASE)
    return {name: value for name, value in os.environ.items() if not foreign.match(name)}


class Process:
    """From `with` to the end of the block. Its children count as part of it."""

    def __init__(self, command, log, environment=None, user=None, interrupt=signal.SIGTERM):
        self.command, self.log, self.user, self.interrupt = [str(word) for word in command], log, user, interrupt
        self.environment = {**clean_environment(), **(environment or {})}

    def __enter__(self):
        group = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal reaches this script only, which then stops what it started.
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
        raise RuntimeError(f"{Path(self.command[0]).name} did not come up:\n{last_words}")

    def pids(self):
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            # The parent is the second field behind the name (proc(5)).
            fields = read(stat).rpartition(")")[2].split()
            if fields:
                parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
        found = [self.child.pid]
        for pid in found:
            found += parents.get(pid, [])
        return found

    def cpu_seconds(self):
        """Of the process, its children, and those of them that have ended."""
        total = 0
        for pid in self.pids():
            # utime, stime, and those of the children that were waited for: fields 14 to 17 of proc(5), counted behind the name.
            total += sum(int(ticks) for ticks in read(f"/proc/{pid}/stat").rpartition(")")[2].split()[11:15])
        return total / TICKS

    def resident_bytes(self):
        """The memory that it holds; of pages that several processes share, each counts its part."""
        return sum(kilobytes(f"/proc/{pid}/smaps_rollup", "Pss") for pid in self.pids()) * 1024

    def peak_resident_bytes(self):
        return sum(kilobytes(f"/proc/{pid}/status", "VmHWM") for pid in self.pids()) * 1024


def read(path):
    try:
        return Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""  # it has ended since


def kilobytes(path, field):
    found = re.search(rf"^{field}:\s+(\d+) kB", read(path), re.MULTILINE)
    return int(found[1]) if found else 0
