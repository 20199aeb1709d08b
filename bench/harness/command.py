"""Scratch folders and signals, for both commands."""

import os
import signal
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch(name):
    """A folder that is removed at the end of the block."""
    # Not /tmp: it may be in memory, where a commit costs nothing.
    with tempfile.TemporaryDirectory(prefix=f"uprof-{name}-", dir="/var/tmp") as folder:
        # As root, Postgres is started as another user, which has to reach its data directory.
        os.chmod(folder, 0o755)
        yield Path(folder)


def end_orderly():
    """Turns SIGTERM and SIGINT into exceptions, so that processes are stopped and data is removed first."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Shells start background jobs with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
