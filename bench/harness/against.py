"""Two builds of the service, compared on one database: creates and retrieves at 64 connections, in turns."""

from contextlib import ExitStack
from statistics import median

from . import contestants
from .filling import Database
from .load import load
from .postgres import FILLING, Postgres

OPERATIONS = "create", "retrieve"
CONNECTIONS = 64
PROFILES = 100_000

# Both processes are started anew in each start: on which cores their threads run hardly changes afterwards.
STARTS, ROUNDS, SECONDS, WARM_UP_SECONDS = 4, 3, 2, 1


def compare(other, scratch, quick):
    """Prints the ratios of this build over `other`, and returns the exit status. This build migrates the database, so `other` may be older, not newer."""
    starts, rounds, seconds = (1, 2, 1) if quick else (STARTS, ROUNDS, SECONDS)
    home = scratch / "postgres"
    home.mkdir()
    postgres = Postgres(home)
    with postgres.started(**FILLING):
        database = Database(postgres, "contest", 10_000 if quick else PROFILES, scratch)
        database.fill()
    ratios = {operation: [] for operation in OPERATIONS}
    print(f"A: {contestants.BINARY}\nB: {other}\n")
    print(f"{'':10}{'A /s':>9}{'B /s':>9}{'A/B':>8}{'A CPU':>9}{'B CPU':>9}   (µs of the service a request)")
    try:
        with postgres.started() as server:
            for start in range(starts):
                with ExitStack() as stack:
                    place = postgres, database.name, database.key, scratch
                    pair = [stack.enter_context(contestants.uprof(*place, name=name, binary=binary)) for name, binary in builds(other)]
                    for operation in OPERATIONS:
                        for contestant in pair:
                            load(contestant, operation, CONNECTIONS, WARM_UP_SECONDS, database, server)
                    for number in range(start, start + rounds):
                        for operation in OPERATIONS:
                            one, two = turn(pair, operation, seconds, database, server, reverse=number % 2 == 1)
                            ratios[operation].append(one.rate / two.rate)
                            print(
                                f"{operation:10}{one.rate:9,.0f}{two.rate:9,.0f}{one.rate / two.rate:8.3f}{one.cpu:9.1f}{two.cpu:9.1f}", flush=True
                            )
    finally:
        print()
        for operation, found in ratios.items():
            if found:
                print(f"{operation}: A/B median {median(found):.3f}, {min(found):.3f} to {max(found):.3f} in {len(found)} rounds")
    return 0


def turn(pair, operation, seconds, database, server, reverse):
    """A sample of each of the pair, measured one after the other."""
    samples = {}
    for contestant in reversed(pair) if reverse else pair:
        samples[contestant.name], written = load(contestant, operation, CONNECTIONS, seconds, database, server)
        if operation == "create":
            written.check(database.postgres, database.name)
    return [samples[contestant.name] for contestant in pair]


def builds(other):
    return ("A", contestants.BINARY), ("B", other)
