"""The section of filtered lists: what they cost beside a retrieve and a peer, and what their indexes cost a create."""

from contextlib import ExitStack

from . import contestants
from .filling import Database
from .load import FILTERED

CONNECTIONS = 64

# The peer with the same filters on the same indexes.
CONTESTANTS = contestants.uprof, contestants.node

# A create with an external id and two pairs, which writes an entry of each index that it can.
CREATE = "create_pairs"


def samples(effort):
    """How many samples a round has."""
    return 1 + len(FILTERED) * len(CONTESTANTS) + 2


def fill(run):
    """A database like that of the contest, but for the indexes of filters."""
    run.bare = Database(run.postgres, "bare", run.effort.contest, run.scratch)
    run.bare.fill()
    run.bare.drop_filter_indexes()


def measure(run):
    with ExitStack() as stack:

        def started(kind, database, **named):
            return stack.enter_context(kind(run.postgres, database.name, database.key, run.scratch, **named))

        running = [started(kind, run.database) for kind in CONTESTANTS]
        bare = started(contestants.uprof, run.bare, name="bare")
        found = [[contestants.bare(profile) for profile in listed(contestant)] for contestant in running]
        if found[0] != found[1] or len(found[0]) != 1:
            raise RuntimeError(f"the peers do not find the same: {found}")
        own = running[0]

        def sample(into, contestant, operation, seconds=run.effort.seconds):
            database = run.bare if contestant is bare else run.database
            run.sample(into, contestant, operation, CONNECTIONS, seconds, database)

        for operation in ("retrieve", *FILTERED, CREATE):
            for contestant in running if operation in FILTERED else [own, bare] if operation == CREATE else [own]:
                sample(None, contestant, operation, run.effort.warm_up)
        for number in run.clock.rounds("filters", run.effort.find_rounds):
            round_samples = {contestant.name: {} for contestant in [*running, bare]}
            order = 1 if number % 2 == 0 else -1
            sample(round_samples[own.name], own, "retrieve")
            for operation in FILTERED:
                for contestant in running[::order]:
                    sample(round_samples[contestant.name], contestant, operation)
            for contestant in [own, bare][::order]:
                sample(round_samples[contestant.name], contestant, CREATE)
            run.merge("find", round_samples)


def listed(contestant):
    return contestant.ask("GET", "/v1/user_profiles?external_id=user_7")["data"]
