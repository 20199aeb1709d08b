"""Databases filled with profiles; each has one metadata pair, one in twenty has a second, and the event of its creation."""

import json
import random
import subprocess

from . import contestants, ids
from .process import clean_environment

# The number of different profiles in a load.
REQUESTED = 50_000

# One profile of this many has a team, and as many profiles have the same.
TEAM = 20

FILTER_INDEXES = (
    "user_profiles_reference_id_idx",
    "user_profile_metadata_pair_idx",
    "trust_grants_name_idx",
    "user_profiles_relationship_idx",
)


class Database:
    """A migrated database with one organization of `count` profiles, and an API key of it."""

    def __init__(self, postgres, name, count, scratch):
        self.postgres, self.name, self.count = postgres, name, count
        self.teams = max(1, count // TEAM**2)
        postgres.run("createdb", name)
        self.administer("migrate", text=True)
        created = self.administer("organizations", "create", "--name", "Benchmark", "--format", "json")
        scopes = "profiles:read,profiles:write"
        self.key = self.administer("keys", "create", "--organization", created["id"], "--scopes", scopes, "--format", "json")["key"]
        self.organization = ids.uuid_of(created["id"])
        self.ids = scratch / f"{name}.ids"
        numbers = random.Random(count).choices(range(count), k=min(count, REQUESTED)) if count else []
        self.ids.write_text("".join(f"{ids.profile(number)}\n" for number in numbers))

    def administer(self, *verb, text=False):
        environment = {**clean_environment(), "DATABASE_URL": self.postgres.url(self.name)}
        done = subprocess.run([contestants.BINARY, *verb], capture_output=True, text=True, env=environment)
        if done.returncode != 0:
            raise RuntimeError(f"uprof {' '.join(verb)} failed: {done.stderr}")
        return done.stdout if text else json.loads(done.stdout)

    def fill(self):
        """Copies the profiles in. Indexes other than those of constraints are dropped first and created again afterwards."""
        indexes = self.postgres.sql(
            self.name,
            """select indexname,
                      indexdef
                 from pg_indexes
                where tablename in ('user_profiles', 'user_profile_metadata', 'events')
                  and indexname not in (select conname from pg_constraint);""",
        )
        names, definitions = zip(*(index.split("\t") for index in indexes))
        self.postgres.sql(self.name, f"drop index {', '.join(names)};")
        for table, columns, values, condition in rows(self.organization, self.teams):
            self.copy(table, columns, values, condition)
        self.postgres.sql(self.name, "; ".join(definitions))
        self.postgres.sql(self.name, "vacuum (freeze, analyze);")

    def warm(self):
        """Loads what operations read at random into the shared buffers, as after some time of use."""
        self.postgres.sql(
            self.name,
            """create extension if not exists pg_prewarm;
               select sum(pg_prewarm(oid::regclass))
                 from pg_class
                where relnamespace = 'public'::regnamespace
                  and relkind in ('r', 'i')
                  and (relname like 'user\\_profile%' or relname = 'events_profile_idx');""",
        )

    def drop_filter_indexes(self):
        """As if lists had no filters."""
        self.postgres.sql(self.name, f"drop index {', '.join(FILTER_INDEXES)};")

    def copy(self, table, columns, values, condition):
        series = f"copy (select {values} from generate_series(0::bigint, {self.count - 1}) n where {condition}) to stdout (format binary)"
        # Skips foreign key checks: all referenced rows exist, and checking millions of them takes minutes.
        into = "set session_replication_role = replica", f"copy {table} ({columns}) from stdin (format binary)"
        environment = {**clean_environment(), **self.postgres.environment(self.name)}
        psql = self.postgres.programs / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"
        writer = subprocess.Popen([*psql, "-c", series], stdout=subprocess.PIPE, env=environment)
        reader = subprocess.run([*psql, "-c", into[0], "-c", into[1]], stdin=writer.stdout, env=environment)
        writer.stdout.close()
        if writer.wait() or reader.returncode:
            raise RuntimeError(f"{table} could not be filled: see the messages above")


def rows(organization, teams):
    """The rows of a create: table, columns, values as expressions of the number `n`, and of which `n` there are any."""
    owner, identifier = f"'{organization}'::uuid", ids.sql_of("n")
    at = f"to_timestamp(({ids.FIRST_MILLISECOND} + n) / 1000.0)"
    name = "substr(md5(n::text), 1, 8) || ' ' || substr(md5(n::text), 9, 8)"
    yield (
        "user_profiles",
        "organization_id, id, created_at, updated_at, name, relationship, reference_id",
        f"{owner}, {identifier}, {at}, {at}, {name}, 'external', 'user_' || n",
        "true",
    )
    pair = "user_profile_metadata", "organization_id, profile_id, key, value"
    yield *pair, f"{owner}, {identifier}, 'plan', 'pro'", "true"
    yield *pair, f"{owner}, {identifier}, 'team', 'team_' || n / {TEAM} % {teams}", f"n % {TEAM} = 0"
    yield (
        "events",
        "organization_id, id, created_at, kind, profile_id",
        f"{owner}, {identifier}, {at}, 'user_profile.created', {identifier}",
        "true",
    )
