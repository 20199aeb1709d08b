// The ways into the service that this release of the client has: its namespaces, in the dated shapes that each speaks.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe } from "node:test";

const settings = process.env;

// The package of the release under test; ../run says where it is.
export const Anthropic = createRequire(settings.UPROF_TEST_CLIENT)("@anthropic-ai/sdk");

// The lines of ../features that hold for this release.
export const features = new Set(settings.UPROF_TEST_FEATURES.split(" ").filter(Boolean));

export const workspace = settings.UPROF_TEST_WORKSPACE;

// All 250 profiles of `crowd` as [id, name], oldest first. No test writes there: other clients read them too.
export const many = JSON.parse(readFileSync(settings.UPROF_TEST_CROWD, "utf8"));

// No retries: a client that tries again would hide an answer of 5xx.
export const clientWith = (key) =>
  new Anthropic({ baseURL: settings.UPROF_TEST_BASE_URL, maxRetries: 0, timeout: 20_000, apiKey: null, authToken: null, ...key });

export const key = settings.UPROF_TEST_API_KEY;
export const client = clientWith({ apiKey: key });
export const readingClient = clientWith({ apiKey: settings.UPROF_TEST_READ_ONLY_KEY });
export const adminClient = clientWith({ apiKey: settings.UPROF_TEST_ADMIN_KEY });
export const workspaceClient = clientWith({ apiKey: settings.UPROF_TEST_WORKSPACE_KEY });
export const otherClient = clientWith({ apiKey: settings.UPROF_TEST_CROWD_KEY });

// A namespace of a client, with the parameters that ask for one dated shape added to those of every call.
class Door {
  constructor(namespace, shape, asking = {}) {
    Object.assign(this, { namespace, shape, asking });
  }

  get detailed() {
    return this.shape === "2026-09-04" || this.shape === "ga";
  }

  // The field in which this shape takes the platform's own id.
  ownId = (value) => (this.detailed ? { external_user_details: { reference_id: value } } : { external_id: value });

  create = (fields, options) => this.namespace.create({ ...this.asking, ...fields }, options);
  retrieve = (id, fields, options) => this.namespace.retrieve(id, { ...this.asking, ...fields }, options);
  update = (id, fields, options) => this.namespace.update(id, { ...this.asking, ...fields }, options);
  list = (fields, options) => this.namespace.list({ ...this.asking, ...fields }, options);
  delete = (id, fields, options) => this.namespace.delete(id, { ...this.asking, ...fields }, options);
  createEnrollmentURL = (id) => this.namespace.createEnrollmentURL(id, this.asking);
  createActionURL = (id, type) => this.namespace.actionURLs.create(id, { ...this.asking, action: { type } });
}

const own = features.has("access_type") ? "2026-08-18" : "2026-03-24";
const openers = new Map([[own, (client) => new Door(client.beta.userProfiles, own)]]);
if (features.has("external_details")) {
  const asking = { betas: ["user-profiles-2026-09-04"] };
  openers.set("2026-09-04", (client) => new Door(client.beta.userProfiles, "2026-09-04", asking));
}
if (features.has("ga")) {
  openers.set("ga", (client) => new Door(client.userProfiles, "ga"));
}

// Describes what holds in each of these shapes, so far as this release speaks them. `tests` gets what opens the door.
export function inShapes(shapes, tests) {
  for (const shape of shapes.filter((shape) => openers.has(shape))) {
    describe(`in the shape ${shape}`, () => tests(openers.get(shape), shape));
  }
}

export const inEveryShape = (tests) => inShapes([...openers.keys()], tests);
export const everyDoor = (client) => [...openers.values()].map((open) => open(client));

// The error of a refused call, once its class and its envelope have proved right.
export async function refused(kind, promise) {
  const error = await Promise.resolve(promise).then(
    () => assert.fail("the call was answered"),
    (error) => error,
  );
  assert.ok(error instanceof kind, `${error}`);
  assert.equal(error.error.type, "error");
  assert.match(error.requestID, /^req_/);
  assert.equal(error.error.request_id, error.requestID);
  return error.error.error;
}

// That a call was refused for a field: the message begins with its name.
export async function refusedFor(field, promise) {
  const { type, message } = await refused(Anthropic.BadRequestError, promise);
  assert.equal(type, "invalid_request_error");
  assert.ok(message.startsWith(`${field}: `), message);
}

export async function collected(pages) {
  const ids = [];
  for await (const profile of pages) ids.push(profile.id);
  return ids;
}
