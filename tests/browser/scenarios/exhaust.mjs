// Accounts at work: requests through each, a test as it runs, one that is used up and comes back, and why a request went
// where it went.
import { audit, check, must, picture, same } from "../checks.mjs";
import { send } from "../people.mjs";

/** Each account with a model that is asked for there, and the service whose key is bound to it. */
const ACCOUNTS = [
  ["max-1", "claude-sonnet-4-6", "claude"],
  ["setup-1", "claude-sonnet-4-6", "claude"],
  ["bedrock-1", "claude-sonnet-4-6", "claude"],
  ["gemini-1", "gemini-2.5-pro", "gemini"],
  ["codex-1", "gpt-5.2", "openai"],
  ["azure-1", "gpt-5.2", "openai"],
];
/** States are announced and requests booked within a second or two; the page looks by itself. */
const SOON_MS = 20_000;
const WINDOW_S = 2 * 3600;

/** With the owner's page, their calls and what `connect` has connected. */
export async function exhaust(page, gateway, vendors, call) {
  const keys = await bound(call);
  await used(page, gateway, keys);
  await tested(page, vendors);
  await usedUp(page, gateway, vendors, keys);
  await comesBack(page, gateway, vendors, keys);
  await failsOver(page, gateway, vendors, call);
  await history(page);
}

/** A key for each account, bound to it. */
async function bound(call) {
  const { items } = await call("GET", "/accounts");
  const keys = {};
  for (const [name, , service] of ACCOUNTS) {
    const account = items.find((one) => one.name === name);
    if (!account) continue;
    const made = await call("POST", "/keys", { name: `For ${name}`, bindings: [{ service, account_id: account.id }] });
    keys[name] = { secret: made.secret, id: made.key.id, account };
  }
  return keys;
}

/** The row of an account in the list, by its name. */
const rowOf = (page, name) => page.locator("tbody tr", { has: page.locator(`td a:text-is('${name}')`) });

async function until(page, so, sentence) {
  for (const end = Date.now() + SOON_MS; ; ) {
    const found = await so();
    if (found) return found;
    must(Date.now() < end, sentence);
    await page.waitForTimeout(300);
  }
}

async function open(page, name) {
  await page.goto("/accounts");
  await rowOf(page, name).locator("td a").first().click();
  await page.waitForSelector(`dialog h2:has-text('${name}')`);
}

async function leave(page) {
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog", { state: "detached" });
}

async function used(page, gateway, keys) {
  await check("a request through each account is answered, and its row counts it", async () => {
    for (const [name, model] of ACCOUNTS) {
      must(keys[name], `${name} is not connected`);
      const { status, text } = await send(gateway, keys[name].secret, { model });
      same(status, 200, `${name} (${text.slice(0, 300)})`);
    }
    await page.goto("/accounts");
    for (const [name] of ACCOUNTS) {
      const cell = rowOf(page, name).locator("td[data-label=Requests]");
      await until(
        page,
        async () => {
          if ((await cell.textContent()).trim() === "1") return true;
          await page.reload();
          await cell.waitFor();
          return false;
        },
        `${name} counts no request`,
      );
    }
    await audit(page);
    await picture(page, "accounts-used");
  });
}

async function tested(page, vendors) {
  await check("a test is told step by step while it runs", async () => {
    await vendors.order({ stream: { between_ms: 300 } });
    await open(page, "max-1");
    await page.click("dialog button:has-text('Test')");
    const steps = page.locator("[data-testid=test-steps] li");
    await steps.first().waitFor();
    const first = await steps.count();
    same(await page.locator("[data-testid=account-tested]").count(), 0, "outcomes while it runs");
    await steps.first().scrollIntoViewIfNeeded();
    await picture(page, "account-test-running");
    await page.waitForSelector("[data-testid=account-tested] >> text=It answers");
    must((await steps.count()) > first, `no more steps than ${first}`);
    await page.locator("[data-testid=account-tested]").scrollIntoViewIfNeeded();
    await audit(page);
    await picture(page, "account-test-over");
    await leave(page);
    await vendors.order({ always: null });
  });
}

/** What Claude says when the window of 5 hours is used up (as in its own clients): which one it is, and when it begins anew. */
function usedUpFault() {
  return {
    status: 429,
    kind: "rate_limit_error",
    message: "This request would exceed your account's rate limit. Please try again later.",
    headers: {
      "anthropic-ratelimit-unified-status": "rejected",
      "anthropic-ratelimit-unified-representative-claim": "five_hour",
      "anthropic-ratelimit-unified-reset": String(Math.floor(Date.now() / 1000) + WINDOW_S),
      "anthropic-ratelimit-unified-5h-utilization": "1.0",
      "anthropic-ratelimit-unified-5h-status": "rejected",
      "anthropic-ratelimit-unified-5h-reset": String(Math.floor(Date.now() / 1000) + WINDOW_S),
    },
  };
}

async function usedUp(page, gateway, vendors, keys) {
  await check("an account whose 5 hours are used up says so, why, and when it is back", async () => {
    await vendors.order({ next: usedUpFault() });
    const { status, text } = await send(gateway, keys["max-1"].secret, { model: "claude-sonnet-4-6" });
    must(status === 429 || status === 503 || status === 529, `answered with ${status}: ${text}`);
    await page.goto("/accounts");
    const row = rowOf(page, "max-1");
    await until(
      page,
      async () => {
        if ((await row.textContent()).includes("Quota used up")) return true;
        await page.reload();
        await row.waitFor();
        return false;
      },
      "the row does not say that its quota is used up",
    );
    const told = await row.locator("td[data-label=State]").textContent();
    must(/429|5.hour|window/i.test(told), `no reason in “${told}”`);
    must((await row.locator("td[data-label='Next recovery'] time").count()) > 0, "no time of recovery");
    same(await row.locator("[role=meter]").first().getAttribute("aria-valuenow"), "100", "per cent used");
    const wide = await page.locator("table.rows").evaluate(({ parentElement: box }) => box.scrollWidth - box.clientWidth);
    must(wide <= 0, `the list is ${wide} px wider than its place`);
    await audit(page);
    await picture(page, "accounts-used-up");
    await open(page, "max-1");
    await picture(page, "account-used-up");
    await leave(page);
  });

  await check("a dry run names it, says why it is out, and where the request would go", async () => {
    await page.goto("/explain?model=claude-sonnet-4-6");
    await page.waitForSelector("[data-testid=explained]");
    const told = await page.textContent("[data-testid=explained]");
    must(told.includes("max-1"), `max-1 is not named: ${told}`);
    must(/cooling down until|used up/.test(told), `no word on why: ${told}`);
    await audit(page);
    await picture(page, "explain-used-up");
    await page.selectOption("#key_id", keys["max-1"].id);
    await page.click("button[type=submit]");
    await page.waitForURL(/key=/);
    await page.waitForSelector("[data-testid=explained] >> text=First recovery");
    await picture(page, "explain-nowhere");
  });
}

async function comesBack(page, gateway, vendors, keys) {
  await check("taken back into service by hand it is active and takes requests again", async () => {
    await open(page, "max-1");
    await page.click("dialog button:has-text('Back into service')");
    await page.waitForSelector("dialog dl >> text=Active");
    await page.waitForSelector("dialog button:has-text('Back into service')", { state: "detached" });
    await picture(page, "account-back");
    await leave(page);
    same((await rowOf(page, "max-1").textContent()).includes("Active"), true, "the row is active");
    await until(
      page,
      async () => (await send(gateway, keys["max-1"].secret, { model: "claude-sonnet-4-6" })).status === 200,
      "it takes no request",
    );
  });
}

async function failsOver(page, gateway, vendors, call) {
  await check("a request that failed over says so in sentences", async () => {
    const made = await call("POST", "/keys", { name: "Everywhere" });
    await vendors.order({ next: { status: 529, kind: "overloaded_error", message: "Overloaded" } });
    const sent = await send(gateway, made.secret, { model: "claude-sonnet-4-6" });
    same(sent.status, 200, `status (${sent.text})`);
    await page.goto("/requests?range=today");
    const line = page.locator(`a[href*='${sent.id}']`);
    await until(
      page,
      async () => {
        if (await line.count()) return true;
        await page.click("text=Refresh");
        return false;
      },
      `request ${sent.id} is not in the log`,
    );
    await line.first().click();
    const why = page.locator("[data-testid=why]");
    await why.waitFor();
    const told = await why.textContent();
    must(/529|overloaded/i.test(told), `what failed is not told: ${told}`);
    must(!/[{}[\]]|null|undefined/.test(told), `no sentence for people: ${told}`);
    console.log(`      ${(await why.locator("p").first().textContent()).trim()}`);
    await why.scrollIntoViewIfNeeded();
    await audit(page);
    await picture(page, "request-why");
    await leave(page);
  });
}

async function history(page) {
  await check("an account's page shows what happened and its last 30 days", async () => {
    await open(page, "max-1");
    const timeline = page.locator("[data-testid=timeline]");
    await timeline.locator("li").first().waitFor();
    const told = await timeline.textContent();
    for (const word of ["Connected", "Quota used up", "Reset by hand", "Test"]) must(told.includes(word), `no “${word}” in ${told}`);
    await page.waitForSelector("dialog canvas");
    await page.locator("dialog canvas").scrollIntoViewIfNeeded();
    await picture(page, "account-history");
    await timeline.scrollIntoViewIfNeeded();
    await audit(page);
    await picture(page, "account-happened");
    await page.locator("dialog button:has-text('Table')").click();
    await page.waitForSelector("dialog [role=region] tbody tr");
    await picture(page, "account-history-table");
    await leave(page);
  });
}
