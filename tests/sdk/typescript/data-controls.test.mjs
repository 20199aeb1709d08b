// Data controls on Google's cloud: shown as disabled, and never enabled.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Anthropic, client, features, otherClient, readingClient, refused } from "./doors.mjs";

const controls = (of) => of.beta.userProfiles.providers.google.dataControls;
const skip = { skip: !features.has("data_controls") };
const disabled = { type: "disabled" };

test("both controls are disabled, and disabling them changes nothing", skip, async () => {
  const { id, created_at } = await client.beta.userProfiles.create({});
  const shown = await controls(client).retrieve(id);
  const { bucket_label_value, ...rest } = shown;
  assert.match(bucket_label_value, /^[0-9a-z]{1,63}$/);
  assert.deepEqual(rest, {
    type: "google_managed_data_controls",
    user_profile_id: id,
    cmek: { type: "disabled", retired_keys: [] },
    storage: { type: "disabled", retired_buckets: [] },
    updated_at: created_at,
  });
  assert.deepEqual(await controls(client).update(id, {}), shown);
  assert.deepEqual(await controls(client).update(id, { cmek: disabled, storage: disabled }), shown);
});

test("enabling one is refused by its code", skip, async () => {
  const { id } = await client.beta.userProfiles.create({});
  const bucket = { project_number: "1", bucket_name: "b" };
  for (const [update, code] of [
    [{ cmek: { type: "enabled", external_key_ids: { us: "ekey_1", eu: null } } }, "cmek_not_approved"],
    [{ storage: { type: "enabled", buckets: { us: bucket, eu: null } } }, "storage_not_approved"],
  ]) {
    const { message, details } = await refused(Anthropic.BadRequestError, controls(client).update(id, update));
    assert.deepEqual(details, { error_code: code });
    assert.ok(message.startsWith(`${Object.keys(update)[0]}: `), message);
  }
});

test("what is wrong with an update is named, and strangers find nothing", skip, async () => {
  const { id } = await client.beta.userProfiles.create({});
  const wrong = controls(client).update(id, { cmek: { type: "off" }, storage: {} });
  const { message, details } = await refused(Anthropic.BadRequestError, wrong);
  assert.match(message, /^cmek\.type: .*; storage\.type: Field required$/);
  assert.equal(details, null);
  await refused(Anthropic.NotFoundError, controls(otherClient).retrieve(id));
  assert.deepEqual(await controls(readingClient).retrieve(id), await controls(client).retrieve(id));
  await refused(Anthropic.PermissionDeniedError, controls(readingClient).update(id, {}));
});
