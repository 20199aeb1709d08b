"""What is measured, in which order. Everything that is compared takes turns, so that other activity of the machine affects all alike."""

import subprocess
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from . import bulk, contestants, finding, machine, statements
from .filling import Database
from .floor import BATCHES, CLIENTS, pgbench
from .load import FILTERED, OPERATIONS, load
from .postgres import FILLING, LOGGING, Postgres

CONNECTIONS = {"create": (1, 64, 256), "retrieve": (1, 64), "update": (1, 64), "list": (1, 64)}

# The connections that ask for pages at once, for the peak of memory.
CROWD = 256

# The connections of the growth section: one, and enough to use both cores.
GROWTH_CONNECTIONS = 1, 64

FLOOR_OPERATIONS = "create", "retrieve"

# Filtered lists before updates, which overwrite what some of them look for.
GROWN = *FILTERED, *OPERATIONS

CONTESTANTS = contestants.uprof, contestants.node, contestants.python

# Section and its heading, in the order of the run.
SECTIONS = {
    "filling": "Filling the tables",
    "contest": "Side by side",
    "find": "Filters",
    "bulk": "Imports and exports",
    "lone": "A lone create",
    "starts": "Cold starts",
    "growth": "Growth",
}


@dataclass(frozen=True)
class Effort:
    """How much is done. Times are in seconds; sizes are numbers of profiles, in ascending order."""

    rounds: int = 3
    seconds: int = 2
    warm_up: int = 1
    contest: int = 100_000
    sizes: tuple = (10_000, 1_000_000, 10_000_000)
    find_rounds: int = 3
    imported: int = 1_000_000
    lone_starts: int = 4
    lone_rounds: int = 2
    lone_seconds: int = 1
    starts: int = 11
    growth_rounds: int = 3
    # Rounds in which the sizes between the smallest and the largest are measured too.
    growth_middle_rounds: int = 1
    growth_warm_up: int = 3


QUICK = Effort(rounds=1, seconds=1, contest=10_000, sizes=(1_000, 10_000, 100_000), find_rounds=1, imported=20_000, lone_starts=1, starts=3, growth_rounds=1, growth_warm_up=1)

# Estimates for two cores: the seconds of a sample beside its load, of a filled profile with its metadata, event and indexes, and of a cold start.
SAMPLE_SECONDS, ROW_SECONDS, START_SECONDS = 0.3, 1.3e-5, 0.2

# An imported and exported line, and one of the peer's tenth.
LINE_SECONDS = 5e-5


def costs(effort):
    """The estimated seconds of each section."""
    sample, warm_up = effort.seconds + SAMPLE_SECONDS, effort.warm_up + SAMPLE_SECONDS
    floor_samples = len(FLOOR_OPERATIONS) * len(CLIENTS) + len(BATCHES)
    contest_samples = len(CONTESTANTS) * sum(map(len, CONNECTIONS.values())) + floor_samples
    lone_samples = warm_up + effort.lone_rounds * (effort.lone_seconds + SAMPLE_SECONDS)
    middle = min(effort.growth_rounds, effort.growth_middle_rounds) * (len(effort.sizes) - 2)
    return {
        "filling": (2 * effort.contest + sum(effort.sizes)) * ROW_SECONDS + 5,
        "contest": len(CONTESTANTS) * len(OPERATIONS) * warm_up + effort.rounds * contest_samples * sample,
        "find": finding.samples(effort) * (warm_up + effort.find_rounds * sample),
        "bulk": effort.imported * LINE_SECONDS + 2,
        "lone": effort.lone_starts * 2 * (START_SECONDS + lone_samples),
        "starts": effort.starts * START_SECONDS,
        "growth": len(GROWN)
        * (
            len(effort.sizes) * (effort.growth_warm_up + SAMPLE_SECONDS)
            + len(GROWTH_CONNECTIONS) * (2 * effort.growth_rounds + middle) * sample
        ),
    }


class Run:
    """One run of all sections. `store` is called with the results after each round, so that a run that ends early loses a round at most.

    `results["incomplete"]` names each section that is not complete, and why."""

    def __init__(self, effort, scratch, clock, store):
        self.effort, self.scratch, self.clock, self.store = effort, scratch, clock, store
        self.results = {
            "effort": asdict(effort),
            "binary_bytes": contestants.BINARY.stat().st_size,
            "incomplete": dict.fromkeys(SECTIONS, "not started"),
            "rounds": {},
            "cuts": clock.cuts,
        }
        home = scratch / "postgres"
        home.mkdir()
        self.postgres = Postgres(home)

    def everything(self):
        with self.postgres.started(**FILLING, **LOGGING):
            if not self.section("filling", self.fill):
                return
        with self.postgres.started() as self.server:
            self.results["machine"] = machine.described(self.postgres)
            for name, measure in {"contest": self.contest, "find": self.find, "bulk": self.bulk, "lone": self.lone, "starts": self.starts, "growth": self.growth}.items():
                self.section(name, measure)

    def section(self, name, measure):
        """Measures a section, and whether it succeeded. After a failure the others are still measured."""
        self.results["incomplete"][name] = "interrupted"
        self.clock.enter(name)
        try:
            measure()
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            self.results["incomplete"][name] = f"failed: {error}"
            self.clock.say(f"{SECTIONS[name]} failed: {error}")
        else:
            del self.results["incomplete"][name]
        self.save()
        return name not in self.results["incomplete"]

    def save(self):
        self.results["seconds"] = self.clock.elapsed()
        self.store(self.results)

    def merge(self, section, samples):
        """Adds the samples of a complete round: samples that are compared by round must be of the same rounds."""
        merge(self.results.setdefault(section, {}), samples)
        self.results["rounds"][section] = self.results["rounds"].get(section, 0) + 1
        self.save()

    def fill(self):
        """The database of the contest and those of the growth, smallest first. At least two of the latter; more while they fit in the time."""
        self.clock.say("filling the tables")
        self.database = Database(self.postgres, "contest", self.effort.contest, self.scratch)
        self.database.fill()
        finding.fill(self)
        bulk.fill(self)
        self.sizes, row_seconds = {}, 0
        for size in self.effort.sizes:
            if len(self.sizes) >= 2 and not self.clock.fits(size * row_seconds):
                self.clock.cut(f"growth: no database of {size:,} profiles (filling it would take {size * row_seconds:.0f} s)")
                break
            self.clock.say(f"filling {size:,} profiles")
            began = self.clock.elapsed()
            self.sizes[size] = Database(self.postgres, f"size_{size}", size, self.scratch)
            self.sizes[size].fill()
            row_seconds = (self.clock.elapsed() - began) / size
        with contestants.uprof(self.postgres, "contest", self.database.key, self.scratch) as service:
            self.statements = statements.of_operations(self.postgres, service)

    def sample(self, samples, contestant, operation, connections, seconds, database):
        """Measures one sample and adds it to `samples`, unless that is None (a warm-up)."""
        sample, written = load(contestant, operation, connections, seconds, database, self.server)
        if operation in ("create", finding.CREATE):
            written.check(self.postgres, database.name)
        if samples is not None:
            samples.setdefault(operation, {}).setdefault(str(connections), []).append(vars(sample))

    def contest(self):
        """The service, its peers and the floor, on one database."""
        with ExitStack() as stack:
            started = [kind(self.postgres, "contest", self.database.key, self.scratch) for kind in CONTESTANTS]
            running = [stack.enter_context(contestant) for contestant in started]
            contestants.same_answers(running)
            self.clock.say("warming up the service and its peers")
            for operation in OPERATIONS:
                for contestant in running:
                    self.sample(None, contestant, operation, 64, self.effort.warm_up, self.database)
            for number in self.clock.rounds("side by side", self.effort.rounds):
                # The order is reversed every other round.
                samples, floor = self.contest_round(running if number % 2 == 0 else running[::-1])
                # So many answers at once are what takes most memory.
                self.sample(None, running[0], "list", CROWD, self.effort.warm_up, self.database)
                self.results["peak_memory"] = running[0].process.peak_resident_bytes()
                merge(self.results.setdefault("floor", {}), floor)
                self.merge("contest", samples)

    def contest_round(self, running):
        samples, floor = {}, {}
        for operation in OPERATIONS:
            if operation in FLOOR_OPERATIONS:
                floor[operation] = self.floor(operation)
            if operation == "create":
                floor["batch"] = self.batches()
            for connections in CONNECTIONS[operation]:
                for contestant in running:
                    of_contestant = samples.setdefault(contestant.name, {})
                    self.sample(of_contestant, contestant, operation, connections, self.effort.seconds, self.database)
        return samples, floor

    def find(self):
        finding.measure(self)

    def bulk(self):
        bulk.measure(self)

    def floor(self, operation):
        script = statements.script(self.statements[operation], self.database.organization, operation, self.database.count)
        return {
            str(clients): [vars(pgbench(self.database, script, clients, self.effort.seconds, self.scratch))] for clients in CLIENTS
        }

    def batches(self):
        """Rows a second of the statement of a create with many rows, nothing else running."""
        (statement,) = self.statements["create"]
        found = {}
        for rows, clients in BATCHES:
            script = statements.batch_script(statement, self.database.organization, rows)
            floor = pgbench(self.database, script, clients, self.effort.seconds, self.scratch)
            floor.rate *= rows
            found[f"{clients} × {rows}"] = [vars(floor)]
        return found

    def lone(self):
        """A create on the only connection, with batching and without."""
        place = self.postgres, "contest", self.database.key, self.scratch
        kinds = {"batching": {}, "single": {"UPROF_BATCH_ROWS": "1"}}
        for start in self.clock.rounds("a lone create, with batching and without", self.effort.lone_starts):
            samples = {name: {} for name in kinds}
            # New processes in each round: which cores their threads run on hardly changes after the start.
            with ExitStack() as stack:
                pair = [stack.enter_context(contestants.uprof(*place, name=name, **kind)) for name, kind in kinds.items()]
                for contestant in pair:
                    self.sample(None, contestant, "create", 1, self.effort.warm_up, self.database)
                for number in range(self.effort.lone_rounds):
                    for contestant in pair if (start + number) % 2 == 0 else pair[::-1]:
                        self.sample(samples[contestant.name], contestant, "create", 1, self.effort.lone_seconds, self.database)
            self.merge("lone", samples)

    def starts(self):
        self.clock.say("cold starts")
        place = self.postgres, "contest", self.database.key, self.scratch
        self.results["cold_start"] = [contestants.cold_start(*place) for _ in range(self.effort.starts)]

    def growth(self):
        """The service on databases of several sizes."""
        named = {
            operation if len(found) == 1 else f"{operation}, statement {number}": statement
            for operation, found in self.statements.items()
            for number, statement in enumerate(found, 1)
        }
        sizes = list(self.sizes)
        plans = {}
        with ExitStack() as stack:
            services = {}
            for size, database in self.sizes.items():
                place = self.postgres, database.name, database.key, self.scratch
                services[size] = stack.enter_context(contestants.uprof(*place, name=database.name))
                plans[str(size)] = statements.plans(self.postgres, database.name, named)
                self.clock.say(f"warming up {size:,} profiles")
                database.warm()
                for operation in GROWN:
                    self.sample(None, services[size], operation, 64, self.effort.growth_warm_up, database)
            self.results["plans"] = plans
            for number in self.clock.rounds("growth", self.effort.growth_rounds):
                samples = {str(size): {} for size in sizes if self.in_round(size, number)}
                for operation in GROWN:
                    for connections in GROWTH_CONNECTIONS:
                        for size in samples if number % 2 == 0 else reversed(samples):
                            place = services[int(size)], operation, connections, self.effort.seconds, self.sizes[int(size)]
                            self.sample(samples[size], *place)
                self.merge("growth", samples)

    def in_round(self, size, number):
        return number < self.effort.growth_middle_rounds or size in (min(self.sizes), max(self.sizes))


def merge(into, samples):
    """Appends the lists of `samples` to those under the same names of `into`."""
    for name, found in samples.items():
        if isinstance(found, list):
            into.setdefault(name, []).extend(found)
        else:
            merge(into.setdefault(name, {}), found)
