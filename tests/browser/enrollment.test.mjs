// The pages of enrollment links.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, test } from "node:test";

import { call, check, grants, heading, invited, newPage, picture, screens, service } from "./browser.mjs";

const apply = "Apply for trusted access";

test("from the link to a pending grant, with the keyboard alone and without a script", async (t) => {
  const { id, url } = await invited("Example Person");
  const { page, asked } = await newPage(t, { javaScriptEnabled: false });
  await page.goto(url);
  assert.equal(await heading(page), apply);
  assert.deepEqual(await grants(id), {}, "opening the page changes nothing");
  const corner = await page.getByRole("button").evaluate((button) => getComputedStyle(button).borderRadius);
  assert.equal(corner, "8.5px", "the page's policy allows its style");

  await page.keyboard.press("Tab");
  assert.equal(await page.locator(":focus").textContent(), apply, "Tab reaches the button first");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/enroll/done");
  assert.equal(await heading(page), "Your request has been made");
  assert.deepEqual(await grants(id), { cyber: { status: "pending" } });
  assert.deepEqual(asked, [`GET ${url}`, `POST ${url}`, `GET ${service}/enroll/done`], "the page loads nothing");

  // Neither reloading nor going back sends the form again.
  const after = await call("GET", `/${id}`);
  await page.reload();
  assert.equal(await heading(page), "Your request has been made");
  await page.goBack();
  assert.equal(await heading(page), "This link does not work");
  assert.deepEqual(asked.slice(3), [`GET ${service}/enroll/done`, `GET ${url}`]);
  assert.deepEqual(await call("GET", `/${id}`), after);
});

test("a double click on the button makes one request", async (t) => {
  const { id, url } = await invited("Example Person");
  const { page } = await newPage(t);
  await page.goto(url);
  await page.getByRole("button").dblclick();
  await page.waitForURL("**/enroll/done");
  assert.equal(await heading(page), "Your request has been made");
  assert.deepEqual(await grants(id), { cyber: { status: "pending" } });
});

test("the accessibility tree has the headings, the names and the button", async (t) => {
  const { url } = await invited("Example Person");
  const { page } = await newPage(t);
  await page.goto(url);
  assert.equal(await page.title(), apply);
  const until = (await page.locator("time").textContent()).replaceAll("\u00a0", " ");
  assert.match(until, /^\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC$/);
  const tree = (await page.locator("body").ariaSnapshot()).replaceAll(until, "TIME");
  const expected = `- main:
  - heading "Apply for trusted access" [level=1]
  - paragraph:
    - strong: Acme Research
    - text: invites
    - strong: Example Person
    - text: to apply for trusted access to the AI services that it provides.
  - heading "What you apply for" [level=2]
`;
  assert.equal(tree.slice(0, expected.length), expected);
  assert.match(tree, /\n {2}- heading "What is stored" \[level=2\]\n/);
  assert.match(tree, /\n {2}- button "Apply for trusted access"\n/);
});

describe("every page fits its screen and is accessible", () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const screen of Object.keys(screens)) {
      test(`${screen}, ${colorScheme}`, async (t) => {
        const { page } = await newPage(t, { viewport: screens[screen], colorScheme, bypassCSP: true });
        const { id, url } = await invited("Example Person");
        const { url: other } = await call("POST", `/${id}/enrollment_url`);
        const look = async (name) => {
          await check(page);
          await picture(page, `${name}-${screen}-${colorScheme}`);
          return heading(page);
        };
        await page.goto(url);
        assert.equal(await look("form"), apply);
        await page.getByRole("button").focus();
        await picture(page, `focus-${screen}-${colorScheme}`);
        await page.getByRole("button").click();
        assert.equal(await look("done"), "Your request has been made");
        await page.goto(other);
        assert.equal(await look("pending"), "Your request is under review");
        await page.goto(url);
        assert.equal(await look("unknown"), "This link does not work");
      });
    }
  }
});

test("long names break, and a right-to-left name does not reorder the text around it", async (t) => {
  const { page } = await newPage(t, { viewport: { width: 320, height: 568 }, bypassCSP: true });
  for (const name of ["W".repeat(255), "שם לדוגמה"]) {
    await page.goto((await invited(name)).url);
    await check(page);
    await picture(page, `name-${name.length}`);
  }
});

test("another site can neither send the form nor show the page in a frame", async (t) => {
  const { id, url } = await invited("Example Person");
  const html = `<iframe src="${url}"></iframe><form method="post" action="${url}"><button>Win a prize</button></form>`;
  const otherSite = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(html));
  await new Promise((listening) => otherSite.listen(0, "127.0.0.1", listening));
  t.after(() => otherSite.close());
  const { page } = await newPage(t);
  // For a browser, localhost is another site than 127.0.0.1.
  await page.goto(`http://localhost:${otherSite.address().port}/`);
  assert.equal(await page.frameLocator("iframe").getByRole("button").count(), 0);
  await page.getByRole("button").click();
  await page.waitForURL(url);
  assert.equal(await heading(page), "Your request was not sent");
  assert.deepEqual(await grants(id), {});
});
