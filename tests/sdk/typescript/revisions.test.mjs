// `ETag` and `If-Match`: a change on condition of a revision, with the SDK's own means.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Anthropic, client, features, inEveryShape } from "./doors.mjs";

const under = (tag) => ({ headers: { "If-Match": tag } });

// The SDK has no class for this status: it throws the general one.
async function refused(promise) {
  const error = await promise.then(() => assert.fail("the call was answered"), (error) => error);
  assert.ok(error instanceof Anthropic.APIError, `${error}`);
  assert.equal(error.status, 412);
  assert.equal(error.error.error.type, "invalid_request_error");
  assert.equal(error.error.request_id, error.requestID);
}

inEveryShape((door, shape) => {
  const profiles = door(client);
  const tag = async (id) => (await profiles.retrieve(id).asResponse()).headers.get("etag");

  test("an update of a revision that was read succeeds, and of an older one changes nothing", async () => {
    const { data: created, response } = await profiles.create({ name: "Before" }).withResponse();
    const stale = response.headers.get("etag");
    assert.equal(stale, `"1-${shape}"`);

    const updated = await profiles.update(created.id, { name: "After" }, under(stale));
    assert.equal(updated.name, "After");
    await refused(profiles.update(created.id, { name: "Lost" }, under(stale)));
    assert.deepEqual(await profiles.retrieve(created.id), updated);

    const fresh = await tag(created.id);
    assert.equal(fresh, `"2-${shape}"`);
    assert.equal((await profiles.update(created.id, { name: "Again" }, under(fresh))).name, "Again");
  });

  test("a delete of an older revision deletes nothing", { skip: !features.has("ga") }, async () => {
    const created = await profiles.create({ name: "Before" });
    const stale = await tag(created.id);
    const updated = await profiles.update(created.id, { name: "After" });

    await refused(profiles.delete(created.id, {}, under(stale)));
    assert.deepEqual(await profiles.retrieve(created.id), updated);

    assert.equal((await profiles.delete(created.id, {}, under(await tag(created.id)))).id, created.id);
  });
});
