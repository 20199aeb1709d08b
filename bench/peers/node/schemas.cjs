'use strict';
// Schemas of requests and answers.

const text = { type: ['string', 'null'], minLength: 1, maxLength: 255, pattern: '^[^\\u0000]*$' };

const body = (minValueLength, maxProperties) => ({
  type: 'object',
  additionalProperties: false,
  properties: {
    external_id: text,
    name: text,
    relationship: { enum: ['external', 'resold', 'internal', null] },
    metadata: {
      type: ['object', 'null'],
      maxProperties,
      propertyNames: { minLength: 1, maxLength: 64, pattern: '^[^\\u0000]*$' },
      additionalProperties: { type: 'string', minLength: minValueLength, maxLength: 512, pattern: '^[^\\u0000]*$' },
    },
  },
});

const create = {
  ...body(1, 16),
  if: { properties: { relationship: { const: 'resold' } }, required: ['relationship'] },
  then: { properties: { name: { type: 'string' } }, required: ['name'] },
};

const nullable = { type: ['string', 'null'] };

// fastify generates the serializer from this.
const profile = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    created_at: { type: 'string' },
    metadata: { type: 'object', additionalProperties: { type: 'string' } },
    relationship: { type: 'string' },
    trust_grants: {
      type: 'object',
      additionalProperties: { type: 'object', properties: { status: { type: 'string' } } },
    },
    type: { type: 'string' },
    updated_at: { type: 'string' },
    external_id: nullable,
    name: nullable,
  },
};

const list = { type: 'object', properties: { data: { type: 'array', items: profile }, next_page: nullable } };

const query = {
  type: 'object',
  properties: {
    limit: { type: 'string', pattern: '^([1-9][0-9]?|100)$', default: '20' },
    page: { type: 'string' },
    external_id: { type: 'string', minLength: 1, maxLength: 255 },
  },
  // metadata[KEY]
  patternProperties: { '^metadata\\[.{1,64}\\]$': { type: 'string', minLength: 1, maxLength: 512 } },
};

// Creates only. Each request is validated by `create` in the handler, so that one that is wrong fails alone.
const batch = {
  type: 'object',
  additionalProperties: false,
  required: ['requests'],
  properties: {
    requests: {
      type: 'array',
      minItems: 1,
      maxItems: 1000,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['custom_id', 'params'],
        properties: { custom_id: { type: 'string', minLength: 1, maxLength: 64 }, params: { type: 'object' } },
      },
    },
  },
};

const batchAnswer = {
  type: 'object',
  properties: {
    type: { type: 'string' },
    request_counts: { type: 'object', properties: { succeeded: { type: 'integer' }, errored: { type: 'integer' } } },
    results: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          custom_id: { type: 'string' },
          result: {
            type: 'object',
            properties: {
              type: { type: 'string' },
              user_profile: profile,
              error: { type: 'object', properties: { type: { type: 'string' }, message: { type: 'string' } } },
            },
          },
        },
      },
    },
  },
};

exports.batch = { body: batch, response: { 200: batchAnswer } };
exports.params = create;
exports.create = { body: create, response: { 200: profile } };
exports.retrieve = { response: { 200: profile } };
exports.update = { body: body(0), response: { 200: profile } };
exports.list = { querystring: query, response: { 200: list } };
