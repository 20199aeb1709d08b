// Create, retrieve, update and delete: what is the same in every dated shape.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Anthropic, client, everyDoor, features, inEveryShape, refused } from "./doors.mjs";

inEveryShape((door) => {
  const profiles = door(client);

  test("a profile reads back as it was created", async () => {
    const metadata = { plan: "pro", région: "čeština 🦀" };
    const created = await profiles.create({ name: "Example User", metadata, ...profiles.ownId("user_12345") });

    assert.match(created.id, /^uprof_01[0-9A-Za-z]{22}$/);
    assert.deepEqual([created.type, created.name], ["user_profile", "Example User"]);
    assert.deepEqual(created.metadata, metadata);
    assert.deepEqual(await profiles.retrieve(created.id), created);
  });

  test("an empty create has neither name nor metadata", async () => {
    const created = await profiles.create({});

    assert.deepEqual([created.name, created.metadata], [null, {}]);
    assert.deepEqual(await profiles.retrieve(created.id), created);
  });

  test("null at creation is the same as none", async () => {
    const created = await profiles.create({ name: null, metadata: null });

    assert.deepEqual([created.name, created.metadata], [null, {}]);
  });

  test("times are in UTC", async () => {
    const created = await profiles.create({});

    assert.match(created.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    assert.equal(created.updated_at, created.created_at);
  });

  test("names are counted in characters, not in bytes", async () => {
    assert.equal((await profiles.create({ name: "🦀".repeat(255) })).name, "🦀".repeat(255));
  });

  test("an update merges metadata, and an empty value removes a key", async () => {
    const created = await profiles.create({ metadata: { retained: "1", replaced: "2", removed: "3" } });

    const changes = { replaced: "two", removed: "", added: "4", never_there: "" };
    const updated = await profiles.update(created.id, { metadata: changes });

    assert.deepEqual(updated.metadata, { retained: "1", replaced: "two", added: "4" });
    assert.deepEqual(await profiles.retrieve(created.id), updated);
  });

  test("an update leaves what it does not name", async () => {
    const created = await profiles.create({ name: "Before", metadata: { plan: "pro" }, ...profiles.ownId("user_1") });

    const updated = await profiles.update(created.id, { name: "After" });

    assert.deepEqual(updated, { ...created, name: "After", updated_at: updated.updated_at });
  });

  test("an update with null clears a name", async () => {
    const created = await profiles.create({ name: "Example" });

    assert.equal((await profiles.update(created.id, { name: null })).name, null);
    assert.equal((await profiles.retrieve(created.id)).name, null);
  });

  test("an empty update changes nothing", async () => {
    const created = await profiles.create({ name: "Example", metadata: { plan: "pro" } });

    assert.deepEqual(await profiles.update(created.id, {}), created);
  });

  test("a deleted profile is not found", async () => {
    const created = await profiles.create({ name: "Example" });

    // The older releases have no method for it; the route answers under every shape.
    const deleted = features.has("ga")
      ? await profiles.delete(created.id)
      : await client.delete(`/v1/user_profiles/${created.id}?beta=true`);

    assert.deepEqual({ ...deleted }, { id: created.id, type: "user_profile_deleted" });
    await refused(Anthropic.NotFoundError, profiles.retrieve(created.id));
    await refused(Anthropic.NotFoundError, profiles.update(created.id, {}));
  });

  test("every other shape reads what one wrote", async () => {
    const created = await profiles.create({ name: "Example", metadata: { plan: "pro" }, ...profiles.ownId("user_1") });

    for (const other of everyDoor(client)) {
      const { id, name, metadata, created_at, updated_at, ...seen } = await other.retrieve(created.id);
      assert.deepEqual([id, name, metadata], [created.id, "Example", { plan: "pro" }]);
      assert.deepEqual([created_at, updated_at], [created.created_at, created.updated_at]);
      assert.equal(other.detailed ? seen.external_user_details.reference_id : seen.external_id, "user_1");
    }
  });

  test("every answer names its request", async () => {
    const { data, response, request_id } = await profiles.create({}).withResponse();

    assert.match(request_id, /^req_/);
    assert.equal(response.headers.get("request-id"), request_id);
    assert.equal(data._request_id, request_id);
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.notEqual((await profiles.create({}))._request_id, request_id);
  });

  test("creates at the same moment become profiles of their own", async () => {
    const names = Array.from({ length: 40 }, (_, number) => `User ${number}`);

    const created = await Promise.all(names.map((name) => profiles.create({ name })));

    assert.deepEqual(created.map((profile) => profile.name), names);
    assert.equal(new Set(created.map((profile) => profile.id)).size, 40);
  });
});
