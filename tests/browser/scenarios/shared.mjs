// What accounts share: a proxy, a group, and what is done to many at once or carried to another organisation.
import { audit, check, must, picture, same } from "../checks.mjs";
import { caller, send, signUpAs, visitor } from "../people.mjs";
import { cameFrom } from "../vendors.mjs";

const SECOND = ["sue@second.example", "a long enough password"];
const PASSPHRASE = "long enough for a file";

/** With the owner's page and what `connect` has connected. */
export async function shared(page, browser, gateway, vendors, proxy, call) {
  await proxies(page, gateway, vendors, proxy, call);
  await groups(page, call);
  await many(page);
  const file = await exported(page);
  await imported(browser, gateway, file);
}

async function closed(page) {
  await page.waitForSelector("dialog", { state: "detached" });
}

async function proxies(page, gateway, vendors, proxy, call) {
  // By itself a test asks a vendor on the Internet; here, where there is none, the simulated one.
  await page.route(/\/proxies\/[^/]+\/test$/, (route) => route.continue({ postData: JSON.stringify({ target: vendors.url }) }));
  const row = page.locator("tbody tr", { hasText: "exit-1" });

  await check("a proxy is added and works", async () => {
    await page.goto("/proxies");
    await page.waitForSelector("main >> text=No proxy yet");
    await picture(page, "proxies-empty");
    await page.click("header button:has-text('Add a proxy')");
    for (const [field, text] of [["name", "exit-1"], ["host", "127.0.0.1"], ["port", String(proxy.port)], ["username", proxy.user], ["password", proxy.password]]) {
      await page.fill(`#${field}`, text);
    }
    await picture(page, "proxy-form");
    await page.click("dialog button[type=submit]");
    await closed(page);
    must(!(await page.content()).includes(proxy.password), "the password is on the page");
    await row.locator("button:has-text('Test')").click();
    await row.locator("time").waitFor();
    must(/ms|s\b/.test(await row.textContent()), `no time: ${await row.textContent()}`);
    await audit(page);
    await picture(page, "proxy-works");
  });

  await check("a wrong password is told by its code", async () => {
    const change = async (password) => {
      await row.locator("td a").first().click();
      await page.waitForSelector("dialog #password");
      await page.fill("#password", password);
      await page.click("dialog button[type=submit]");
      await closed(page);
    };
    await change("not-the-password");
    await row.locator("button:has-text('Test')").click();
    await row.locator("text=proxy_auth").waitFor();
    await audit(page);
    await picture(page, "proxy-wrong-password");
    await change(proxy.password);
    await row.locator("button:has-text('Test')").click();
    await row.locator("text=proxy_auth").waitFor({ state: "detached" });
  });

  await check("an account goes through it and never around it", async () => {
    await page.goto("/accounts");
    await page.click("tbody a:text-is('setup-1')");
    await page.click("dialog button:has-text('Edit')");
    await page.waitForSelector("#proxy_id");
    await page.selectOption("#proxy_id", { label: await page.locator("#proxy_id option", { hasText: "exit-1" }).textContent() });
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog dl >> text=exit-1");
    await page.keyboard.press("Escape");
    await closed(page);
    await page.waitForSelector("tbody tr:has-text('setup-1') >> text=through exit-1");
    const { items } = await call("GET", "/accounts");
    const account = items.find(({ name }) => name === "setup-1");
    const made = await call("POST", "/keys", { name: "By proxy", bindings: [{ service: "claude", account_id: account.id }] });
    const before = (await vendors.order({ asked: 0 })).requests.length;
    const { status, text } = await send(gateway, made.secret, { model: "claude-sonnet-4-6" });
    same(status, 200, `status (${text.slice(0, 300)})`);
    await cameFrom(vendors, before, proxy.source);
    await picture(page, "accounts-proxied");
  });

  await check("a proxy that is in use is not deleted", async () => {
    await page.goto("/proxies");
    same((await row.locator("td[data-label=Accounts]").textContent()).trim(), "1", "accounts through it");
    await row.locator(".row-menu button").click();
    await page.click("[role=menuitem]:has-text('Delete')");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog [role=alert]");
    await audit(page);
    await picture(page, "proxy-in-use");
    await page.click("dialog button:has-text('Cancel')");
    await closed(page);
  });
}

async function groups(page, call) {
  await check("a group is made of two accounts with priorities of their own", async () => {
    await page.goto("/account-groups?open=new");
    await page.fill("#name", "team");
    for (const [name, priority] of [["setup-1", "10"], ["bedrock-1", "5"]]) {
      const label = await page.locator("#members option", { hasText: name }).textContent();
      await page.selectOption("#members", { label });
      await page.locator("dialog li", { hasText: name }).locator("input").fill(priority);
    }
    await audit(page);
    await picture(page, "group-of-two");
    await page.click("dialog button[type=submit]");
    await closed(page);
    const row = page.locator("tbody tr", { hasText: "team" });
    const told = await row.textContent();
    for (const word of ["setup-1", "bedrock-1", "10", "5"]) must(told.includes(word), `no ${word} in ${told}`);
    await picture(page, "groups-team");
  });

  await check("a key that is bound to it goes to its first member, and the dry run says so", async () => {
    const made = await call("POST", "/keys", { name: "Team's key" });
    await page.goto(`/keys?open=${made.key.id}`);
    await page.click("dialog button:has-text('Edit')");
    await page.waitForSelector("#bindings-claude");
    await page.selectOption("#bindings-claude", { label: "Group: team" });
    await page.locator("#bindings-claude").scrollIntoViewIfNeeded();
    await picture(page, "key-binding");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog >> text=Group: team");
    await page.goto(`/explain?model=claude-sonnet-4-6&key=${made.key.id}`);
    const answer = page.locator("[data-testid=explained]");
    await answer.waitFor();
    const told = await answer.textContent();
    must(/bound/i.test(told), `no word on the binding: ${told}`);
    must(/^[^.]*bedrock-1/.test(told), `not its first member: ${told}`);
    must(told.includes("Not bound"), `accounts outside of it are not told: ${told}`);
    console.log(`      ${(await answer.locator("p").first().textContent()).trim()}`);
    await audit(page);
    await picture(page, "explain-bound");
  });
}

async function many(page) {
  const tick = async (count) => {
    const boxes = page.locator("tbody td.row-pick input");
    for (let at = 0; at < count; at += 1) await boxes.nth(at).check();
    await page.waitForSelector(`[role=region] >> text=${count} chosen`);
  };
  const results = page.locator("[data-testid=batch-result] tbody tr");
  const read = async (name) => {
    await results.first().waitFor();
    same(await results.count(), 3, "results");
    await audit(page);
    await picture(page, name);
    await page.click("dialog button:has-text('Done')");
    await closed(page);
  };

  await check("three accounts are paused at once, with a result for each, and resumed", async () => {
    await page.goto("/accounts?sort=name&order=asc");
    await page.waitForSelector("tbody td.row-pick");
    await tick(3);
    await audit(page);
    await picture(page, "bulk-chosen");
    await page.click("[role=region] button:has-text('Pause')");
    await read("bulk-paused");
    await page.locator("tbody >> text=Paused").nth(2).waitFor();
    await picture(page, "accounts-paused");
    await tick(3);
    await page.click("[role=region] button:has-text('Resume')");
    await results.first().waitFor();
    await page.click("dialog button:has-text('Done')");
    await closed(page);
  });

  await check("three accounts are tagged and found by their tag", async () => {
    await tick(3);
    await page.click("[role=region] button:has-text('More')");
    await picture(page, "bulk-more");
    await page.click("[role=menuitem]:has-text('Add a tag')");
    await page.fill("#bulk-tag", "prod");
    await page.click("dialog button[type=submit]");
    await read("bulk-tagged");
    await page.selectOption("#filter-tag", "prod");
    await page.waitForURL(/tag=prod/);
    await page.locator("tbody tr").nth(3).waitFor({ state: "detached" });
    same(await page.locator("tbody tr").count(), 3, "accounts with the tag");
    await picture(page, "accounts-tagged");
  });
}

async function exported(page) {
  let path;
  await check("accounts leave as a file, their secrets under a passphrase", async () => {
    await page.goto("/accounts");
    await page.waitForSelector("tbody tr td a");
    await page.click("header button[aria-haspopup=menu]");
    await page.click("[role=menuitem]:has-text('Export accounts')");
    await page.check("#with-secrets");
    await page.fill("#passphrase", PASSPHRASE);
    await audit(page);
    await picture(page, "export");
    const saved = page.waitForEvent("download");
    await page.click("dialog button[type=submit]");
    path = await (await saved).path();
    await closed(page);
  });
  return path;
}

async function imported(browser, gateway, file) {
  await check("another organisation reads them in, by the passphrase alone", async () => {
    must(file, "nothing was exported");
    const page = await visitor(browser, gateway);
    await signUpAs(page, "Second Pool", "Sue Owner", ...SECOND);
    await page.goto("/accounts");
    await page.click("header button[aria-haspopup=menu]");
    await page.click("[role=menuitem]:has-text('Import accounts')");
    await page.setInputFiles("#bundle", file);
    await page.fill("#passphrase", "another passphrase");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#passphrase[aria-invalid=true]");
    await picture(page, "import-wrong-passphrase");
    await page.fill("#passphrase", PASSPHRASE);
    await page.click("dialog button[type=submit]");
    const rows = page.locator("[data-testid=import-preview] tbody tr");
    await rows.first().waitFor();
    const number = await rows.count();
    must(number >= 6, `${number} accounts in the file`);
    // The proxy of one of them is not here yet: nothing is taken before it is.
    await page.waitForSelector("[data-testid=import-preview] >> text=exit-1");
    await page.waitForSelector("dialog button[type=submit]:has-text('Check the file')");
    await audit(page);
    await picture(page, "import-faulty");
    const call = await caller(gateway, ...SECOND);
    await call("POST", "/proxies", { name: "exit-1", scheme: "socks5h", host: "127.0.0.1", port: 1080 });
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog button[type=submit]:has-text('Import accounts')");
    await picture(page, "import-preview");
    await page.click("dialog button[type=submit]");
    await closed(page);
    await page.waitForSelector("tbody >> text=gemini-1");
    same(await page.locator("tbody tr").count(), number, "accounts of the second organisation");
    await picture(page, "accounts-imported");
    await page.context().close();
  });
}
