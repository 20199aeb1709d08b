"""The running service, for the suites that are written in Python."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
BINARY = Path(os.environ.get("UPROF_BINARY") or TARGET / "debug" / "uprof")
START_SECONDS = 60
STOP_SECONDS = 30


def clean_environment():
    """The caller's environment without what would lead a client or the service elsewhere than to this test."""
    foreign = re.compile(r"DATABASE_URL$|PG[A-Z]+$|UPROF_|ANTHROPIC_|(https?|all|no)_proxy$", re.IGNORECASE)
    return {name: value for name, value in os.environ.items() if not foreign.match(name)}


class Service:
    """`uprof dev` on a free port and a new data directory, from `with` to the end of the block."""

    def __init__(self, scratch, *settings):
        self.settings = settings
        self.data = scratch / "data"
        self.log = scratch / "log"

    def __enter__(self):
        command = [BINARY, "dev", "--listen", "127.0.0.1:0", "--data-dir", self.data, *self.settings]
        with self.log.open("wb") as log:
            # A session of its own: Ctrl-C in the terminal reaches this script only, which then stops the service.
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=clean_environment(), start_new_session=True
            )
        try:
            self.url = self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            address = re.search(r"listening on (http://[0-9.:]+)", self.log.read_text(errors="replace"))
            if address and answers(address.group(1) + "/health/ready"):
                return address.group(1)
            time.sleep(0.05)
        raise RuntimeError("the service did not come up")

    def administer(self, *verb):
        command = [BINARY, *verb, "--data-dir", self.data, "--format", "json"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=clean_environment())
        if done.returncode != 0:
            raise RuntimeError("`uprof %s` failed" % " ".join(verb))
        return json.loads(done.stdout)

    def organization(self, name, version="2026-03-24"):
        return self.administer("organizations", "create", "--name", name, "--default-version", version)["id"]

    def key(self, organization, scopes, *options):
        return self.administer("keys", "create", "--organization", organization, "--scopes", scopes, *options)["key"]

    def last_log_lines(self):
        return "".join(self.log.read_text(errors="replace").splitlines(keepends=True)[-40:])

    def stop(self):
        """SIGINT, as a person at the terminal would; returns whether the service ended well."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(STOP_SECONDS) == 0
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False

    def __exit__(self, kind, *_):
        if not self.stop() and kind is None:
            raise RuntimeError("the service did not stop cleanly (status %s)" % self.process.returncode)


def answers(url):
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        return direct.open(url, timeout=5).status == 200
    except (urllib.error.URLError, OSError):
        return False
