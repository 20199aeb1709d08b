"""The floor: pgbench with the statements of the service, one row a transaction."""

import re
import time
from dataclasses import dataclass

from .postgres import SESSION

CLIENTS = 16, 64

# The rows of an execution and the clients, of the limit that batches of creates have.
BATCHES = (100, 1), (256, 1), (100, 2), (256, 2)


@dataclass
class Floor:
    """One measurement; the latency is the mean, in milliseconds."""

    rate: float
    latency: float


def pgbench(database, script, clients, seconds, scratch):
    file = scratch / "script.sql"
    file.write_text(script)
    now = time.time_ns() // 1_000_000
    output = database.postgres.run(
        "pgbench",
        *("-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds)),
        *("-D", "count=0", "-D", f"now={now}", "-f", str(file)),
        database=database.name,
        environment=SESSION,
    )
    failed = re.search(r"number of failed transactions: (\d+)", output)
    if failed and failed[1] != "0":
        raise RuntimeError(f"pgbench: {output}")
    return Floor(rate=number(output, r"tps = ([\d.]+)"), latency=number(output, r"latency average = ([\d.]+) ms"))


def number(output, pattern):
    found = re.search(pattern, output)
    if not found:
        raise RuntimeError(f"pgbench: {output}")
    return float(found[1])
