// Batches, which this service adds: sent by the SDK's own means for paths that it has no method for.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";

import { Anthropic, client, inEveryShape, refused } from "./doors.mjs";

inEveryShape((door, shape) => {
  const profiles = door(client);
  const asking = shape === "ga" ? {} : { "anthropic-beta": `user-profiles-${shape}` };
  const send = (requests, { query = "", headers = {} } = {}) =>
    client.post(`/v1/user_profiles/batch${query}`, { body: { requests }, headers: { ...asking, ...headers } });

  test("creates and updates of a batch succeed or fail each by itself", async () => {
    const existing = await profiles.create({ name: "Before" });
    const answer = await send([
      { custom_id: "first", params: { name: "First", ...profiles.ownId("batch_1") } },
      { custom_id: "wrong", params: { name: "" } },
      { custom_id: "changed", user_profile_id: existing.id, params: { name: "After" } },
    ]);

    assert.deepEqual(answer.request_counts, { succeeded: 2, errored: 1 });
    assert.deepEqual(answer.results.map((result) => result.custom_id), ["first", "wrong", "changed"]);
    const [first, wrong, changed] = answer.results.map((result) => result.result);
    assert.equal(wrong.error.type, "invalid_request_error");
    assert.ok(wrong.error.message.startsWith("name: "), wrong.error.message);
    for (const { user_profile: profile } of [first, changed]) {
      assert.deepEqual(await profiles.retrieve(profile.id), profile);
    }
    assert.equal(changed.user_profile.id, existing.id);
  });

  test("a batch that is sent twice under an idempotency key is done once", async () => {
    const requests = [1, 2, 3].map((number) => ({ custom_id: `${number}`, params: { name: `Row ${number}` } }));
    const headers = { "idempotency-key": randomUUID() };

    const first = await send(requests, { headers });
    const second = await send(requests, { headers });

    assert.equal(first.request_counts.succeeded, 3);
    assert.deepEqual(second, first);
  });

  test("an atomic batch with a wrong request is refused and changes nothing", async () => {
    const existing = await profiles.create({ name: "Before" });
    const requests = [
      { custom_id: "changed", user_profile_id: existing.id, params: { name: "After" } },
      { custom_id: "wrong", params: { name: "" } },
    ];

    const { message } = await refused(Anthropic.BadRequestError, send(requests, { query: "?atomic=true" }));

    assert.match(message, /wrong/);
    assert.deepEqual(await profiles.retrieve(existing.id), existing);
  });
});
