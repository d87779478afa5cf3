// A new organisation: signs up, creates a key, and is told honestly that its wallet is empty.
import { audit, check, listen, must, picture, same } from "../checks.mjs";
import { caller, createKey, storeSecret, visitor } from "../people.mjs";

export async function signUp(browser, gateway) {
  const page = await visitor(browser, gateway);
  const heard = listen(page);

  await check("an empty sign-up form names every field at fault and focuses the first", async () => {
    await page.goto("/sign-up");
    await page.click("button[type=submit]");
    same(await page.locator("[aria-invalid=true]").count(), 4, "fields at fault");
    same(await page.evaluate(() => document.activeElement.id), "organisation", "focused field");
    await audit(page);
    await picture(page, "sign-up-faults");
  });

  await check("signing up leads to the overview with the first steps", async () => {
    await page.fill("#organisation", "Acme Labs");
    await page.fill("#name", "Ann Owner");
    await page.fill("#email", "ann@acme.example");
    await page.fill("#password", "a long enough password");
    await page.click("button[type=submit]");
    await page.waitForSelector("[data-testid=first-steps]");
    const steps = await page.textContent("[data-testid=first-steps]");
    must(steps.includes("tollgate tenant credit acme-labs 25"), `no command for the operator in: ${steps}`);
    await audit(page);
    await picture(page, "first-steps");
  });

  let secret;
  await check("a new key's secret is shown once, with a snippet that holds this server's address", async () => {
    secret = await createKey(page, "Ann's laptop");
    const snippet = await page.textContent("[data-testid=snippet]");
    must(snippet.includes(`${gateway.base}/api`) && snippet.includes(secret), `the snippet lacks address or key: ${snippet}`);
    await audit(page);
    await picture(page, "key-created");
  });

  await check("the dialog with the secret can not be left before it is stored", async () => {
    await page.keyboard.press("Escape");
    must(await page.isVisible("[data-testid=secret]"), "Escape closed it");
    must(await page.isDisabled("dialog >> text=Done"), "Done can be pressed");
  });

  await check("“Test it” shows the refusal of an empty wallet as it is", async () => {
    await page.click("dialog >> text=Test it");
    const outcome = await page.textContent("[data-testid=tested]");
    must(outcome.includes("402"), `not a 402: ${outcome}`);
    await picture(page, "key-refused-402");
  });

  await check("the secret is gone once the dialog is", async () => {
    await storeSecret(page);
    await page.reload();
    await page.waitForSelector("tbody >> text=Ann's laptop");
    must(!(await page.content()).includes(secret), "the page still holds the secret");
    await page.click("tbody >> text=Ann's laptop");
    await page.waitForSelector("dialog dl");
    must(!(await page.content()).includes(secret), "the drawer shows the secret");
  });

  await check("a credit by the operator appears in the wallet, with its booking", async () => {
    const done = gateway.command("tenant", "credit", "acme-labs", "12.50", "--reason", "first credit", "--dev");
    same(done.status, 0, `tenant credit: ${done.stderr}`);
    await page.goto("/?wallet=true");
    await page.waitForSelector("dialog >> text=first credit");
    must((await page.textContent("[data-testid=tiles]")).includes("$12.50"), "the tile does not show $12.50");
    await picture(page, "wallet");
  });

  await check("signing out leads to sign-in, and back to where one wanted to go", async () => {
    await page.goto("/");
    await page.click("aside button[title='Your sign-in']");
    await page.click("[role=menuitem]");
    await page.waitForURL(/\/sign-in/);
    await page.goto("/keys?status=active");
    await page.waitForURL(/\/sign-in\?next=/);
    await page.fill("#email", "ann@acme.example");
    await page.fill("#password", "a wrong password");
    await page.click("button[type=submit]");
    await page.waitForSelector("[role=alert]");
    await picture(page, "sign-in-refused");
    await page.fill("#password", "a long enough password");
    await page.click("button[type=submit]");
    await page.waitForURL(/\/keys\?status=active$/);
  });

  await paging(page, gateway);

  await check("signing up said nothing on the console", () => same(heard.join("\n"), "", "console"));
  await page.context().close();
}

/** More keys than a page holds. */
const MANY = 60;

async function paging(page, gateway) {
  await check("many keys are read page by page, in any order, and the address says which", async () => {
    const call = await caller(gateway, "ann@acme.example", "a long enough password");
    for (let at = 0; at < MANY; at += 1) {
      await call("POST", "/keys", { name: `Batch ${String(at).padStart(2, "0")}` });
    }
    await page.goto("/keys?text=Batch&sort=name&order=asc");
    await page.waitForSelector("tbody >> text=Batch 49");
    must((await page.textContent("main")).includes(`50 of ${MANY}`), "the count is not said");
    await picture(page, "keys-many");
    await page.click("button:has-text('Next')");
    await page.waitForSelector("tbody >> text=Batch 59");
    same(await page.locator("tbody tr").count(), MANY - 50, "rows on the second page");
    await page.reload();
    await page.waitForSelector("tbody >> text=Batch 59");
    await page.click("button:has-text('First page')");
    await page.waitForSelector("tbody >> text=Batch 00");
    await page.click("th button:has-text('Name')");
    await page.waitForURL(/order=desc|\/keys\?text=Batch&sort=name$/);
    await page.waitForSelector("tbody tr:first-child >> text=Batch 59");
  });
}
