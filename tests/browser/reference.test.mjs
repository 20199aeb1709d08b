// The API reference: Swagger UI under the content security policy of its page.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { call, key, newPage, picture, screens, service } from "./browser.mjs";

// Opens the reference at `path` and waits for its operations. `problems` are violations of the policy and errors of scripts.
async function opened(t, path) {
  const { page, asked } = await newPage(t, { viewport: screens.desk });
  const problems = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(`${service}${path}`);
  await page.locator(".opblock").first().waitFor();
  return { page, asked, problems };
}

const documents = await (async () => {
  const html = await (await fetch(`${service}/docs`)).text();
  return [...html.matchAll(/href="\/docs\/([a-z0-9-]+)"/g)].map(([, name]) => name);
})();

test("/docs renders the newest version and links to every other document", async (t) => {
  const { page, asked, problems } = await opened(t, "/docs");
  assert.equal(await page.title(), "User profiles, ga");
  assert.deepEqual(documents, ["2026-03-24", "2026-08-18", "2026-09-04", "ga", "operator"]);
  assert.equal(await page.locator("[aria-current=page]").textContent(), "ga");
  await picture(page, "reference");
  const loaded = asked.map((request) => request.replace(/assets\/[\w-]+/, "assets/DIGEST")).sort();
  assert.deepEqual(loaded, [
    `GET ${service}/docs`,
    `GET ${service}/docs/assets/DIGEST/reference.css`,
    `GET ${service}/docs/assets/DIGEST/reference.js`,
    `GET ${service}/docs/assets/DIGEST/swagger-ui-bundle.js`,
    `GET ${service}/docs/assets/DIGEST/swagger-ui.css`,
    `GET ${service}/openapi/ga.json`,
  ]);
  await page.getByRole("link", { name: "operator", exact: true }).click();
  await page.waitForURL("**/docs/operator");
  await page.locator(".opblock").first().waitFor();
  assert.deepEqual(problems, []);
});

describe("every operation of every document is rendered", () => {
  for (const name of documents) {
    test(name, async (t) => {
      const { page, problems } = await opened(t, `/docs/${name}`);
      const { paths } = await (await fetch(`${service}/openapi/${name}.json`)).json();
      const described = Object.entries(paths).flatMap(([path, item]) =>
        Object.entries(item).filter(([, { operationId }]) => operationId).map(([method]) => `${method.toUpperCase()} ${path}`));
      const shown = await page.locator(".opblock-summary").evaluateAll((summaries) => summaries.map((summary) => {
        const text = (part) => summary.querySelector(`.opblock-summary-${part}`).textContent.replaceAll("\u200b", "");
        return `${text("method")} ${text("path")}`;
      }));
      assert.deepEqual(shown.sort(), described.sort());
      // The schemas, and one operation with its parameters and examples.
      await page.locator(".opblock-summary-control").first().click();
      await page.locator(".opblock.is-open .responses-table").first().waitFor();
      assert.deepEqual(problems, []);
    });
  }
});

describe("an entered key tries out the creation of a profile", () => {
  for (const name of documents.filter((name) => name !== "operator")) {
    for (const scheme of ["api_key", "bearer"]) {
      test(`${name}, ${scheme}`, async (t) => {
        const { page, asked, problems } = await opened(t, `/docs/${name}`);
        await page.getByRole("button", { name: "Authorize", exact: true }).first().click();
        const credentials = page.locator(".auth-container").filter({ hasText: scheme });
        await credentials.locator("input").fill(key);
        await credentials.getByRole("button", { name: "Apply credentials" }).click();
        await credentials.getByRole("button", { name: "Close" }).click();

        const create = page.locator("[id$=create_user_profile]");
        await create.locator(".opblock-summary-control").click();
        await create.getByRole("button", { name: "Try it out" }).click();
        const sent = page.waitForRequest((request) => request.method() === "POST");
        await create.getByRole("button", { name: "Execute" }).click();
        const answer = create.locator(".live-responses-table .response");
        await answer.waitFor();
        assert.equal((await answer.locator(".response-col_status").textContent()).trim(), "200");
        await picture(page, `reference-${name}-${scheme}`);

        const { parameters } = (await (await fetch(`${service}/openapi/${name}.json`)).json()).components;
        const headers = await (await sent).allHeaders();
        assert.equal(headers[parameters.shape.name], parameters.shape.schema.enum[0]);
        const [id] = (await answer.textContent()).match(/uprof_01[0-9A-Za-z]{22}/);
        assert.equal((await call("GET", `/${id}`)).id, id);
        assert.ok(asked.every((request) => request.split(" ")[1].startsWith(service)), `${asked}`);
        assert.deepEqual(problems, []);
      });
    }
  }
});
