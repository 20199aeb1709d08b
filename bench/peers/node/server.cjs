'use strict';
// The service written with fastify and pg: PROCESSES workers on the port of its argument, on the database of libpq's variables.

const cluster = require('node:cluster');
const { fastify } = require('fastify');
const { Pool } = require('pg');
const ids = require('./ids.cjs');
const schemas = require('./schemas.cjs');
const { Keys } = require('./keys.cjs');
const { Profiles } = require('./profiles.cjs');

// Measured: with more or fewer, the rate of creates is lower.
const CONNECTIONS_PER_PROCESS = 8;

const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

function refusal(status, type, message) {
  return Object.assign(new Error(message), { statusCode: status, type });
}

function shown(profile) {
  return {
    id: ids.write(profile.id),
    created_at: profile.created_at.toISOString(),
    metadata: profile.metadata,
    relationship: profile.relationship,
    trust_grants: profile.trust_grants,
    type: 'user_profile',
    updated_at: profile.updated_at.toISOString(),
    external_id: profile.reference_id,
    name: profile.name,
  };
}

function known(profile) {
  if (profile === undefined) throw refusal(404, 'not_found_error', 'User profile not found');
  return profile;
}

function profileOf(body, created_at) {
  return {
    id: ids.newUuid(created_at.getTime()),
    created_at,
    updated_at: created_at,
    name: body.name ?? null,
    relationship: body.relationship ?? 'external',
    reference_id: body.external_id ?? null,
    metadata: body.metadata ?? {},
    trust_grants: {},
  };
}

// The profile after an update, and the changed fields.
function updated(before, body) {
  const metadata = { ...before.metadata };
  for (const [key, value] of Object.entries(body.metadata ?? {})) {
    if (value === '') delete metadata[key];
    else metadata[key] = value;
  }
  if (Object.keys(metadata).length > 16) {
    throw refusal(400, 'invalid_request_error', 'metadata: Object should have at most 16 pairs');
  }
  const after = {
    ...before,
    metadata,
    name: body.name === undefined ? before.name : body.name,
    relationship: body.relationship ?? before.relationship,
    reference_id: body.external_id === undefined ? before.reference_id : body.external_id,
  };
  if (after.relationship === 'resold' && after.name === null && (body.name !== undefined || body.relationship)) {
    throw refusal(400, 'invalid_request_error', 'name: Field required when `relationship` is `resold`');
  }
  const fields = ['name', 'relationship', 'reference_id'].filter((name) => after[name] !== before[name]);
  const keys = Object.keys({ ...metadata, ...before.metadata });
  if (keys.some((key) => metadata[key] !== before.metadata[key])) fields.push('metadata');
  return { after: fields.length > 0 ? { ...after, updated_at: new Date() } : before, fields };
}

async function serve(port) {
  const pool = new Pool({ max: CONNECTIONS_PER_PROCESS, options: '-c jit=off' });
  const keys = new Keys(pool);
  const profiles = new Profiles(pool);
  const ajv = { customOptions: { removeAdditional: false, coerceTypes: false, allErrors: true, allowUnionTypes: true } };
  const app = fastify({ ajv, disableRequestLogging: true, keepAliveTimeout: 75000 });

  app.decorateRequest('organization', null);
  const permit = (scope) => async (request) => {
    const secret = request.headers['x-api-key'] ?? request.headers.authorization?.replace(/^bearer /i, '');
    const key = secret && (await keys.find(secret));
    if (!key) throw refusal(401, 'authentication_error', 'Invalid API key');
    if (!key.scopes.includes(scope)) throw refusal(403, 'permission_error', `API key lacks the scope \`${scope}\``);
    request.organization = key.organization_id;
  };
  const [read, write] = [permit('profiles:read'), permit('profiles:write')];

  app.setErrorHandler((error, request, reply) => {
    const status = error.statusCode ?? 500;
    const type = error.type ?? (status < 500 ? 'invalid_request_error' : 'api_error');
    const message = status < 500 ? error.message : 'Internal error';
    reply.status(status).send({ type: 'error', error: { type, message, details: null }, request_id: request.id });
  });

  app.get('/health/ready', async () => {
    await pool.query('select 1');
    return '';
  });

  app.post('/v1/user_profiles', { schema: schemas.create, onRequest: write }, async ({ organization, body }) => {
    const profile = profileOf(body, new Date());
    await profiles.create(organization, profile);
    return shown(profile);
  });

  const batchRoute = { schema: schemas.batch, onRequest: write, bodyLimit: 8 * 1024 * 1024 };
  app.post('/v1/user_profiles/batch', batchRoute, async (request) => {
    const created_at = new Date();
    const validate = request.compileValidationSchema(schemas.params);
    const results = request.body.requests.map(({ custom_id, params }) => {
      if (!validate(params)) {
        const message = validate.errors.map((error) => `${error.instancePath} ${error.message}`).join('; ');
        return { custom_id, error: { type: 'invalid_request_error', message } };
      }
      return { custom_id, profile: profileOf(params, created_at) };
    });
    const created = results.filter(({ profile }) => profile !== undefined).map(({ profile }) => profile);
    await profiles.createMany(request.organization, created_at, created);
    return {
      type: 'user_profile_batch',
      request_counts: { succeeded: created.length, errored: results.length - created.length },
      results: results.map(({ custom_id, profile, error }) => ({
        custom_id,
        result: profile ? { type: 'succeeded', user_profile: shown(profile) } : { type: 'errored', error },
      })),
    };
  });

  app.get('/v1/user_profiles', { schema: schemas.list, onRequest: read }, async ({ organization, query }) => {
    const before = query.page === undefined ? LAST : ids.read(query.page);
    if (before === undefined) throw refusal(400, 'invalid_request_error', 'page: Malformed cursor');
    const pairs = Object.entries(query).filter(([name]) => name.startsWith('metadata['));
    if (pairs.length + (query.external_id ? 1 : 0) > 1) throw refusal(400, 'invalid_request_error', 'one filter at most');
    const pair = pairs.map(([name, value]) => [name.slice('metadata['.length, -1), value])[0];
    const filter = { reference: query.external_id, pair };
    const { rows, more } = await profiles.list(organization, before, Number(query.limit), filter);
    return { data: rows.map(shown), next_page: more ? ids.write(rows.at(-1).id) : null };
  });

  app.get('/v1/user_profiles/:id', { schema: schemas.retrieve, onRequest: read }, async ({ organization, params }) => {
    const id = ids.read(params.id);
    return shown(known(id && (await profiles.retrieve(organization, id))));
  });

  app.post('/v1/user_profiles/:id', { schema: schemas.update, onRequest: write }, async (request) => {
    const id = ids.read(request.params.id);
    const change = (before) => updated(before, request.body);
    return shown(known(id && (await profiles.update(request.organization, id, change))));
  });

  await app.listen({ host: '127.0.0.1', port });
  process.on('SIGTERM', () => app.close().then(() => pool.end()).then(() => process.exit(0)));
}

if (cluster.isPrimary) {
  for (let started = 0; started < Number(process.env.PROCESSES); started += 1) cluster.fork();
  cluster.on('exit', () => process.exit(1));
  process.on('SIGTERM', () => process.exit(0));
} else {
  serve(Number(process.argv[2]));
}
