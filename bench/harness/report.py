"""The report: the measurements as tables and plots."""

from statistics import median

from . import plot
from .figures import best, growths, middle
from .goals import goals
from .load import OPERATIONS
from .plan import SECTIONS

NAMES = {"uprof": "uprof", "node": "fastify + pg", "python": "FastAPI + asyncpg"}
FLOOR = "pgbench, one row a transaction"

SHOWN = {
    "look_up": "list by one external id",
    "find": "page of the 20 with a metadata pair",
    "create_pairs": "create with an external id and two pairs",
}


def write(results, folder):
    plots = folder / "report"
    plots.mkdir(parents=True, exist_ok=True)
    for name, drawn in drawings(results).items():
        plots.joinpath(f"{name}.svg").write_text(drawn)
    folder.joinpath("REPORT.md").write_text("\n".join(text(results)))


def text(results):
    yield from ("# What the benchmark measured", "", "Written by `bench/run`; how it measures is in [README.md](README.md).", "")
    missing = list(shortfalls(results))
    if missing:
        yield from (*(f"- {line}" for line in missing), "")
    yield from table(("", ""), results.get("machine", {}).items())
    if "contest" in results:
        yield f"Medians over {results['rounds']['contest']} rounds of {results['effort']['seconds']} s each, in turns; {results['seconds'] / 60:.0f} minutes in all."
        yield from ("A ratio is the median of the ratios of each round.", "")
    yield from ("## Goals", "")
    yield from table(("", "goal", "measured", "reached"), map(goal_row, goals(results)))
    yield from ("Where the CPU time of a request goes, in the service and in Postgres, is drawn by `bench/profile`:", "")
    yield from (f"- [{operation}](report/flame-{operation}.svg)" for operation in OPERATIONS)
    yield ""
    for name, section in {"contest": contest, "find": find, "bulk": bulk, "lone": lone, "growth": growth}.items():
        if name in results:
            yield from section(results)


def shortfalls(results):
    """A line for each section that is not complete, and for each cut that the time limit made necessary."""
    for name, reason in results["incomplete"].items():
        rounds = results["rounds"].get(name, 0)
        measured = f" ({rounds} complete round{'s' * (rounds != 1)})" if rounds else ""
        yield f"**Incomplete:** {SECTIONS[name]}: {reason.splitlines()[0]}{measured}"
    for cut in results["cuts"]:
        yield f"Cut to meet the time limit: {cut}"


def goal_row(goal):
    bound = f"{'≥' if goal.at_least else '≤'} {goal.bound:g}{goal.unit}"
    if goal.measured is None:
        return goal.what, bound, "not measured", ""
    return goal.what, bound, f"{goal.measured:.2f}{goal.unit}", "yes" if goal.reached() else "**no**"


def contest(results):
    yield from ("## Side by side", "", picture("throughput", "Requests a second"), "", picture("latency", "Latency"), "")
    yield from (picture("cpu", "CPU time a request"), "")
    head = "operation", "connections", "server", "requests/s", "p50 ms", "p99 ms", "CPU µs", "Postgres CPU µs", "memory MB"
    yield from table(head, contest_rows(results))
    yield from ("CPU is per request: of all processes of the server, and of all processes of Postgres.", "")


def contest_rows(results):
    for operation, by_connections in results["contest"]["uprof"].items():
        for clients, samples in results["floor"].get(operation, {}).items():
            rate, latency = middle(samples, "rate"), middle(samples, "latency")
            yield operation, clients, "pgbench", f"{rate:,.0f}", f"{latency:.2f} (mean)", "", "", "", ""
        if operation == "create":
            for batches, samples in results["floor"]["batch"].items():
                rate, latency = middle(samples, "rate"), middle(samples, "latency")
                yield operation, f"{batches} rows", "pgbench", f"{rate:,.0f} rows", f"{latency:.2f} (mean)", "", "", "", ""
        for connections in by_connections:
            for name, shown in NAMES.items():
                yield operation, connections, shown, *figures(results["contest"][name][operation][connections])


def find(results):
    yield from ("## Filters", "", "At 64 connections, medians.", "")
    names = {"uprof": "uprof", "node": "fastify + pg", "bare": "uprof, without the indexes of filters"}
    head = "operation", "server", "requests/s", "p50 ms", "p99 ms", "CPU µs", "Postgres CPU µs", "memory MB"
    rows = [
        (SHOWN.get(operation, operation), names[name], *figures(by_connections["64"]))
        for name, operations in results["find"].items()
        for operation, by_connections in operations.items()
    ]
    yield from table(head, sorted(rows))


def bulk(results):
    imported = results["effort"]["imported"]
    yield from ("## Imports and exports", "", f"`uprof import` of {imported:,} profiles with an external id and two pairs (a tenth into the peer), and `uprof export`.", "")
    head = "server", "imported/s", "exported/s", "CPU µs a profile", "Postgres CPU µs", "peak memory MB"
    rows = []
    for name, found in results["bulk"].items():
        exported = f"{found['export_rate']:,.0f}" if "export_rate" in found else ""
        rows.append((NAMES[name], f"{found['rate']:,.0f}", exported, f"{found['cpu']:.1f}", f"{found['database_cpu']:.1f}", f"{found['peak_memory'] / 1e6:.0f}"))
    yield from table(head, rows)


def figures(samples):
    rate, cpu, database, memory = (middle(samples, name) for name in ("rate", "cpu", "database_cpu", "memory"))
    times = (f"{middle(samples, name):.2f}" for name in ("p50", "p99"))
    return f"{rate:,.0f}", *times, f"{cpu:.0f}", f"{database:.0f}", f"{memory / 1e6:.0f}"


def lone(results):
    yield from ("## A lone create", "")
    names = {"batching": "with batching (the default)", "single": "`UPROF_BATCH_ROWS=1`"}
    rows = []
    for name, shown in names.items():
        samples = results["lone"][name]["create"]["1"]
        rows.append((shown, len(samples), f"{middle(samples, 'p50'):.3f}", f"{middle(samples, 'p99'):.3f}"))
    yield from table(("one connection", "samples", "p50 ms", "p99 ms"), rows)


def growth(results):
    sizes = list(results["growth"])
    yield from ("## Growth", "", "The service on databases of several sizes; each profile has one metadata pair and one event.", "")
    yield from (picture("growth", "Latency by the number of profiles"), "")
    rows = []
    for operation, by_connections in results["growth"][sizes[0]].items():
        for connections in by_connections:
            times = [f"{middle(results['growth'][size][operation][connections], 'p50'):.2f}" for size in sizes]
            last = growths(results["growth"], operation, connections)[sizes[-1]]
            rows.append((SHOWN.get(operation, operation), connections, *times, f"{last:.2f}"))
    head = "p50 ms", "connections", *(f"{int(size):,}" for size in sizes), "largest / smallest"
    yield from table(head, rows)
    yield from plans(results["plans"])


def plans(found):
    """The plans at the largest size, and whether they are the same at the others."""
    sizes = list(found)
    yield from ("### Plans", "")
    yield f"Generic plans of the service's own statements at {int(sizes[-1]):,} profiles."
    yield ""
    for name, plan in found[sizes[-1]].items():
        other = [f"{int(size):,}" for size in sizes if found[size][name] != plan]
        note = f"another plan at {', '.join(other)}" if other else "the same at every size"
        yield from (f"<details><summary>{name}: {note}</summary>", "", "```text", *plan, "```", "")
        for size in sizes:
            if found[size][name] != plan:
                yield from (f"At {int(size):,}:", "", "```text", *found[size][name], "```", "")
        yield from ("</details>", "")


def drawings(results):
    drawn = contest_drawings(results["contest"], results["floor"]) if "contest" in results else {}
    if "growth" in results:
        panels = list(grown(results["growth"], OPERATIONS))
        drawn["growth"] = plot.bars("Latency by the number of profiles: level is best", panels)
    return drawn


def contest_drawings(contest, floor):
    operations = list(contest["uprof"])

    def by_connections(operation, name):
        samples = contest["uprof"][operation]
        return {
            shown: [middle(contest[key][operation][connections], name) for connections in samples] for key, shown in NAMES.items()
        }

    throughput, latency = [], []
    for operation in operations:
        connections = list(contest["uprof"][operation])
        groups = [f"{number} connection{'s' * (number != '1')}" for number in connections]
        series = by_connections(operation, "rate")
        if operation in floor:
            groups.append("floor")
            series = {shown: [*found, None] for shown, found in series.items()}
            series[FLOOR] = [None] * len(connections) + [median(best(floor[operation]))]
        throughput.append(plot.Panel(f"{operation}: requests a second", groups, series))
        quantiles = "p50", "p99"
        series = {shown: [middle(contest[key][operation]["64"], name) for name in quantiles] for key, shown in NAMES.items()}
        latency.append(plot.Panel(f"{operation}: milliseconds at 64 connections", list(quantiles), series))
    cpu = [
        plot.Panel(
            f"{process}: µs a request at 64 connections",
            operations,
            {shown: [middle(contest[name][operation]["64"], what) for operation in operations] for name, shown in NAMES.items()},
        )
        for process, what in (("the server", "cpu"), ("Postgres", "database_cpu"))
    ]
    return {
        "throughput": plot.bars("Requests a second: more is better", throughput),
        "latency": plot.bars("Latency: less is better", latency),
        "cpu": plot.bars("CPU time a request: less is better", cpu),
    }


def grown(growth, operations):
    for connections in next(iter(growth.values()))[operations[0]]:
        by_operation = [growths(growth, operation, connections) for operation in operations]
        series = {f"{int(size):,} profiles": [found[size] for found in by_operation] for size in growth}
        title = f"p50 over that of the fewest, {connections} connection{'s' * (connections != '1')}"
        yield plot.Panel(title, operations, series)


def table(head, rows):
    yield "| " + " | ".join(str(cell) for cell in head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(str(cell) for cell in row) + " |"
    yield ""


def picture(name, alternative):
    return f"![{alternative}](report/{name}.svg)"
