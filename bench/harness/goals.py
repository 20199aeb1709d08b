"""The goals of the service, and whether a run reached them."""

from dataclasses import dataclass
from statistics import median

from .figures import best, growths, ratio, values
from .load import OPERATIONS

# The peers are compared at the number of connections that suits each of them best.
COMPARED = "64"

PEERS = "node", "python"


@dataclass
class Goal:
    """`measured` is None if the run did not measure it."""

    what: str
    bound: float
    at_least: bool
    measured: float | None
    unit: str = ""

    def reached(self):
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound


def goals(results):
    return [*contest_goals(results), *find_goals(results), *bulk_goals(results), *growth_goals(results), *other_goals(results)]


def bulk_goals(results):
    """Of the limit of batches, which Postgres alone reaches: the client and the service share the cores with it here."""
    own = results["bulk"]["uprof"] if "bulk" in results else None

    def imported():
        limit = median(best(results["floor"]["batch"])) if "floor" in results else float("inf")
        return own["rate"] / min(25_000, 0.8 * limit)

    return [
        Goal("imported profiles/s, over the less of 25,000 and 0.8 of the limit of batches", 1.0, True, imported() if own else None),
        Goal("exported profiles/s", 60_000, True, own["export_rate"] if own else None),
        Goal("resident memory at its peak, of imports and exports", 60, False, own["peak_memory"] / 1e6 if own else None, " MB"),
    ]


def find_goals(results):
    def measured(one, other):
        """The ratio of two rates, each of a contestant and an operation."""
        if "find" not in results:
            return None
        return ratio(*(values(results["find"][name][operation]["64"], "rate") for name, operation in (one, other)))

    return [
        Goal("lists by one external id/s at 64 connections, over retrieves/s", 0.8, True, measured(("uprof", "look_up"), ("uprof", "retrieve"))),
        Goal("lists by one external id/s, over fastify + pg", 3.0, True, measured(("uprof", "look_up"), ("node", "look_up"))),
        Goal("pages/s of the 20 profiles with a metadata pair, over fastify + pg", 3.0, True, measured(("uprof", "find"), ("node", "find"))),
        Goal(
            "creates/s with an external id and two pairs, over the same without the indexes of filters",
            0.8,
            True,
            measured(("uprof", "create_pairs"), ("bare", "create_pairs")),
        ),
    ]


def contest_goals(results):
    def measured(value):
        return value() if "contest" in results else None

    def rates(operation, connections, name="uprof"):
        return values(results["contest"][name][operation][connections], "rate")

    def over_floor(operation, connections):
        return measured(lambda: ratio(rates(operation, connections), best(results["floor"][operation])))

    def over_peer(operation, connections, name, value="rate"):
        own, other = (results["contest"][who][operation][connections] for who in ("uprof", name))
        return ratio(values(own, value), values(other, value))

    def over_peers(operation, name):
        return measured(lambda: over_peer(operation, COMPARED, name))

    def lone(operation):
        return measured(lambda: over_peer(operation, "1", "node", "p50"))

    def over_better_peer(operation):
        """p99 at 64 connections over that of the peer where it is lower."""
        return measured(lambda: max(over_peer(operation, COMPARED, name, "p99") for name in PEERS))

    def over_batches():
        return ratio(rates("create", "256"), best(results["floor"]["batch"]))

    def latency():
        creates, floor = results["contest"]["uprof"]["create"]["64"], results["floor"]["create"]["64"]
        return ratio(values(creates, "p99"), values(floor, "latency"))

    def listed():
        """Of the service and Postgres, in microseconds; a page has 100 profiles."""
        lists = results["contest"]["uprof"]["list"][COMPARED]
        return median(own + postgres for own, postgres in zip(values(lists, "cpu"), values(lists, "database_cpu"))) / 100

    return [
        Goal("creates/s at 64 connections, over pgbench's one-row rate", 2.8, True, over_floor("create", "64")),
        Goal("creates/s at 256 connections, over the same", 3.8, True, over_floor("create", "256")),
        Goal("creates/s at 256 connections, over the rows/s of the same statement with many rows", 0.75, True, measured(over_batches)),
        Goal("retrieves/s at 64 connections, over pgbench's with the same select", 1.0, True, over_floor("retrieve", "64")),
        Goal("p50 of a lone create, over fastify + pg", 1.0, False, lone("create")),
        Goal("p50 of a lone retrieve, over fastify + pg", 1.0, False, lone("retrieve")),
        Goal("p50 of a lone update, over fastify + pg", 0.8, False, lone("update")),
        Goal("p99 of creates at 64 connections, over pgbench's mean latency at 64 clients", 0.8, False, measured(latency)),
        Goal("creates/s at 64 connections, over fastify + pg", 3.5, True, over_peers("create", "node")),
        Goal("creates/s at 64 connections, over FastAPI + asyncpg", 5.0, True, over_peers("create", "python")),
        Goal("updates/s at 64 connections, over fastify + pg", 7.0, True, over_peers("update", "node")),
        Goal("updates/s at 64 connections, over FastAPI + asyncpg", 10.0, True, over_peers("update", "python")),
        Goal("pages/s of 100 at 64 connections, over fastify + pg", 3.0, True, over_peers("list", "node")),
        Goal("pages/s of 100 at 64 connections, over FastAPI + asyncpg", 3.0, True, over_peers("list", "python")),
        Goal("CPU time of service and Postgres for a listed profile", 5.0, False, measured(listed), " µs"),
        *(
            Goal(f"p99 of {operation} at 64 connections, over the better peer", 0.3, False, over_better_peer(operation))
            for operation in ("create", "retrieve", "update")
        ),
        Goal("resident memory under load, at its peak, 256 lists at once included", 40, False, measured(lambda: results["peak_memory"] / 1e6), " MB"),
    ]


def growth_goals(results):
    """For each operation the largest ratio over the numbers of connections. Without the largest database, none was measured."""
    first, *_, last = map(str, results["effort"]["sizes"])
    growth = results.get("growth", {})
    for operation in OPERATIONS:
        what = f"p50 of {operation} at {int(last):,} profiles, over the same at {int(first):,}"
        worst = max(growths(growth, operation, found)[last] for found in growth[last][operation]) if last in growth else None
        yield Goal(what, 1.2, False, worst)
    alone = growths(growth, "find", "1")[last] if last in growth else None
    yield Goal(f"p50 of a lone page of the 20 with a metadata pair at {int(last):,} profiles, over the same at {int(first):,}", 1.3, False, alone)


def other_goals(results):
    lone = {name: values(samples["create"]["1"], "p50") for name, samples in results.get("lone", {}).items()}
    starts = results.get("cold_start")
    return [
        Goal("p50 of a lone create, over the same without batching", 1.05, False, ratio(lone["batching"], lone["single"]) if lone else None),
        Goal("cold start on a running database", 50, False, median(starts) if starts else None, " ms"),
        Goal("release binary", 16, False, results["binary_bytes"] / 1e6, " MB"),
    ]
