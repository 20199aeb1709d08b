'use strict';
// The statements, each prepared once per connection. A create is one round trip.

const ids = require('./ids.cjs');

const SELECT = `
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
    from user_profiles p`;

const CREATE = {
  name: 'create',
  text: `
  with profile as (
    insert into user_profiles (organization_id, id, created_at, updated_at, name, relationship, reference_id)
    values ($1, $2, $3, $3, $4, $5, $6)
  ), event as (
    insert into events (organization_id, id, created_at, kind, profile_id)
    values ($1, $9, $3, 'user_profile.created', $2)
  )
  insert into user_profile_metadata (organization_id, profile_id, key, value)
  select $1, $2, * from unnest($7::text[], $8::text[])`,
};

const CREATE_MANY = {
  name: 'create_many',
  text: `
  with profile as (
    insert into user_profiles (organization_id, id, created_at, updated_at, name, relationship, reference_id)
    select $1, id, $2, $2, name, relationship, reference_id
      from unnest($3::uuid[], $4::text[], $5::text[], $6::text[]) as new (id, name, relationship, reference_id)
  ), event as (
    insert into events (organization_id, id, created_at, kind, profile_id)
    select $1, event_id, $2, 'user_profile.created', id
      from unnest($3::uuid[], $7::uuid[]) as new (id, event_id)
  )
  insert into user_profile_metadata (organization_id, profile_id, key, value)
  select $1, * from unnest($8::uuid[], $9::text[], $10::text[])`,
};

const RETRIEVE = { name: 'retrieve', text: `${SELECT} where p.organization_id = $1 and p.id = $2` };

const LIST = {
  name: 'list',
  text: `${SELECT} where p.organization_id = $1 and p.id < $2 order by p.id desc limit $3`,
};

// The comparisons name the indexed expressions.
const LIST_BY_REFERENCE = {
  name: 'list_by_reference',
  text: `${SELECT} where p.organization_id = $1 and p.reference_id collate "C" = $4 and p.id < $2 order by p.id desc limit $3`,
};

const LIST_BY_PAIR = {
  name: 'list_by_pair',
  text: `${SELECT}
    join (
      select profile_id
        from user_profile_metadata
       where organization_id = $1
         and key = $4
         and hashtextextended(value, 0) = hashtextextended($5, 0)
         and value = $5
         and profile_id < $2
       order by profile_id desc
       limit $3
    ) found on found.profile_id = p.id
    where p.organization_id = $1
    order by p.id desc`,
};

const LOCK = {
  name: 'lock',
  text: 'select from user_profiles where organization_id = $1 and id = $2 for update',
};

const SAVE = {
  name: 'save',
  text: `
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
   where m.value <> excluded.value`,
};

exports.Profiles = class {
  constructor(pool) {
    this.pool = pool;
  }

  async create(organization, profile) {
    const { id, created_at, name, relationship, reference_id, metadata } = profile;
    const values = [organization, id, created_at, name, relationship, reference_id];
    values.push(Object.keys(metadata), Object.values(metadata), ids.newUuid(created_at.getTime()));
    await this.pool.query({ ...CREATE, values });
  }

  async createMany(organization, created_at, profiles) {
    const column = (name) => profiles.map((profile) => profile[name]);
    const pairs = profiles.flatMap(({ id, metadata }) => Object.entries(metadata).map(([key, value]) => [id, key, value]));
    const values = [organization, created_at, column('id'), column('name'), column('relationship'), column('reference_id')];
    values.push(profiles.map(() => ids.newUuid(created_at.getTime())), ...[0, 1, 2].map((at) => pairs.map((pair) => pair[at])));
    await this.pool.query({ ...CREATE_MANY, values });
  }

  async retrieve(organization, id) {
    const { rows } = await this.pool.query({ ...RETRIEVE, values: [organization, id] });
    return rows[0];
  }

  // The newest ones before `id`, and whether there are more.
  async list(organization, id, limit, { reference, pair }) {
    const [statement, values] = reference ? [LIST_BY_REFERENCE, [reference]] : pair ? [LIST_BY_PAIR, pair] : [LIST, []];
    const { rows } = await this.pool.query({ ...statement, values: [organization, id, limit + 1, ...values] });
    return { rows: rows.slice(0, limit), more: rows.length > limit };
  }

  // Applies `change` to the profile under its lock; undefined if it does not exist. `change` returns the profile and the changed fields.
  async update(organization, id, change) {
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      await client.query({ ...LOCK, values: [organization, id] });
      const { rows } = await client.query({ ...RETRIEVE, values: [organization, id] });
      const { after, fields } = rows[0] ? change(rows[0]) : { fields: [] };
      if (fields.length > 0) {
        const { updated_at, name, relationship, reference_id, metadata } = after;
        const values = [organization, id, updated_at, name, relationship, reference_id];
        values.push(Object.keys(metadata), Object.values(metadata), ids.newUuid(updated_at.getTime()), fields);
        await client.query({ ...SAVE, values });
      }
      await client.query('commit');
      client.release();
      return after;
    } catch (error) {
      // Closes the connection: it may be in a transaction.
      client.release(error);
      throw error;
    }
  }
};
