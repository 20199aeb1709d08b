// Lists, and the automatic paging of the client over more profiles than fit on a page.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";

import { client, collected, features, inEveryShape, many, otherClient, refusedFor } from "./doors.mjs";

const turned = (ids, order) => (order === "asc" ? ids : ids.reverse());
const byCreation = (order) => turned(many.map(([id]) => id), order);

// ASCII letters without their case; those without a name last both ways, ties by id in the order asked for.
function byName(order) {
  const lower = (name) => name.toLowerCase();
  const named = many.filter(([, name]) => name).sort(([, one], [, other]) => (lower(one) < lower(other) ? -1 : 1));
  const nameless = many.filter(([, name]) => !name);
  return [named, nameless].flatMap((part) => turned(part.map(([id]) => id), order));
}

inEveryShape((door) => {
  const profiles = door(otherClient);

  test("paging yields every profile once and in order", async () => {
    for (const order of ["asc", "desc"]) {
      for (const limit of [20, 100]) {
        assert.deepEqual(await collected(profiles.list({ order, limit })), byCreation(order));
      }
    }
  });

  test("paging by name does too", { skip: !features.has("order_by") }, async () => {
    for (const order of ["asc", "desc"]) {
      for (const limit of [7, 100]) {
        assert.deepEqual(await collected(profiles.list({ order, limit, order_by: "name" })), byName(order));
      }
    }
  });

  test("filters of this service are sent as further parameters and with every page", async () => {
    const ours = door(client);
    const plan = `plan ${randomUUID()}`;
    const created = [];
    for (let n = 0; n < 5; n++) {
      created.push((await ours.create({ metadata: { plan }, ...ours.ownId(`${plan} ${n}`) })).id);
    }
    const ownId = ours.detailed ? "external_user_details[reference_id]" : "external_id";

    assert.deepEqual(await collected(ours.list({ limit: 2, order: "asc", "metadata[plan]": plan })), created);
    assert.deepEqual(await collected(ours.list({ "metadata[plan]": plan, [ownId]: `${plan} 3` })), [created[3]]);
    await refusedFor("metdata[plan]", ours.list({ "metdata[plan]": plan }));
  });

  test("the last page is the one that ends the list", async () => {
    for (const [limit, expected] of [[100, [100, 100, 50]], [50, [50, 50, 50, 50, 50]]]) {
      const sizes = [];
      for await (const page of (await profiles.list({ limit })).iterPages()) sizes.push(page.data.length);
      assert.deepEqual(sizes, expected);
    }
  });

  test("the first page holds the newest twenty by default", async () => {
    const page = await profiles.list();

    assert.deepEqual(page.data.map((profile) => profile.id), byCreation("desc").slice(0, 20));
    assert.ok(page.hasNextPage());
  });

  test("a page can be asked for by its cursor", async () => {
    const first = await profiles.list({ limit: 10, order: "asc" });

    const second = await profiles.list({ limit: 10, order: "asc", page: first.next_page });

    assert.deepEqual(second.data.map((profile) => profile.id), byCreation("asc").slice(10, 20));
    assert.deepEqual((await first.getNextPage()).data, second.data);
  });

  test("a list holds what retrieve answers", async () => {
    const [newest] = (await profiles.list({ limit: 1 })).data;

    assert.deepEqual(await profiles.retrieve(newest.id), newest);
  });

  test("a bad parameter is named", async () => {
    const { next_page: page } = await profiles.list({ limit: 10, order: "asc" });

    for (const limit of [0, -1, 101]) await refusedFor("limit", profiles.list({ limit }));
    await refusedFor("order", profiles.list({ order: "sideways" }));
    await refusedFor("order_by", profiles.list({ order_by: "shoe_size" }));
    await refusedFor("page", profiles.list({ page: "no cursor of ours" }));
    await refusedFor("page", profiles.list({ page, order: "desc" }));
    await refusedFor("page", profiles.list({ page, order: "asc", order_by: "name" }));
  });
});
