"""The programs under measurement: the service with its defaults, and its peers, which do the same in other languages."""

import http.client
import json
import os
import socket
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from .process import Process

BENCH = Path(__file__).resolve().parent.parent
ROOT = BENCH.parent
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
BINARY = TARGET / "release" / "uprof"
START_SECONDS = 60

sys.path.insert(0, str(ROOT / "tests" / "python"))
from environment import make, virtual_environment  # noqa: E402

# One for each core of the machine that the reported numbers are from.
PEER_PROCESSES = 2


class Contestant:
    """A process that serves `/v1/user_profiles`: its name, port, and an API key of its database."""

    def __init__(self, name, process, port, key):
        self.name, self.process, self.port, self.key = name, process, port, key

    def answers(self):
        try:
            return self.ask("GET", "/health/ready", key=False) is not None
        except OSError:
            return False

    def ask(self, method, path, body=None, key=True):
        """The JSON object of an answer, {} for any other body. A status other than 200 is an error."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"x-api-key": self.key, "content-type": "application/json"} if key else {}
        connection.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        if response.status != 200:
            raise OSError(f"{self.name}: {method} {path}: {response.status} {text}")
        return json.loads(text) if text.startswith("{") else {}


@contextmanager
def started(name, command, environment, key, scratch):
    port = free_port()
    process = Process([word.format(port=port) for word in command], scratch / f"{name}.log", environment)
    process.log.touch()
    with process:
        contestant = Contestant(name, process, port, key)
        process.wait_until(contestant.answers, START_SECONDS)
        yield contestant


def uprof(postgres, database, key, scratch, name="uprof", binary=None, **settings):
    """The release build, or `binary`; `settings` are environment variables beside its defaults."""
    environment = {"DATABASE_URL": postgres.url(database), **settings}
    return started(name, [str(binary or BINARY), "serve", "--listen", "127.0.0.1:{port}"], environment, key, scratch)


def node(postgres, database, key, scratch, name="node"):
    environment = {
        **postgres.environment(database),
        "NODE_PATH": str(install_node() / "node_modules"),
        "NODE_ENV": "production",
        "PROCESSES": str(PEER_PROCESSES),
    }
    return started(name, ["node", str(BENCH / "peers" / "node" / "server.cjs"), "{port}"], environment, key, scratch)


def python(postgres, database, key, scratch):
    serve = [str(install_python()), "-m", "uvicorn", "--app-dir", str(BENCH / "peers" / "python"), "--port", "{port}"]
    serve += ["--workers", str(PEER_PROCESSES), "--loop", "uvloop", "--http", "httptools"]
    environment = {**postgres.environment(database), "PYTHONDONTWRITEBYTECODE": "1"}
    return started("python", [*serve, "--no-access-log", "server:app"], environment, key, scratch)


def install_peers():
    install_node()
    install_python()


def install_node():
    """The folder with the packages of the node peer, installed unless they are there."""
    home = TARGET / "bench" / "node"
    install = ["npm", "ci", "--prefix", home, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    pins = BENCH / "peers" / "node" / "package-lock.json"
    make(home, "npm ci", pins, [["cp", pins, pins.with_name("package.json"), home], install])
    return home


def install_python():
    """The interpreter of the python peer, installed with its packages unless they are there."""
    requirements = BENCH / "peers" / "python" / "requirements.txt"
    packages = "fastapi", "uvicorn", "uvloop", "httptools", "asyncpg", "orjson"
    return virtual_environment(TARGET / "bench" / "python", requirements, *packages)


def cold_start(postgres, database, key, scratch):
    """Milliseconds from the start of the process until it is ready, on a migrated database."""
    began = time.monotonic()
    with uprof(postgres, database, key, scratch, name="cold-start"):
        return (time.monotonic() - began) * 1000


def same_answers(contestants):
    """Fails unless the answers of all contestants are equal, except for ids and times."""
    body = {"external_id": "user_1", "name": "Example", "metadata": {"plan": "pro"}, "relationship": "internal"}
    seen = [[bare(answer) for answer in walk(contestant, body)] for contestant in contestants]
    for contestant, answers in zip(contestants, seen):
        if answers != seen[0]:
            raise RuntimeError(f"{contestant.name} does not answer as {contestants[0].name}: {answers} {seen[0]}")


def walk(contestant, body):
    created = contestant.ask("POST", "/v1/user_profiles", body)
    path = f"/v1/user_profiles/{created['id']}"
    updated = contestant.ask("POST", path, {"metadata": {"plan": "", "tier": "gold"}, "name": "Changed"})
    listed = contestant.ask("GET", "/v1/user_profiles?limit=1")
    return [created, updated, contestant.ask("GET", path), listed["data"][0]]


def bare(profile):
    return {name: len(value) if name == "id" else name.endswith("_at") or value for name, value in profile.items()}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
