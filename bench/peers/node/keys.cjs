'use strict';
// Authentication: API keys are looked up by hash and cached for 5 seconds.

const { createHash } = require('node:crypto');

const LIFETIME = 5000;

const FIND = {
  name: 'find_key',
  text: 'select organization_id, scopes, expires_at, revoked_at from api_keys where hash = $1',
};

exports.Keys = class {
  constructor(pool) {
    this.pool = pool;
    this.cache = new Map();
  }

  // The valid credential of a secret, or undefined.
  async find(secret) {
    const hash = createHash('sha256').update(secret).digest();
    const name = hash.toString('latin1');
    const now = Date.now();
    let known = this.cache.get(name);
    if (known === undefined || now - known.since > LIFETIME) {
      const { rows } = await this.pool.query({ ...FIND, values: [hash] });
      known = { since: now, key: rows[0] };
      if (known.key !== undefined) this.cache.set(name, known);
    }
    const { key } = known;
    const valid = key !== undefined && key.revoked_at === null && (key.expires_at === null || key.expires_at > now);
    return valid ? key : undefined;
  }
};
