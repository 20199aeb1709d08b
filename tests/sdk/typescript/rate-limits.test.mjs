// A client that exceeds a rate limit waits as long as `retry-after` says, and succeeds.

import assert from "node:assert/strict";
import { test } from "node:test";

import { clientWith, everyDoor } from "./doors.mjs";

test("a client over its rate limit waits and succeeds", async () => {
  const statuses = [];
  const counting = async (...request) => {
    const response = await fetch(...request);
    statuses.push(response.status);
    return response;
  };
  const [profiles] = everyDoor(clientWith({ apiKey: process.env.UPROF_TEST_LIMITED_KEY, maxRetries: 5, fetch: counting }));

  const first = await profiles.create({ name: "First" });
  const second = await profiles.create({ name: "Second" });

  assert.notEqual(first.id, second.id);
  // The second create is refused at first.
  assert.deepEqual(statuses.slice(0, 2), [200, 429]);
  assert.equal(statuses.at(-1), 200);
  assert.equal(statuses.filter((status) => status === 200).length, 2);
});
