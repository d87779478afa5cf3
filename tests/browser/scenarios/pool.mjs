// The pool of accounts: proxies, groups, many at once, a dry run, a test as it runs, a file out and in.
import { audit, check, must, picture, same } from "../checks.mjs";
import { readFileSync } from "node:fs";

/** With a page on which the demo's owner is signed in. */
export async function pool(page) {
  await proxies(page);
  await groups(page);
  await many(page);
  await testing(page);
  await dryRun(page);
  await carry(page);
  await binding(page);
}

async function proxies(page) {
  await check("a proxy is added, tested, and kept while an account goes through it", async () => {
    await page.goto("/proxies?open=new");
    await page.fill("#name", "exit");
    await page.fill("#host", "http://proxy.example.com");
    await page.fill("#port", "1080");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#host[aria-invalid=true]");
    await audit(page);
    await page.fill("#host", "proxy.example.com");
    await page.fill("#username", "me");
    await page.fill("#password", "nobody-sees-this");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("tbody >> text=proxy.example.com:1080");
    must(!(await page.content()).includes("nobody-sees-this"), "the password is on the page");
    // Nobody answers there: the test says so and is remembered.
    await page.click("tbody tr:has-text('exit') button:has-text('Test')");
    await page.waitForSelector("tbody tr:has-text('exit') time");
    await audit(page);
    await picture(page, "proxies");
  });
}

async function groups(page) {
  await check("a group takes accounts of its service with priorities of their own", async () => {
    await page.goto("/account-groups?open=new");
    await page.fill("#name", "heavy");
    const choices = page.locator("#members option");
    must((await choices.count()) > 1, "no account to choose from");
    await page.selectOption("#members", { index: 1 });
    await page.fill("dialog li input", "5");
    await audit(page);
    await picture(page, "group-form");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("tbody tr:has-text('heavy')");
    await picture(page, "groups");
  });
}

async function many(page) {
  await check("many accounts are tagged at once, with a result for each", async () => {
    await page.goto("/accounts");
    await page.waitForSelector("tbody tr td a");
    const rows = await page.locator("tbody tr").count();
    await page.check("thead input[type=checkbox]");
    await page.waitForSelector("[role=region] >> text=chosen");
    await picture(page, "accounts-chosen");
    await page.click("[role=region] button:has-text('More')");
    await page.click("[role=menuitem]:has-text('Add a tag')");
    await page.fill("#bulk-tag", "prod");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("[data-testid=batch-result]");
    same(await page.locator("[data-testid=batch-result] tbody tr").count(), rows, "results");
    await audit(page);
    await picture(page, "accounts-batch");
    await page.click("dialog button:has-text('Done')");
    await page.selectOption("#filter-tag", "prod");
    await page.waitForURL(/tag=prod/);
    same(await page.locator("tbody tr").count(), rows, "accounts with the tag");
  });
}

async function testing(page) {
  await check("a test is told while it runs, and stands in what happened", async () => {
    await page.goto("/accounts");
    await page.click("tbody tr a");
    await page.click("dialog button:has-text('Test')");
    await page.waitForSelector("[data-testid=test-steps] li");
    await page.waitForSelector("[data-testid=account-tested]");
    await page.waitForSelector("[data-testid=timeline] li");
    await audit(page);
    await picture(page, "account-timeline");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
  });
}

async function dryRun(page) {
  await check("a dry run says where a request would go, under an address of its own", async () => {
    await page.goto("/explain");
    await page.fill("#model", "claude-sonnet-4-5");
    await page.click("button[type=submit]");
    await page.waitForSelector("[data-testid=explained]");
    await page.waitForURL(/model=claude-sonnet-4-5/);
    await audit(page);
    await picture(page, "explain");
    await page.reload();
    await page.waitForSelector("[data-testid=explained]");
  });
}

async function carry(page) {
  await check("accounts leave as a file and are known when they come back", async () => {
    await page.goto("/accounts");
    await page.waitForSelector("tbody tr td a");
    await page.click("header button[aria-haspopup=menu]");
    await page.click("[role=menuitem]:has-text('Export accounts')");
    await page.check("#with-secrets");
    await page.fill("#passphrase", "too short");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#passphrase[aria-invalid=true]");
    await page.fill("#passphrase", "long enough for a file");
    const saved = page.waitForEvent("download");
    await page.click("dialog button[type=submit]");
    const path = await (await saved).path();
    same(JSON.parse(readFileSync(path, "utf8")).format, "tollgate-accounts/1", "format");
    await page.waitForSelector("dialog", { state: "detached" });
    await page.click("header button[aria-haspopup=menu]");
    await page.click("[role=menuitem]:has-text('Import accounts')");
    await page.setInputFiles("#bundle", path);
    await page.fill("#passphrase", "long enough for a file");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("[data-testid=import-preview] >> text=There already");
    await audit(page);
    await picture(page, "import");
    await page.click("dialog button:has-text('Cancel')");
    await page.waitForSelector("dialog", { state: "detached" });
  });
}

async function binding(page) {
  await check("a key is bound to a group and says so", async () => {
    await page.goto("/keys");
    await page.click("tbody tr a");
    await page.click("dialog button:has-text('Edit')");
    await page.waitForSelector("#bindings-claude");
    await page.selectOption("#bindings-claude", { label: "Group: heavy" });
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog >> text=Group: heavy");
    await picture(page, "key-bound");
    // Unbound again, so that what comes after may use all accounts.
    await page.click("dialog button:has-text('Edit')");
    await page.selectOption("#bindings-claude", "");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog >> text=Group: heavy", { state: "detached" });
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
  });
}
