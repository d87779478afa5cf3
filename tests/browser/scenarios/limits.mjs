// Keys in full: rules and where they come from, many at once, the recycle bin, new secrets; policies, budgets, vouchers; and
// what a member may do by themselves.
import { audit, check, must, picture, same } from "../checks.mjs";
import { caller, choosePerson, send, signIn, storeSecret, visitor } from "../people.mjs";
import { readFileSync } from "node:fs";

/** How long a change of a key may take to reach the relay. */
const HEARD_MS = 5_000;

/** With a page on which the demo's owner is signed in. */
export async function limits(page, gateway) {
  const call = await caller(gateway, gateway.demo.admin_email, gateway.demo.admin_password);
  await policies(page, gateway);
  await inherited(page);
  await many(page);
  await conflict(page, call);
  await rotation(page, gateway);
  await bin(page);
  await budgets(page);
  await vouchers(page, call);
}

async function policies(page, gateway) {
  await check("a policy is made the default, and what it says stands beside keys", async () => {
    await page.goto("/policies?open=new");
    await page.fill("#name", "Everybody");
    await page.check("#is_default");
    await page.click("#rule-concurrency button:text-is('Set')");
    await page.fill("#concurrency-limit", "50");
    await page.fill("#concurrency-queue", "10");
    await page.click("dialog button[type=submit]");
    // A queue without a time to wait is none.
    await page.waitForSelector("#rule-concurrency >> text=A queue needs a limit");
    await page.fill("#concurrency-wait_s", "30");
    await audit(page);
    await picture(page, "policy-form");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("tbody tr:has-text('Everybody') >> text=Default");
    await page.waitForSelector("tbody >> text=50 at a time, 10 more wait up to 30 s");
    await audit(page);
    await picture(page, "policies");
  });

  await check("the organisation's own limits are saved and come back", async () => {
    await page.click("form:has-text('Limits of the organisation') button:has-text('Add a window')");
    await page.selectOption("#limits-0-span", "day");
    await page.fill("#limits-0-cost", "250");
    await page.click("button:has-text('Save limits')");
    await page.waitForSelector("text=The limits were saved");
    await page.reload();
    await page.waitForSelector("#limits-0-cost");
    same(await page.inputValue("#limits-0-cost"), "250.00", "the amount");
    await choosePerson(page, "#limits-person", gateway.demo.member_email);
    await page.fill("#person-limit", "8");
    await page.click("form:has(#person-limit) button[type=submit]");
    await page.waitForSelector("text=The limits were saved");
    await page.reload();
    await choosePerson(page, "#limits-person", gateway.demo.member_email);
    await page.waitForSelector("#person-limit");
    same(await page.inputValue("#person-limit"), "8", "the person's requests at a time");
    await audit(page);
  });
}

async function inherited(page) {
  await check("a key's form says what it inherits, and its drawer where each rule comes from", async () => {
    await page.goto("/keys?open=new");
    await page.fill("#name", "Ruled");
    await page.fill("#icon", "🦊");
    await page.click("dialog summary:has-text('Rules')");
    await page.waitForSelector("#rule-concurrency >> text=50 at a time, 10 more wait up to 30 s · from the default policy");
    await page.click("#rule-addresses button:has-text('Own')");
    await page.fill("#rule-addresses-field", "192.0.2.1/24");
    await page.press("#rule-addresses-field", "Enter");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#rule-addresses >> text=Names a host within its network");
    await page.click("#rule-addresses button[aria-label='Remove 192.0.2.1/24']");
    await page.fill("#rule-addresses-field", "0.0.0.0/0");
    await page.press("#rule-addresses-field", "Enter");
    await audit(page);
    await picture(page, "key-rules");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("[data-testid=secret]");
    await storeSecret(page);
    await page.click("tbody >> text=Ruled");
    const rules = page.locator("dialog [data-testid=rules]");
    await rules.waitFor();
    const text = await rules.textContent();
    must(/0\.0\.0\.0\/0of the key itself/.test(text), `the key's own rule: ${text}`);
    must(/10 more wait up to 30 sfrom the default policy/.test(text), `the default's rule: ${text}`);
    await page.waitForSelector("dialog [data-testid=limits-now] svg");
    await audit(page);
    await picture(page, "key-drawer");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
  });
}

async function many(page) {
  await check("many keys are made at once, their secrets leave as a file, once", async () => {
    await page.goto("/keys?open=many");
    await page.fill("#pattern", "team");
    await page.fill("#count", "3");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#pattern[aria-invalid=true]");
    await page.fill("#pattern", "team {n}");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog >> text=Keys are ready: 3");
    must(await page.locator("dialog button:has-text('Done')").isDisabled(), "it can be left before the file is stored");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("dialog button:has-text('Save the secrets')")]);
    const lines = readFileSync(await download.path(), "utf8").trim().split("\r\n");
    same(lines.length, 4, "lines of the file");
    must(lines.slice(1).every((line) => /^team \d,[0-9a-f-]{36},cr_\S{20,}$/.test(line)), `odd lines: ${lines[1]?.slice(0, 20)}`);
    await audit(page);
    await picture(page, "keys-made");
    await page.check("#stored");
    await page.click("dialog button:has-text('Done')");
    await page.waitForSelector("tbody >> text=team 3");
  });

  await check("many keys are labelled, switched off and given rules, with a result for each", async () => {
    await page.goto("/keys?text=team");
    await page.waitForSelector("tbody >> text=team 1");
    await page.check("thead input[type=checkbox]");
    await page.click("[role=region] button:has-text('More')");
    await picture(page, "keys-chosen");
    await page.click("[role=menuitem]:has-text('Add labels')");
    await page.fill("#batch-tags", "batch");
    await page.press("#batch-tags", "Enter");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("[data-testid=batch-result]");
    same(await page.locator("[data-testid=batch-result] >> text=Done").count(), 3, "keys that were labelled");
    await audit(page);
    await picture(page, "keys-batch");
    await page.click("dialog button:has-text('Done')");
    await page.goto("/keys?tag=batch");
    await page.waitForSelector("tbody >> text=team 1");
    same(await page.locator("tbody tr").count(), 3, "keys with the label");
    await page.check("thead input[type=checkbox]");
    await page.click("[role=region] button:has-text('More')");
    await page.click("[role=menuitem]:has-text('Replace rules')");
    await page.click("#rule-windows button:has-text('Replace')");
    await page.fill("#window-0-requests", "7");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("[data-testid=batch-result]");
    await page.click("dialog button:has-text('Done')");
    await page.waitForSelector("tbody >> text=7 requests a minute");
  });

  await check("columns can be hidden, and stay so", async () => {
    await page.click("button:has-text('Columns')");
    await page.click("[role=menuitemradio]:has-text('Limits')");
    await page.waitForSelector("th:has-text('Limits')", { state: "detached" });
    await page.reload();
    await page.waitForSelector("tbody >> text=team 1");
    same(await page.locator("th:has-text('Limits')").count(), 0, "hidden columns");
    await page.click("button:has-text('Columns')");
    await page.click("[role=menuitemradio]:has-text('Limits')");
    await page.waitForSelector("th:has-text('Limits')");
  });
}

async function conflict(page, call) {
  await check("who comes second sees what changed, and goes on from there", async () => {
    await page.goto("/keys?text=team 1");
    await page.click("tbody tr a");
    await page.click("dialog >> text=Edit");
    await page.waitForSelector("dialog #cost_centre");
    const { items } = await call("GET", "/keys?text=team%201");
    const [key] = items;
    await call("PUT", `/keys/${key.id}`, { name: "team one", tags: key.tags, rules: key.rules, version: key.version });
    await page.fill("#cost_centre", "lab");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("[data-testid=conflict]");
    await picture(page, "key-conflict");
    await page.click("[data-testid=conflict] button");
    await page.waitForFunction(() => document.querySelector("dialog #name")?.value === "team one");
    await page.fill("#cost_centre", "lab");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog h2:has-text('team one')");
    await page.keyboard.press("Escape");
  });
}

async function rotation(page, gateway) {
  await check("a key gets a new secret, and the old one ends when it was told to", async () => {
    await page.goto("/keys?open=new");
    await page.fill("#name", "Turning");
    await page.click("dialog button[type=submit]");
    const old = (await page.textContent("[data-testid=secret]")).trim();
    await storeSecret(page);
    await page.click("tbody >> text=Turning");
    await page.click("dialog button:has-text('New secret')");
    await page.selectOption("#grace_s", "0");
    await picture(page, "key-rotate");
    await page.click("dialog:has(#grace_s) button[type=submit]");
    const secret = (await page.textContent("[data-testid=secret]")).trim();
    must(secret !== old, "the secret is the old one");
    same((await send(gateway, secret)).status, 200, "with the new secret");
    for (const until = Date.now() + HEARD_MS; ; ) {
      if ((await send(gateway, old)).status === 401) break;
      must(Date.now() < until, "the old secret still works");
    }
    await page.check("dialog:has([data-testid=secret]) input[type=checkbox]");
    await page.click("dialog:has([data-testid=secret]) >> text=Done");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
  });
}

async function bin(page) {
  await check("deleted keys lie in the recycle bin, come back, or go for good", async () => {
    await page.goto("/keys?tag=batch");
    await page.waitForSelector("tbody >> text=team 2");
    await page.check("thead input[type=checkbox]");
    await page.click("[role=region] button:has-text('More')");
    await page.click("[role=menuitem]:has-text('Delete')");
    await page.fill("#confirm-name", "3");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("[data-testid=batch-result]");
    await page.click("dialog button:has-text('Done')");
    await page.goto("/keys?bin=true");
    await page.waitForSelector("tbody >> text=team 2");
    await audit(page);
    await picture(page, "keys-bin");
    await page.click("tbody tr:has-text('team 2') .row-menu button");
    await page.click("[role=menuitem]:has-text('Restore')");
    await page.waitForSelector("text=“team 2” is restored");
    await page.click("tbody tr:has-text('team 3') .row-menu button");
    await page.click("[role=menuitem]:has-text('Delete for good')");
    await page.fill("#confirm-name", "team 3");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("text=“team 3” is gone for good");
    await page.goto("/keys?tag=batch");
    await page.waitForSelector("tbody >> text=team 2");
    same(await page.locator("tbody tr").count(), 1, "keys that came back");
  });
}

async function budgets(page) {
  await check("a budget is made, shown as a bar, and what can't be is named at its field", async () => {
    await page.goto("/budgets?open=new");
    await page.fill("#limit_nano", "-5");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#limit_nano[aria-invalid=true]");
    await page.fill("#name", "All of us");
    await page.fill("#limit_nano", "1,000");
    await page.fill("#thresholds", "80, 50");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#thresholds[aria-invalid=true]");
    await page.fill("#thresholds", "50, 80");
    await audit(page);
    await picture(page, "budget-form");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("[data-testid=budgets] >> text=All of us");
    await page.waitForSelector("[data-testid=budgets] >> text=$1,000.00");
    await page.goto("/budgets?open=new&keys=true");
    await page.fill("#name", "One key");
    await page.fill("#limit_nano", "5");
    await page.selectOption("#scope", "key");
    await page.waitForSelector("#subject option:nth-child(2)", { state: "attached" });
    await page.selectOption("#subject", { index: 1 });
    await page.selectOption("#period", "total");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("section:has-text('Keys') >> text=One key");
    await audit(page);
    await picture(page, "budgets");
  });
}

async function vouchers(page, call) {
  await check("vouchers are made, their codes shown once, and one is taken back", async () => {
    // Days are added to an expiry: a key that never expires has none.
    const { key } = await call("POST", "/keys", { name: "Expiring", expires_at: new Date(Date.now() + 864e5).toISOString() });
    await page.goto("/vouchers");
    await page.click("header button:has-text('Make vouchers')");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#amount_nano[aria-invalid=true]");
    await page.fill("#count", "2");
    await page.fill("#days", "30");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("[data-testid=codes] li:nth-child(2)");
    const code = (await page.textContent("[data-testid=codes] li")).trim();
    await audit(page);
    await picture(page, "voucher-codes");
    await page.check("#stored");
    await page.click("dialog button:has-text('Done')");
    await page.waitForSelector("tbody tr:nth-child(2)");
    must(!(await page.content()).includes(code), "the list shows a code");

    await page.click("header button:has-text('Redeem')");
    await page.fill("#code", "TGV-NOTHING");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog [role=alert], dialog #code[aria-invalid=true]");
    await picture(page, "voucher-refused");
    await page.fill("#code", code.toLowerCase());
    await page.selectOption("#key_id", key.id);
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("text=It brought 30 days");
    await page.waitForSelector("tbody >> text=Redeemed");
    await page.click("tbody button[aria-label^='Take back']");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("tbody >> text=Taken back");
    await audit(page);
    await picture(page, "vouchers");
  });
}

/** What members may do by themselves: the owner says it, the member reads it and is held to it. */
export async function selfService(browser, gateway) {
  const { demo } = gateway;
  const owner = await caller(gateway, demo.admin_email, demo.admin_password);
  const page = await visitor(browser, gateway);
  await check("a member reads what they may do, and the form refuses more in the same words", async () => {
    const { version } = await owner("GET", "/policies/self-service");
    await owner("PUT", "/policies/self-service", { allowed: true, keys_max: 2, services: ["claude"], lifetime_max_days: 30, version });
    await signIn(page, demo.member_email, demo.member_password);
    await page.goto("/keys");
    await page.waitForSelector("[data-testid=self-service] >> text=of 2 keys left; services: Claude; keys live at most 30 days");
    await picture(page, "member-keys");
    await page.goto("/keys?open=new");
    await page.fill("#name", "Mine");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#rule-services >> text=Members may use Claude alone");
    await page.waitForSelector("#expiry-note:has-text('must expire within 30 days')");
    await audit(page);
    await picture(page, "member-key-refused");
    await page.click("#rule-services button:has-text('Own')");
    await page.check("#rule-service-claude");
    await page.selectOption("#expiry", "30");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("[data-testid=secret]");
    await storeSecret(page);
    await page.waitForSelector("[data-testid=self-service] >> text=1 of 2 keys left");
  });
  const { version } = await owner("GET", "/policies/self-service");
  await owner("PUT", "/policies/self-service", { allowed: true, version });
  await page.context().close();
}
