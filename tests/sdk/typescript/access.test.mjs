// Authentication, selection of a shape and a workspace, refusals, and links for an end user.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";

import {
  Anthropic, client, clientWith, features, inEveryShape, inShapes, key, otherClient, readingClient, refused, refusedFor,
  workspace, workspaceClient,
} from "./doors.mjs";

const dated = ["2026-03-24", "2026-08-18", "2026-09-04"];
const unknown = "uprof_011CZkZCu8hGbp5mYRQgUmz9";

test("the client has the features that the table names", async () => {
  const resources = join(dirname(createRequire(process.env.UPROF_TEST_CLIENT).resolve("@anthropic-ai/sdk")), "resources");
  const declared = (...paths) => paths.map((path) => text(join(resources, path))).join("");
  const beta = declared("beta/user-profiles.d.ts", "beta/user-profiles/user-profiles.d.ts");
  const first = declared("user-profiles/user-profiles.d.ts");
  const { req } = await client.buildRequest({ path: "/", method: "get" });
  const holds = {
    names: /^ +name\?:/m.test(beta),
    unwrap: "unwrap" in (client.beta.webhooks ?? {}),
    access_type: /^ +access_type\?:/m.test(beta),
    onboarded_at: /^ +external_user_onboarded_at\?:/m.test(beta),
    order_by: /^ +order_by\?:/m.test(beta),
    external_details: /^ +external_user_details\?:/m.test(beta),
    workspace_id: /^ +workspace_id\?:/m.test(beta),
    ga: "actionURLs" in (client.userProfiles ?? {}) && "actionURLs" in client.beta.userProfiles,
    dated_ga: new Headers(req.headers).get("anthropic-version") >= "2026-10-21",
    webhooks: "webhooks" in (client.beta.organization ?? {}),
    enforcement: /^ +enforcement_status\?:/m.test(first),
    external_events: declared("beta/organization/webhooks.d.ts").includes("external_storage.failed"),
    data_controls: "providers" in client.beta.userProfiles,
  };

  assert.deepEqual(Object.keys(holds).filter((feature) => holds[feature]).sort(), [...features].sort());
});

function text(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

// The arguments that choose a workspace: what the release has, or the header.
const within = (id) => (features.has("workspace_id") ? [{ workspace_id: id }] : [{}, { headers: { "anthropic-workspace-id": id } }]);

inEveryShape((door) => {
  const profiles = door(client);

  test("a bad field is named", async () => {
    const bad = [
      [{ name: "" }, "name"],
      [{ name: "x".repeat(256) }, "name"],
      [{ name: "a\0b" }, "name"],
      [{ name: 7 }, "name"],
      [{ metadata: { plan: "" } }, "metadata.plan"],
      [{ metadata: { plan: "x".repeat(513) } }, "metadata.plan"],
      [{ metadata: { seats: 5 } }, "metadata.seats"],
      [{ nickname: "Ex" }, "nickname"],
    ];

    for (const [fields, field] of bad) await refusedFor(field, profiles.create(fields));
  });

  test("all bad fields are named at once", async () => {
    const fields = { name: "", metadata: { plan: "" }, ...profiles.ownId("") };

    const { message } = await refused(Anthropic.BadRequestError, profiles.create(fields));

    const ownId = profiles.detailed ? "external_user_details.reference_id" : "external_id";
    assert.deepEqual(message.split("; ").map((reason) => reason.split(": ")[0]).sort(), [ownId, "metadata.plan", "name"].sort());
  });

  test("a wrong key is an authentication error", async () => {
    for (const wrong of [{ apiKey: "wrong" }, { apiKey: key.slice(0, -1) }, { authToken: "wrong" }]) {
      const { type } = await refused(Anthropic.AuthenticationError, door(clientWith(wrong)).create({}));
      assert.equal(type, "authentication_error");
    }
  });

  test("a key is taken as a bearer token too", async () => {
    assert.equal((await door(clientWith({ authToken: key })).create({ name: "Example" })).name, "Example");
  });

  test("a key that only reads may not write", async () => {
    const created = await profiles.create({ name: "Example" });

    assert.deepEqual(await door(readingClient).retrieve(created.id), created);
    const reader = door(readingClient);
    // One after the other: a call that is refused while another is awaited counts as unhandled.
    for (const call of [() => reader.create({}), () => reader.update(created.id, { name: "Other" })]) {
      assert.equal((await refused(Anthropic.PermissionDeniedError, call())).type, "permission_error");
    }
  });

  test("an unknown and a malformed id are not found", async () => {
    for (const id of [unknown, "uprof_01", "not an id", "a/b", "ü"]) {
      assert.equal((await refused(Anthropic.NotFoundError, profiles.retrieve(id))).type, "not_found_error");
      await refused(Anthropic.NotFoundError, profiles.update(id, { name: "Example" }));
    }
  });

  test("a profile of another organization is not found", async () => {
    const created = await profiles.create({ name: "Example" });

    await refused(Anthropic.NotFoundError, door(otherClient).retrieve(created.id));
    await refused(Anthropic.NotFoundError, door(otherClient).update(created.id, { name: "Theirs" }));
  });

  test("a key of a workspace serves that one, named or not, and no other", async () => {
    const bound = door(workspaceClient);
    const created = await bound.create({ name: "Example" });

    assert.deepEqual(await bound.retrieve(created.id, ...within(workspace)), created);
    const { type, message } = await refused(
      Anthropic.PermissionDeniedError, bound.retrieve(created.id, ...within("wrkspc_01Elsewhere")),
    );
    assert.equal(type, "permission_error");
    assert.match(message, /^anthropic-workspace-id: /);
    assert.deepEqual(await profiles.retrieve(created.id, ...within("wrkspc_01Elsewhere")), created);
  });

  test("an action URL is fresh on every call and opens", { skip: !features.has("ga") }, async () => {
    const created = await profiles.create({ name: "Example" });

    const link = await profiles.createActionURL(created.id, "enroll_end_user");
    const another = await profiles.createActionURL(created.id, "enroll_end_user");

    assert.equal(link.type, "user_profile_action_url");
    await assertFresh(link, another);
    await refusedFor("action.type", profiles.createActionURL(created.id, "dance"));
    await refused(Anthropic.NotFoundError, profiles.createActionURL(unknown, "enroll_end_user"));
  });
});

inShapes(dated, (door) => {
  const profiles = door(client);

  test("an enrollment URL is fresh on every call and opens", async () => {
    const created = await profiles.create({ name: "Example" });

    const link = await profiles.createEnrollmentURL(created.id);

    assert.equal(link.type, "enrollment_url");
    await assertFresh(link, await profiles.createEnrollmentURL(created.id));
    await refused(Anthropic.NotFoundError, profiles.createEnrollmentURL(unknown));
  });

  test("beta values of other features ride along", async () => {
    const betas = [...(profiles.asking.betas ?? []), "message-batches-2024-09-24"];

    const created = await profiles.create({ name: "Example", betas });

    assert.deepEqual(await profiles.retrieve(created.id), created);
  });

  test("an unknown date of this resource is refused", async () => {
    // The client sends its own, known date beside the one given here.
    const call = profiles.create({ betas: ["user-profiles-2020-01-01"] });

    const { message } = await refused(Anthropic.BadRequestError, call);

    assert.equal(message, "Unexpected value(s) `user-profiles-2020-01-01` for the `anthropic-beta` header.");
  });
});

async function assertFresh(link, another) {
  assert.notEqual(link.url, another.url);
  for (const { url, expires_at } of [link, another]) {
    assert.ok(new Date(expires_at) > new Date());
    assert.equal((await fetch(url)).status, 200);
  }
}
