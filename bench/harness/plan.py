"""What is measured, in which order: everything that is compared takes turns, so that what the machine does besides hits all alike."""

import time
from contextlib import ExitStack
from dataclasses import dataclass

from . import contestants, machine, statements
from .filling import Database
from .floor import CLIENTS, pgbench
from .load import OPERATIONS, load
from .postgres import FILLING, LOGGING, Postgres

CONNECTIONS = 1, 64, 256

# At which connections growth is measured: alone, and with both cores busy.
GROWTH_CONNECTIONS = 1, 64


@dataclass(frozen=True)
class Effort:
    """How much is done. Times are in seconds; sizes are numbers of profiles."""

    rounds: int = 3
    seconds: int = 2
    warm_up: int = 1
    contest: int = 100_000
    sizes: tuple = (10_000, 1_000_000, 10_000_000)
    lone_starts: int = 6
    lone_rounds: int = 3
    lone_seconds: int = 1
    starts: int = 11
    growth_rounds: int = 4
    growth_warm_up: int = 8


QUICK = Effort(rounds=1, seconds=1, contest=10_000, sizes=(1_000, 10_000, 100_000), lone_starts=1, starts=3, growth_rounds=1, growth_warm_up=1)


class Run:
    """One run of everything, with what it found in `results`."""

    def __init__(self, effort, scratch, say):
        self.effort, self.scratch, self.say = effort, scratch, say
        self.began = time.monotonic()
        home = scratch / "postgres"
        home.mkdir()
        self.postgres = Postgres(home)
        self.results = {"effort": vars(effort), "binary_bytes": contestants.BINARY.stat().st_size}

    def everything(self):
        with self.postgres.started(**FILLING, **LOGGING):
            self.prepare()
        with self.postgres.started() as self.server:
            self.contest()
            self.lone()
            self.starts()
            self.growth()
            # The peers are installed now, and Postgres has its memory.
            self.results["machine"] = machine.described(self.postgres)
        self.results["seconds"] = time.monotonic() - self.began
        return self.results

    def prepare(self):
        self.say("filling the tables")
        self.database = Database(self.postgres, "contest", self.effort.contest, self.scratch)
        self.sizes = {size: Database(self.postgres, f"size_{size}", size, self.scratch) for size in self.effort.sizes}
        for database in self.database, *self.sizes.values():
            database.fill()
        with contestants.uprof(self.postgres, "contest", self.database.key, self.scratch) as service:
            self.statements = statements.of_operations(self.postgres, service)

    def sample(self, kept, contestant, operation, connections, seconds, database):
        sample, written = load(contestant, operation, connections, seconds, database.ids, self.server)
        if operation == "create":
            written.check(self.postgres, database.name)
        if kept is not None:
            kept.setdefault(operation, {}).setdefault(connections, []).append(vars(sample))
        return sample

    def contest(self):
        """The service, its peers and the floor, on one database."""
        self.results["contest"], self.results["floor"] = {}, {}
        kinds = contestants.uprof, contestants.node, contestants.python
        with ExitStack() as stack:
            started = [kind(self.postgres, "contest", self.database.key, self.scratch) for kind in kinds]
            fighters = [stack.enter_context(contestant) for contestant in started]
            contestants.same_answers(fighters)
            self.say("warming up")
            for operation in OPERATIONS:
                for fighter in fighters:
                    self.sample(None, fighter, operation, 64, self.effort.warm_up, self.database)
            for number in range(self.effort.rounds):
                self.say(f"the service, its peers and the floor: round {number + 1} of {self.effort.rounds}")
                # Whoever comes first one time comes last the next.
                self.contest_round(fighters if number % 2 == 0 else fighters[::-1])
            self.results["peak_memory"] = fighters[0].process.peak_resident_bytes()

    def contest_round(self, fighters):
        for operation in OPERATIONS:
            if operation in ("create", "retrieve"):
                self.floor(operation)
            for connections in CONNECTIONS:
                for fighter in fighters:
                    kept = self.results["contest"].setdefault(fighter.name, {})
                    self.sample(kept, fighter, operation, connections, self.effort.seconds, self.database)

    def floor(self, operation):
        script = statements.script(self.statements[operation], self.database.organization, operation, self.database.count)
        for clients in CLIENTS:
            found = pgbench(self.database, script, clients, self.effort.seconds, self.scratch)
            self.results["floor"].setdefault(operation, {}).setdefault(clients, []).append(vars(found))

    def lone(self):
        """A create that is alone, with batching and without."""
        self.say("a lone create, with batching and without")
        self.results["lone"] = {"batching": {}, "single": {}}
        for start in range(self.effort.lone_starts):
            # Anew each time, for where the system puts the threads that wake each other it hardly changes later.
            with ExitStack() as stack:
                place = self.postgres, "contest", self.database.key, self.scratch
                kinds = {"batching": {}, "single": {"UPROF_BATCH_ROWS": "1"}}
                pair = [stack.enter_context(contestants.uprof(*place, name=name, **kind)) for name, kind in kinds.items()]
                for contestant in pair:
                    self.sample(None, contestant, "create", 1, self.effort.warm_up, self.database)
                for number in range(self.effort.lone_rounds):
                    for contestant in pair if (start + number) % 2 == 0 else pair[::-1]:
                        kept = self.results["lone"][contestant.name]
                        self.sample(kept, contestant, "create", 1, self.effort.lone_seconds, self.database)

    def starts(self):
        self.say("cold starts")
        place = self.postgres, "contest", self.database.key, self.scratch
        self.results["cold_start"] = [contestants.cold_start(*place) for _ in range(self.effort.starts)]

    def growth(self):
        """The service on databases of several sizes."""
        asked = {
            operation if len(found) == 1 else f"{operation}, statement {number}": statement
            for operation, found in self.statements.items()
            for number, statement in enumerate(found, 1)
        }
        self.results["growth"], self.results["plans"] = {}, {}
        with ExitStack() as stack:
            services = {}
            for size, database in self.sizes.items():
                place = self.postgres, database.name, database.key, self.scratch
                services[size] = stack.enter_context(contestants.uprof(*place, name=database.name))
                self.results["plans"][size] = statements.plans(self.postgres, database.name, asked)
                self.say(f"warming up {size:,} profiles")
                database.warm()
                for operation in OPERATIONS:
                    self.sample(None, services[size], operation, 64, self.effort.growth_warm_up, database)
            for number in range(self.effort.growth_rounds):
                self.say(f"growth: round {number + 1} of {self.effort.growth_rounds}")
                for operation in OPERATIONS:
                    for connections in GROWTH_CONNECTIONS:
                        for size in self.sizes if number % 2 == 0 else reversed(self.sizes):
                            kept = self.results["growth"].setdefault(size, {})
                            self.sample(kept, services[size], operation, connections, self.effort.seconds, self.sizes[size])
