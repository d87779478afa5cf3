// The demo organisation: a key is made, used, and what it cost is seen everywhere, to the last digit.
import { audit, check, listen, must, picture, same } from "../checks.mjs";
import { createKey, send, signIn, storeSecret, visitor } from "../people.mjs";

/** A request is booked within a second or two; the page that is open looks by itself. */
const BOOKED_MS = 20_000;

export async function money(browser, gateway) {
  const { demo } = gateway;
  const page = await visitor(browser, gateway);
  const heard = listen(page);
  let secret;
  let sent;

  await check("the owner signs in by the administration's door", async () => {
    await signIn(page, demo.admin_email, demo.admin_password, "/admin/sign-in");
  });

  await check("“Test it” sends a real request through the relay", async () => {
    secret = await createKey(page, "Browser check");
    await page.click("dialog >> text=Test it");
    const outcome = await page.textContent("[data-testid=tested]");
    must(outcome.includes("It works"), `it does not: ${outcome}`);
    await picture(page, "key-tested");
    await storeSecret(page);
  });

  await check("a streamed request by a client is answered to its end", async () => {
    sent = await send(gateway, secret, { stream: true });
    same(sent.status, 200, `status (${sent.text})`);
    must(sent.text.includes("message_stop"), "the stream did not end");
  });

  let charged;
  await check("its line appears in the request log, with the arithmetic of its cost", async () => {
    await page.goto(`/requests?range=today`);
    for (const until = Date.now() + BOOKED_MS; ; ) {
      if (await page.locator(`a[href*='${sent.id}']`).count()) break;
      must(Date.now() < until, `request ${sent.id} is not in the log`);
      await page.click("text=Refresh");
      await page.waitForTimeout(300);
    }
    await page.click(`a[href*='${sent.id}']`);
    await page.waitForSelector("dialog tfoot");
    const amounts = await page.locator("dialog tbody td:last-child [title], dialog tfoot td [title]").evaluateAll((cells) =>
      cells.map((cell) => cell.getAttribute("title").replace(" USD", "")),
    );
    charged = amounts.at(-1);
    const nanos = amounts.map((amount) => Math.round(Number(amount) * 1e9));
    const sum = nanos.slice(0, -1).reduce((all, one) => all + one, 0);
    must(nanos.at(-1) > 0, "it cost nothing");
    same(sum, nanos.at(-1), "sum of the price lines in nano-dollars");
    await audit(page);
    await picture(page, "request-details");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
  });

  await check("the log's filters stand in the address, as chips that can be taken away", async () => {
    await page.selectOption("#filter-status", "upstream_error");
    await page.waitForSelector("text=Nothing matches these filters");
    await page.reload();
    await page.waitForSelector("text=Nothing matches these filters");
    await page.click("button[aria-label='Remove Ended']");
    await page.waitForURL(/\/requests\?range=today$/);
    await page.selectOption("#filter-key", { label: "Browser check" });
    await page.waitForURL(/key=/);
    await page.waitForSelector(`a[href*='${sent.id}']`);
  });

  await check("its cost appears on the overview", async () => {
    await page.goto("/");
    const tiles = page.locator("[data-testid=tiles]");
    await tiles.waitFor();
    const text = await tiles.textContent();
    must(/Requests today[1-9]/.test(text), `no requests: ${text}`);
    const cost = Number((await tiles.locator("a:has-text('Cost today') [title$=USD]").getAttribute("title")).replace(" USD", ""));
    must(cost >= Number(charged), `today cost ${cost}, the request alone ${charged}`);
    await page.waitForSelector("canvas");
    await page.waitForTimeout(300);
    await audit(page);
    await picture(page, "overview");
  });

  await check("the chart's figures stand in a table one click away", async () => {
    await page.click("button:has-text('Table')");
    await page.waitForSelector("[role=region] tbody tr");
    await picture(page, "overview-table");
    await page.click("button:has-text('Chart')");
    await page.waitForSelector("canvas");
  });

  await keys(page, gateway, () => secret);
  await accounts(page);

  await check("the ledger verifies after all that", () => {
    const done = gateway.command("ledger", "verify", "--dev");
    same(done.status, 0, `ledger verify: ${done.stdout}${done.stderr}`);
  });

  await check("working said nothing on the console", () => same(heard.join("\n"), "", "console"));
  return page;
}

async function keys(page, gateway, secret) {
  await check("a key is found by its name and by the address of its drawer", async () => {
    await page.goto("/keys");
    await page.fill("input[type=search]", "browser");
    await page.waitForURL(/text=browser/);
    await page.waitForSelector("tbody tr:nth-child(2)", { state: "detached" });
    same(await page.locator("tbody tr").count(), 1, "rows");
    await page.click("tbody >> text=Browser check");
    await page.waitForURL(/open=/);
    await page.reload();
    await page.waitForSelector("dialog h2:has-text('Browser check')");
    await page.waitForSelector("dialog canvas");
    await audit(page);
    await picture(page, "key-details");
  });

  await check("a limit is set, wrong ones are named, unsaved ones are guarded", async () => {
    await page.click("dialog >> text=Edit");
    await page.click("dialog summary:has-text('Rules')");
    await page.click("#rule-windows button:has-text('Own')");
    await page.fill("#window-0-requests", "many");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#rule-windows >> text=Write a whole number");
    same(await page.getAttribute("#window-0-requests", "aria-invalid"), "true", "the amount's mark");
    await page.keyboard.press("Escape");
    await page.waitForSelector("text=Discard what you entered?");
    await page.click("text=Keep editing");
    await page.fill("#window-0-requests", "600");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog [data-testid=rules] >> text=600 requests a minute");
    await page.waitForSelector("dialog [data-testid=limits-now] svg");
  });

  await check("a key that is switched off is refused", async () => {
    await page.click("dialog >> text=Switch off");
    await page.waitForSelector("dialog >> text=Switch on");
    for (const until = Date.now() + 5_000; ; ) {
      const { status } = await send(gateway, secret());
      if (status === 401 || status === 403) break;
      must(Date.now() < until, `still answered with ${status}`);
    }
  });

  await check("a key is deleted only when its name is typed, and its effect is named", async () => {
    await page.click("dialog button:has-text('Delete')");
    const asks = page.locator("dialog:has-text('Delete the key')");
    must((await asks.textContent()).includes("times today"), "who uses it is not said");
    must(await asks.locator("button[type=submit]").isDisabled(), "it can be deleted at once");
    await picture(page, "key-delete");
    await page.fill("#confirm-name", "Browser check");
    await asks.locator("button[type=submit]").click();
    await page.waitForSelector("text=Key “Browser check” was deleted");
    await page.waitForSelector("dialog", { state: "detached" });
    await page.waitForSelector("text=Nothing matches these filters");
    await picture(page, "keys-nothing-matches");
  });
}

async function accounts(page) {
  await check("an account is tested from its drawer", async () => {
    await page.goto("/accounts");
    await page.click("tbody tr a");
    await page.click("dialog button:has-text('Test')");
    await page.waitForSelector("[data-testid=account-tested] >> text=It answers");
    await audit(page);
    await picture(page, "account-tested");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
  });

  await check("an account that may not be reached is refused at its field", async () => {
    await page.goto("/accounts?open=new");
    await page.fill("#name", "Inside");
    await page.fill("#base_url", "http://10.0.0.1");
    await page.fill("#api_key", "sk-ant-nothing");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#base_url[aria-invalid=true]");
    await picture(page, "account-refused");
  });

  await check("an account is added, paused, resumed and deleted", async () => {
    await page.fill("#name", "Spare");
    await page.fill("#base_url", "https://api.anthropic.com");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog h2:has-text('Spare')");
    await page.click("dialog >> text=Pause");
    await page.click("dialog >> text=Resume");
    await page.waitForSelector("dialog >> text=Pause");
    await page.click("dialog button:has-text('Delete')");
    await page.fill("#confirm-name", "Spare");
    await page.click("dialog:has-text('Delete the account') button[type=submit]");
    await page.waitForSelector("text=Account “Spare” was deleted");
  });

  await check("another platform asks for what it needs, and for secrets again when it moves", async () => {
    await page.goto("/accounts?open=new");
    await page.fill("#name", "Cloud");
    await page.selectOption("#platform", "bedrock");
    same(await page.locator("#api_key").count(), 0, "fields of another kind");
    await page.click("dialog button[type=submit]");
    for (const field of ["region", "access_key_id", "secret_access_key"]) {
      await page.waitForSelector(`#${field}[aria-invalid=true]`);
    }
    await audit(page);
    await picture(page, "account-bedrock");
    await page.fill("#region", "eu-west-1");
    await page.fill("#access_key_id", "AKIAIOSFODNN7EXAMPLE");
    await page.fill("#secret_access_key", "nobody-sees-this");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog >> text=bedrock-runtime.eu-west-1.amazonaws.com");
    await page.click("dialog button:has-text('Edit')");
    await page.fill("#region", "us-east-1");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#secret_access_key[aria-invalid=true]");
    await picture(page, "account-moved");
    await page.fill("#access_key_id", "AKIAIOSFODNN7EXAMPLE");
    await page.fill("#secret_access_key", "nobody-sees-this");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog >> text=bedrock-runtime.us-east-1.amazonaws.com");
    await picture(page, "account-details");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    await page.click("[role=group] button:has-text('Amazon Bedrock')");
    await page.waitForSelector("button[aria-pressed=true]:has-text('Amazon Bedrock')");
    // The demo upstream has an account there as well.
    const rows = page.locator("tbody tr");
    same(await rows.filter({ hasText: "Amazon Bedrock" }).count(), await rows.count(), "accounts of the platform");
    same(await rows.filter({ hasText: "Cloud" }).count(), 1, "the account that was added");
  });
}
