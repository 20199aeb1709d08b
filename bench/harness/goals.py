"""What the service is to reach, and whether it does."""

from dataclasses import dataclass
from statistics import median

from .figures import best, growths, ratio, values

# At how many connections the peers are compared: the number that suits each best, and the same number.
COMPARED = "64"


@dataclass
class Goal:
    what: str
    bound: float
    at_least: bool
    measured: float
    unit: str = ""

    def reached(self):
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound


def goals(results):
    contest, floor = results["contest"], results["floor"]
    service = contest["uprof"]

    def over_floor(operation, connections):
        return ratio(values(service[operation][connections], "rate"), best(floor[operation]))

    def over_peer(name):
        return ratio(values(service["create"][COMPARED], "rate"), values(contest[name]["create"][COMPARED], "rate"))

    latency = values(floor["create"]["64"], "latency")
    lone = {name: values(samples["create"]["1"], "p50") for name, samples in results["lone"].items()}
    return [
        Goal("creates/s at 64 connections, over pgbench's one-row rate", 2.0, True, over_floor("create", "64")),
        Goal("creates/s at 256 connections, over the same", 2.8, True, over_floor("create", "256")),
        Goal("retrieves/s at 64 connections, over pgbench's with the same select", 0.9, True, over_floor("retrieve", "64")),
        Goal("creates/s at 64 connections, over fastify + pg", 3.5, True, over_peer("node")),
        Goal("creates/s at 64 connections, over FastAPI + asyncpg", 5.0, True, over_peer("python")),
        Goal(
            "p99 of creates at 64 connections, over pgbench's mean latency at 64 clients",
            *(1.5, False, ratio(values(service["create"]["64"], "p99"), latency)),
        ),
        *growth_goals(results["growth"]),
        Goal("p50 of a lone create, over the same without batching", 1.05, False, ratio(lone["batching"], lone["single"])),
        Goal("cold start on a running database", 50, False, median(results["cold_start"]), " ms"),
        Goal("release binary", 15, False, results["binary_bytes"] / 1e6, " MB"),
        Goal("resident memory under load, at its peak", 40, False, results["peak_memory"] / 1e6, " MB"),
    ]


def growth_goals(growth):
    """The worst at any number of connections, for each operation."""
    (first, samples), *_, (last, _) = growth.items()
    for operation, by_connections in samples.items():
        worst = max(growths(growth, operation, connections)[last] for connections in by_connections)
        what = f"p50 of {operation} at {int(last):,} profiles, over the same at {int(first):,}"
        yield Goal(what, 1.2, False, worst)
