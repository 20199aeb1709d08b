"""The statements, which asyncpg prepares once per connection. A create is one round trip."""

import asyncpg
import ids
import orjson

# Measured: with more or fewer, the rate of creates is lower.
CONNECTIONS_PER_PROCESS = 8

SELECT = """
  select p.id,
         p.created_at,
         p.updated_at,
         p.name,
         p.relationship,
         p.reference_id,
         (select coalesce(json_object_agg(m.key, m.value), '{}')
            from user_profile_metadata m
           where m.organization_id = p.organization_id and m.profile_id = p.id) as metadata,
         (select coalesce(json_object_agg(g.name, json_build_object('status', g.status)), '{}')
            from trust_grants g
           where g.organization_id = p.organization_id and g.profile_id = p.id) as trust_grants
    from user_profiles p"""

CREATE = """
  with profile as (
    insert into user_profiles (organization_id, id, created_at, updated_at, name, relationship, reference_id)
    values ($1, $2, $3, $3, $4, $5, $6)
  ), event as (
    insert into events (organization_id, id, created_at, kind, profile_id)
    values ($1, $9, $3, 'user_profile.created', $2)
  )
  insert into user_profile_metadata (organization_id, profile_id, key, value)
  select $1, $2, * from unnest($7::text[], $8::text[])"""

RETRIEVE = SELECT + " where p.organization_id = $1 and p.id = $2"

LIST = SELECT + " where p.organization_id = $1 and p.id < $2 order by p.id desc limit $3"

LOCK = "select from user_profiles where organization_id = $1 and id = $2 for update"

SAVE = """
  with profile as (
    update user_profiles
       set updated_at = $3, name = $4, relationship = $5, reference_id = $6
     where organization_id = $1 and id = $2
  ), event as (
    insert into events (organization_id, id, created_at, kind, profile_id, fields)
    values ($1, $9, $3, 'user_profile.updated', $2, $10)
  ), removed as (
    delete from user_profile_metadata
     where organization_id = $1 and profile_id = $2 and key <> all ($7::text[])
  )
  insert into user_profile_metadata as m (organization_id, profile_id, key, value)
  select $1, $2, * from unnest($7::text[], $8::text[])
      on conflict on constraint user_profile_metadata_pkey do update
     set value = excluded.value
   where m.value <> excluded.value"""


async def connect():
    """The pool, on the database of libpq's variables."""
    return await asyncpg.create_pool(
        min_size=CONNECTIONS_PER_PROCESS,
        max_size=CONNECTIONS_PER_PROCESS,
        server_settings={"jit": "off"},
        init=read_json,
        # The statements change no session state, and a reset would be a second round trip.
        reset=leave,
    )


async def read_json(connection):
    await connection.set_type_codec("json", schema="pg_catalog", encoder=orjson.dumps, decoder=orjson.loads)


async def leave(_):
    pass


class Profiles:
    def __init__(self, pool):
        self.pool = pool

    async def create(self, organization, profile):
        identifier, at = profile["id"], profile["created_at"]
        await self.pool.execute(CREATE, organization, identifier, at, *columns(profile), ids.new_uuid(at))

    async def retrieve(self, organization, identifier):
        return await self.pool.fetchrow(RETRIEVE, organization, identifier)

    async def list(self, organization, before, limit):
        """The newest profiles before the id `before`, and whether there are more."""
        rows = await self.pool.fetch(LIST, organization, before, limit + 1)
        return rows[:limit], len(rows) > limit

    async def update(self, organization, identifier, change):
        """Applies `change` to the profile under its lock; None if it does not exist. `change` returns the profile and the changed fields."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(LOCK, organization, identifier)
            before = await connection.fetchrow(RETRIEVE, organization, identifier)
            if before is None:
                return None
            after, fields = change(before)
            if fields:
                at = after["updated_at"]
                values = *columns(after), ids.new_uuid(at), fields
                await connection.execute(SAVE, organization, identifier, at, *values)
            return after


def columns(profile):
    metadata = profile["metadata"]
    values = [profile[name] for name in ("name", "relationship", "reference_id")]
    return [*values, list(metadata), list(metadata.values())]
