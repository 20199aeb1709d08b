// Webhooks: endpoints as the client administers them, and what arrives there as the client unwraps it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";

import { Anthropic, adminClient as admin, client, features, refused, refusedFor } from "./doors.mjs";

const path = "/v1/organizations/webhooks";
const events = [
  "user_profile.enforcement_action_opened",
  "user_profile.enforcement_action_resolved",
  "user_profile.program_status_updated",
];

// The first request to an endpoint, after `registered` was called with its URL and `something` has caused an event.
async function delivered(registered, something) {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const made = await registered(`http://127.0.0.1:${server.address().port}/hook`);
  const coming = once(server, "request");
  const happened = await something();
  const [request, answer] = await coming;
  const pieces = await request.toArray();
  answer.writeHead(204).end();
  server.close();
  return { made, happened, body: Buffer.concat(pieces).toString(), headers: request.headers };
}

async function askForAGrant() {
  const profile = await admin.beta.userProfiles.create({});
  const link = await admin.post(`/v1/user_profiles/${profile.id}/enrollment_url`);
  const headers = { "content-type": "application/x-www-form-urlencoded", origin: "null", "sec-fetch-site": "same-origin" };
  const page = await fetch(link.url, { method: "POST", headers });
  assert.equal(page.status, 200);
  return profile;
}

test("what arrives is unwrapped with the secret that was shown and with no other", { skip: !features.has("unwrap") }, async () => {
  const register = (url) => admin.post(path, { body: { url, enabled_events: events } });
  const { made, happened, body, headers } = await delivered(register, askForAGrant);

  const event = admin.beta.webhooks.unwrap(body, { headers, key: made.signing_secret });

  assert.equal(event.type, "event");
  assert.equal(event.id, headers["webhook-id"]);
  assert.equal(event.data.type, "user_profile.program_status_updated");
  assert.equal(event.data.id, happened.id);
  assert.match(event.data.organization_id, /^org_/);
  assert.throws(() => admin.beta.webhooks.unwrap(`${body} `, { headers, key: made.signing_secret }));
  assert.throws(() => admin.beta.webhooks.unwrap(body, { headers, key: `whsec_${"A".repeat(43)}=` }));
  await admin.delete(`${path}/${made.id}`);
});

test("an endpoint is created, listed, updated and deleted", { skip: !features.has("webhooks") }, async () => {
  const { webhooks } = admin.beta.organization;
  const { signing_secret, ...created } = await webhooks.create({ url: "https://example.com/hook", enabled_events: events.slice(0, 1) });
  assert.match(signing_secret, /^whsec_/);
  assert.deepEqual(await webhooks.retrieve(created.id), created);

  const changed = await webhooks.update(created.id, { name: "Help desk", state: "disabled", enabled_events: [] });
  assert.deepEqual(changed, { ...created, name: "Help desk", state: "disabled", updated_at: changed.updated_at });
  const enabled = await webhooks.update(created.id, { state: "enabled", enabled_events: events });
  assert.deepEqual(enabled.enabled_events, events);

  const others = [await webhooks.create({ url: "https://example.com", enabled_events: events }), await webhooks.create({ url: "https://example.com", enabled_events: events })];
  const made = [created, ...others].map(({ id }) => id);
  for (const [order, expected] of [["asc", made], ["desc", made.toReversed()]]) {
    const listed = [];
    for await (const { id } of webhooks.list({ order, limit: 2 })) listed.push(id);
    assert.deepEqual(listed.filter((id) => made.includes(id)), expected);
  }

  const { signing_secret: next } = await webhooks.regenerateSigningSecret(created.id);
  assert.notEqual(next, signing_secret);
  for (const id of made) assert.deepEqual(await webhooks.delete(id), { id, type: "webhook_endpoint_deleted" });
  await refused(Anthropic.NotFoundError, webhooks.retrieve(created.id));
});

test("an endpoint subscribes to events of external keys and storage", { skip: !features.has("external_events") }, async () => {
  const { webhooks } = admin.beta.organization;
  const more = ["external_key.failed", "external_key.recovered", "external_storage.failed", "external_storage.recovered"];
  const created = await webhooks.create({ url: "https://example.com/hook", enabled_events: more });
  assert.deepEqual(created.enabled_events, more);
  const updated = await webhooks.update(created.id, { enabled_events: [...events, ...more] });
  assert.deepEqual(updated.enabled_events, [...events, ...more]);
  await webhooks.delete(created.id);
});

test("what is wrong with an endpoint is said and strangers are refused", { skip: !features.has("webhooks") }, async () => {
  const { webhooks } = admin.beta.organization;
  await refusedFor("url", webhooks.create({ url: "ftp://example.com", enabled_events: events }));
  await refusedFor("enabled_events", webhooks.create({ url: "https://example.com", enabled_events: [] }));
  await refused(Anthropic.PermissionDeniedError, client.beta.organization.webhooks.list());
});
