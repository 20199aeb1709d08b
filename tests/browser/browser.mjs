// A headless browser, the service under test, and the checks that every page of an enrollment link passes.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after } from "node:test";

const settings = process.env;
const modules = createRequire(settings.UPROF_TEST_MODULES);
const { chromium } = modules("playwright-core");
const { source: axe } = modules("axe-core");

export const service = settings.UPROF_TEST_BASE_URL;
export const key = settings.UPROF_TEST_API_KEY;

// The browser makes no requests of its own.
const args = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: settings.UPROF_TEST_BROWSER, args });
after(() => browser.close());

export const screens = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 900 } };

// A page in a browser context of its own, and the list of requests it makes.
export async function newPage(test, options = {}) {
  const context = await browser.newContext({ viewport: screens.phone, ...options });
  test.after(() => context.close());
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const asked = [];
  page.on("request", (request) => asked.push(`${request.method()} ${request.url()}`));
  return { page, asked };
}

// Calls the API with the key of a platform's backend.
export async function call(method, path, body) {
  const headers = { "x-api-key": key, "anthropic-beta": "user-profiles-2026-03-24", "content-type": "application/json" };
  const answer = await fetch(`${service}/v1/user_profiles${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

// A new profile and an enrollment link for it.
export async function invited(name) {
  const { id } = await call("POST", "", { name });
  return { id, ...(await call("POST", `/${id}/enrollment_url`)) };
}

export const grants = async (id) => (await call("GET", `/${id}`)).trust_grants;

// Asserts that a page breaks no accessibility rule of axe and fits its screen. The context needs `bypassCSP`: the page's policy blocks axe.
export async function check(page) {
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => [html, failureSummary])]), []);
  assert.ok(passes.some(({ id }) => id === "color-contrast"), "no text was checked");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than its screen");
}

export const picture = (page, name) => page.screenshot({ path: `${settings.UPROF_TEST_PICTURES}/${name}.png`, fullPage: true });

export const heading = (page) => page.getByRole("heading", { level: 1 }).textContent();
