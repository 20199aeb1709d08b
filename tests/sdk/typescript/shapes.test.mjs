// What each dated shape has of its own.

import assert from "node:assert/strict";
import { test } from "node:test";

import { client, features, inShapes, many, otherClient, collected, refusedFor } from "./doors.mjs";

const shared = ["created_at", "id", "metadata", "name", "type", "updated_at"];
const keys = {
  "2026-03-24": ["external_id", "relationship", "trust_grants"],
  "2026-08-18": ["access_type", "external_id", "external_user_onboarded_at", "trust_grants"],
  "2026-09-04": ["access_type", "external_user_details", "trust_grants"],
  ga: ["access_type", "enforcement_actions", "enforcement_status", "external_user_details", "programs"],
};
const details = {
  account_status: "suspended",
  country: "CZ",
  email_hash: "e".repeat(255),
  entity_type: "non_profit",
  name_hash: "sha256:0a",
  reference_id: "user_12345 🦀",
};
const notMoments = ["2026-03-15T10:00:00", "2026-03-15", "", "2126-01-01T00:00:00Z"];

inShapes(["2026-03-24", "2026-08-18", "2026-09-04", "ga"], (door, shape) => {
  const profiles = door(client);

  test("the answer carries exactly the keys of the shape", async () => {
    const answer = await profiles.create({});

    assert.deepEqual(Object.keys(answer).sort(), [...shared, ...keys[shape]].sort());
  });
});

inShapes(["2026-03-24"], (door) => {
  const profiles = door(client);

  test("every relationship is stored", async () => {
    for (const relationship of ["external", "resold", "internal"]) {
      assert.equal((await profiles.create({ name: "Example", relationship })).relationship, relationship);
    }
    assert.equal((await profiles.create({})).relationship, "external");
  });

  test("a resold profile needs a name", async () => {
    const created = await profiles.create({ name: "Example", relationship: "resold" });

    await refusedFor("name", profiles.create({ relationship: "resold" }));
    await refusedFor("name", profiles.update(created.id, { name: null }));
  });

  test("a bad field is named", async () => {
    await refusedFor("relationship", profiles.create({ relationship: "friend" }));
    await refusedFor("access_type", profiles.create({ access_type: "application" }));
    await refusedFor("external_user_details", profiles.create({ external_user_details: {} }));
  });
});

inShapes(["2026-03-24", "2026-08-18"], (door) => {
  const profiles = door(client);

  test("an external id can be null at creation and be cleared", async () => {
    assert.equal((await profiles.create({ external_id: null })).external_id, null);
    const created = await profiles.create({ external_id: "user_1" });

    assert.equal((await profiles.update(created.id, { external_id: null })).external_id, null);
  });

  test("a bad external id is named", async () => {
    await refusedFor("external_id", profiles.create({ external_id: "" }));
    await refusedFor("external_id", profiles.create({ external_id: "x".repeat(256) }));
  });
});

inShapes(["2026-08-18", "2026-09-04", "ga"], (door) => {
  const profiles = door(client);

  test("every access type is stored", async () => {
    for (const access_type of ["application", "passthrough"]) {
      assert.equal((await profiles.create({ access_type })).access_type, access_type);
      const { id } = await profiles.create({});
      assert.equal((await profiles.update(id, { access_type })).access_type, access_type);
    }
    assert.equal((await profiles.create({})).access_type, "application");
    await refusedFor("access_type", profiles.create({ access_type: "friend" }));
  });
});

inShapes(["2026-08-18"], (door) => {
  const profiles = door(client);

  test("a relationship beside an access type may say the same", async () => {
    const same = await profiles.create({ access_type: "passthrough", relationship: "resold" });

    assert.equal(same.access_type, "passthrough");
    await refusedFor("relationship", profiles.create({ access_type: "application", relationship: "resold" }));
  });

  test("a time of sign-up with any offset is the same moment", async () => {
    for (const moment of ["2026-03-15T10:00:00Z", "2026-03-15T15:30:00+05:30", new Date("2026-03-15T10:00:00Z")]) {
      const created = await profiles.create({ external_user_onboarded_at: moment });
      assert.equal(created.external_user_onboarded_at, "2026-03-15T10:00:00Z");
    }
  });

  test("a time of sign-up without an offset, to come, or null in an update is refused", async () => {
    const { id } = await profiles.create({ external_user_onboarded_at: null });

    for (const moment of notMoments) {
      await refusedFor("external_user_onboarded_at", profiles.create({ external_user_onboarded_at: moment }));
    }
    await refusedFor("external_user_onboarded_at", profiles.update(id, { external_user_onboarded_at: null }));
  });
});

inShapes(["2026-09-04", "ga"], (door) => {
  const profiles = door(client);

  test("every detail reads back as it was written", async () => {
    const created = await profiles.create({ external_user_details: details });

    assert.deepEqual(created.external_user_details, { ...details, onboarded_at: null });
    assert.deepEqual(await profiles.retrieve(created.id), created);
  });

  test("an update replaces the details it names and leaves the others", async () => {
    const created = await profiles.create({ external_user_details: details });

    const updated = await profiles.update(created.id, { external_user_details: { country: "SK" } });

    assert.deepEqual(updated.external_user_details, { ...details, country: "SK", onboarded_at: null });
    assert.deepEqual(await profiles.update(created.id, { external_user_details: {} }), updated);
  });

  test("null is as absent, except for a detail in an update", async () => {
    const created = await profiles.create({ external_user_details: { ...details, country: null } });

    assert.equal(created.external_user_details.country, null);
    assert.deepEqual(await profiles.update(created.id, { external_user_details: null }), created);
    for (const key of [...Object.keys(details), "onboarded_at"]) {
      const nothing = { external_user_details: { [key]: null } };
      await refusedFor(`external_user_details.${key}`, profiles.update(created.id, nothing));
    }
  });

  test("a time of sign-up with any offset is the same moment", async () => {
    for (const onboarded_at of ["2026-03-15T10:00:00Z", "2026-03-15T02:00:00-08:00", new Date("2026-03-15T10:00:00Z")]) {
      const created = await profiles.create({ external_user_details: { onboarded_at } });
      assert.equal(created.external_user_details.onboarded_at, "2026-03-15T10:00:00Z");
    }
  });

  test("a bad detail is named", async () => {
    const bad = [
      ["account_status", "asleep"],
      ["country", "cz"],
      ["email_hash", ""],
      ["entity_type", "robot"],
      ["name_hash", "x".repeat(256)],
      ["reference_id", 7],
      ["shoe_size", "44"],
      ...notMoments.map((moment) => ["onboarded_at", moment]),
    ];

    for (const [key, value] of bad) {
      await refusedFor(`external_user_details.${key}`, profiles.create({ external_user_details: { [key]: value } }));
    }
    await refusedFor("external_id", profiles.create({ external_id: "user_1" }));
  });
});

inShapes(["ga"], (door) => {
  const profiles = door(client);

  test("a new profile is in no program and unrestricted", async () => {
    const created = await profiles.create({});

    assert.deepEqual(created.programs, { cyber: null, efs: null });
    assert.deepEqual([created.enforcement_status, created.enforcement_actions], ["unrestricted", []]);
  });

  test("the filter by enforcement status finds all or none", { skip: !features.has("enforcement") }, async () => {
    const found = (...enforcement_status) => collected(door(otherClient).list({ enforcement_status, limit: 100 }));

    assert.deepEqual(await found("unrestricted"), many.map(([id]) => id).reverse());
    assert.deepEqual(await found("banned", "unrestricted"), many.map(([id]) => id).reverse());
    assert.deepEqual(await found("pending", "restricted", "banned"), []);
  });
});
