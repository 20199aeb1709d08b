"""The machine and the versions of the programs that the numbers come from."""

import os
import platform
import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path

from . import contestants
from .contestants import BENCH, ROOT, TARGET
from .postgres import MAX_WAL_SIZE, SHARED_BUFFERS_MEGABYTES


def described(postgres):
    """Name and value of each property; a reader needs them to compare reports."""
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "revision": output("git", "-C", ROOT, "describe", "--always", "--dirty", "--exclude", "*"),
        "processor": f"{os.cpu_count()} cores, {processor()}",
        "memory": f"{memory('MemTotal') / 1024**2:.0f} GiB",
        "system": f"{distribution()}, kernel {platform.release()}",
        "PostgreSQL": f"{postgres.version()}, settings of initdb but {SHARED_BUFFERS_MEGABYTES:,} MB of shared buffers on {pages()}, and {MAX_WAL_SIZE} of WAL",
        "rustc": output("rustc", "--version").split()[1],
        "wrk": re.search(r"wrk (?:debian/)?([\d.]+)", output("wrk", "--version"))[1],
        "node": f"{output('node', '--version')}, {', '.join(node_packages())}",
        "python": f"{python_version()}, {', '.join(python_packages())}",
        "release binary": f"{contestants.BINARY.stat().st_size / 1e6:.1f} MB",
    }


def pages():
    """The kind of pages of Postgres' shared buffers, while it runs: by default it takes huge pages if the system has enough."""
    taken = (memory("HugePages_Total") - memory("HugePages_Free") + memory("HugePages_Rsvd")) * memory("Hugepagesize")
    return "huge pages" if taken >= SHARED_BUFFERS_MEGABYTES * 1024 else "pages of 4 KiB"


def memory(name):
    """A number of /proc/meminfo; sizes are in KiB."""
    return int(re.search(rf"^{name}:\s+(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)[1])


def output(*command):
    # wrk answers --version with an exit status of 1.
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.strip()


def processor():
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def distribution():
    found = re.search(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text())
    return found[1] if found else platform.system()


def node_packages():
    pinned = (BENCH / "peers" / "node" / "package.json").read_text()
    return [f"{name} {version}" for name, version in re.findall(r'"(fastify|pg)": "([\d.]+)"', pinned)]


def python_version():
    return output(TARGET / "bench" / "python" / "bin" / "python", "--version").split()[1]


def python_packages():
    pinned = (BENCH / "peers" / "python" / "requirements.txt").read_text()
    return [f"{name} {version}" for name, version in re.findall(r"^(fastapi|uvicorn|asyncpg)==(\S+)", pinned, re.MULTILINE)]
