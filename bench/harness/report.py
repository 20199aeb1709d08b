"""The report: what was measured, as tables and plots."""

from statistics import median

from . import plot
from .figures import best, growths, middle
from .goals import goals

NAMES = {"uprof": "uprof", "node": "fastify + pg", "python": "FastAPI + asyncpg"}
FLOOR = "pgbench, one row a transaction"


def write(results, folder):
    plots = folder / "report"
    plots.mkdir(parents=True, exist_ok=True)
    for name, drawn in drawings(results).items():
        plots.joinpath(f"{name}.svg").write_text(drawn)
    folder.joinpath("REPORT.md").write_text("\n".join(text(results)))


def text(results):
    yield from ("# What the benchmark measured", "", "Written by `bench/run`; how it measures is in [README.md](README.md).", "")
    yield from table(("", ""), results["machine"].items())
    effort = results["effort"]
    yield (
        f"Medians over {effort['rounds']} rounds of {effort['seconds']} s each, in turns; {results['seconds'] / 60:.0f} minutes in all. Ratios are"
    )
    yield from ("medians of each round's own ratio.", "", "## To reach", "")
    rows = [
        (goal.what, f"{'≥' if goal.at_least else '≤'} {goal.bound:g}{goal.unit}", f"{goal.measured:.2f}{goal.unit}", "yes" if goal.reached() else "**no**")
        for goal in goals(results)
    ]
    yield from table(("", "goal", "measured", "reached"), rows)
    yield from ("What a request costs, in the service and in Postgres, function by function, is drawn by `bench/profile`:", "")
    yield from (f"- [{operation}](report/flame-{operation}.svg)" for operation in results["contest"]["uprof"])
    yield ""
    yield from contest(results)
    yield from lone(results["lone"])
    yield from growth(results)


def contest(results):
    yield from ("## Side by side", "", picture("throughput", "Requests a second"), "", picture("latency", "Latency"), "")
    yield from (picture("cpu", "CPU time a request"), "")
    head = "operation", "connections", "who", "requests/s", "p50 ms", "p99 ms", "CPU µs", "Postgres CPU µs", "memory MB"
    yield from table(head, contest_rows(results))
    yield from ("CPU is that of the service (all its processes) and of Postgres (all of its), each per request.", "")


def contest_rows(results):
    for operation, by_connections in results["contest"]["uprof"].items():
        for clients, samples in results["floor"].get(operation, {}).items():
            rate, latency = middle(samples, "rate"), middle(samples, "latency")
            yield operation, clients, "pgbench", f"{rate:,.0f}", f"{latency:.2f} (mean)", "", "", "", ""
        for connections in by_connections:
            for name, shown in NAMES.items():
                yield operation, connections, shown, *figures(results["contest"][name][operation][connections])


def figures(samples):
    rate, cpu, database, memory = (middle(samples, name) for name in ("rate", "cpu", "database_cpu", "memory"))
    times = (f"{middle(samples, name):.2f}" for name in ("p50", "p99"))
    return f"{rate:,.0f}", *times, f"{cpu:.0f}", f"{database:.0f}", f"{memory / 1e6:.0f}"


def lone(found):
    yield from ("## A create that is alone", "")
    names = {"batching": "with batching (the default)", "single": "`UPROF_BATCH_ROWS=1`"}
    rows = []
    for name, shown in names.items():
        samples = found[name]["create"]["1"]
        rows.append((shown, len(samples), f"{middle(samples, 'p50'):.3f}", f"{middle(samples, 'p99'):.3f}"))
    yield from table(("one connection", "rounds", "p50 ms", "p99 ms"), rows)


def growth(results):
    sizes = list(results["growth"])
    yield from ("## Growth", "", "The service on databases of several sizes; each profile has a pair of metadata and an event.", "")
    yield from (picture("growth", "Latency by the number of profiles"), "")
    rows = []
    for operation, by_connections in results["growth"][sizes[0]].items():
        for connections in by_connections:
            times = [f"{middle(results['growth'][size][operation][connections], 'p50'):.2f}" for size in sizes]
            last = growths(results["growth"], operation, connections)[sizes[-1]]
            rows.append((operation, connections, *times, f"{last:.2f}"))
    head = "p50 ms", "connections", *(f"{int(size):,}" for size in sizes), "largest / smallest"
    yield from table(head, rows)
    yield from plans(results["plans"])


def plans(found):
    """The plans at the largest size, and whether they are the same at the others."""
    sizes = list(found)
    yield from ("### How Postgres does it", "")
    yield f"The service's own statements at {int(sizes[-1]):,} profiles, planned without knowing the parameters."
    yield ""
    for name, plan in found[sizes[-1]].items():
        other = [f"{int(size):,}" for size in sizes if found[size][name] != plan]
        said = f"another at {', '.join(other)}" if other else "the same at every size"
        yield from (f"<details><summary>{name}: {said}</summary>", "", "```text", *plan, "```", "")
        for size in sizes:
            if found[size][name] != plan:
                yield from (f"At {int(size):,}:", "", "```text", *found[size][name], "```", "")
        yield from ("</details>", "")


def drawings(results):
    contest, floor = results["contest"], results["floor"]
    operations = list(contest["uprof"])

    def by_connections(operation, name):
        samples = contest["uprof"][operation]
        return {
            shown: [middle(contest[who][operation][connections], name) for connections in samples] for who, shown in NAMES.items()
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
        series = {shown: [middle(contest[who][operation]["64"], name) for name in quantiles] for who, shown in NAMES.items()}
        latency.append(plot.Panel(f"{operation}: milliseconds at 64 connections", list(quantiles), series))
    cpu = [
        plot.Panel(
            f"{who}: µs a request at 64 connections",
            operations,
            {shown: [middle(contest[name][operation]["64"], what) for operation in operations] for name, shown in NAMES.items()},
        )
        for who, what in (("the service", "cpu"), ("Postgres", "database_cpu"))
    ]
    return {
        "throughput": plot.bars("Requests a second: more is better", throughput),
        "latency": plot.bars("Latency: less is better", latency),
        "cpu": plot.bars("CPU time a request: less is better", cpu),
        "growth": plot.bars("Latency by the number of profiles: level is best", list(grown(results["growth"], operations))),
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
