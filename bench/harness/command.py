"""What the commands share: where they leave what they need meanwhile, and how they end."""

import os
import signal
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch(name):
    """A folder until the end of the block."""
    # Not /tmp: it may be kept in memory, where a commit costs nothing.
    with tempfile.TemporaryDirectory(prefix=f"uprof-{name}-", dir="/var/tmp") as folder:
        # Started by root, Postgres runs as another user, who has to reach the data directory.
        os.chmod(folder, 0o755)
        yield Path(folder)


def end_orderly():
    """However it is told to end: the blocks that stop what was started and remove its data run first."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A shell starts what it puts in the background with SIGINT ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
