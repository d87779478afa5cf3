// Subscriptions are connected at their vendors' own pages, applications and roles by form; each is tested and used.
import { audit, check, must, picture, same } from "../checks.mjs";
import { consent } from "../vendors.mjs";

const LINK = "dialog a[target=_blank]";

/** With the owner's page, on which nothing is connected yet. */
export async function connect(page, vendors) {
  await beginning(page);
  await claude(page, vendors);
  await refused(page, vendors);
  await others(page, vendors);
  await applications(page, vendors);
}

/** The wizard's first step: a way is chosen and its link made. */
async function begin(page, way) {
  await page.goto("/accounts?open=connect");
  await page.check(`dialog input[value=${way}]`);
  await page.click("dialog button[type=submit]");
  await page.waitForSelector(LINK);
}

/** The second one: what the vendor gave is pasted. */
async function finish(page, pasted, name) {
  await page.fill("#code", pasted);
  if (name) await page.fill("#name", name);
  await page.click("dialog button[type=submit]");
}

async function done(page) {
  await page.click("dialog button:has-text('Done')");
  await page.waitForSelector("dialog", { state: "detached" });
}

/** What has the focus, by its id, its value or its words. */
function focused(page) {
  return page.evaluate(() => {
    const { id, value, type, textContent, tagName } = document.activeElement;
    if (tagName === "BODY") return tagName;
    return id || (type === "radio" ? value : textContent.trim()) || tagName;
  });
}

/** What has the focus at first, and what Tab reaches from there until it comes round. */
async function reached(page) {
  const found = [await focused(page)];
  for (let press = 0; press < 30; press += 1) {
    await page.keyboard.press("Tab");
    const at = await focused(page);
    if (at === found[0]) break;
    found.push(at);
  }
  return found;
}

async function beginning(page) {
  await check("without an account the page says what belongs here and how it begins", async () => {
    await page.goto("/accounts");
    await page.waitForSelector("main >> text=No account yet");
    await audit(page);
    await picture(page, "accounts-empty");
    await page.click("main .panel button:has-text('Connect')");
    await page.waitForSelector("dialog [name=way]");
    await audit(page);
    await picture(page, "connect-ways");
  });

  await check("the keyboard alone chooses a way and gets its link", async () => {
    const first = await reached(page);
    for (const wanted of ["claude", "proxy_id", "Get the link"]) must(first.includes(wanted), `Tab misses ${wanted}: ${first}`);
    await page.focus("dialog input[value=claude]");
    await page.keyboard.press("ArrowDown");
    must(await page.isChecked("dialog input[value=claude_setup_token]"), "the arrow chooses nothing");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.waitForSelector(LINK);
    const second = await reached(page);
    for (const wanted of ["Open the vendor's page", "code", "name", "Start again", "Connect"]) {
      must(second.includes(wanted), `Tab misses ${wanted}: ${second}`);
    }
  });
}

async function claude(page, vendors) {
  await check("a Claude subscription is connected from the page, with its plan and windows", async () => {
    await begin(page, "claude");
    const href = await page.getAttribute(LINK, "href");
    must(href.startsWith(vendors.settings.TOLLGATE_OAUTH_CLAUDE_AUTHORIZE), `the link leads to ${href}`);
    await audit(page);
    await picture(page, "connect-link");
    const pasted = await consent(page, LINK);
    must(pasted.includes("#"), `no state beside the code: ${pasted}`);
    await finish(page, "not-the-code-of-anybody#nor-its-state", "max-1");
    await page.waitForSelector("#code[aria-invalid=true]");
    await audit(page);
    await picture(page, "connect-wrong-code");
    await finish(page, pasted);
    await page.waitForSelector("[data-testid=connected]");
    const told = await page.textContent("[data-testid=connected]");
    for (const word of ["paula@people.example", "Max", "5 hours", "7 days", "12 %", "31 %"]) must(told.includes(word), `no ${word} in ${told}`);
    await audit(page);
    await picture(page, "connect-done");
    await page.click("dialog button:has-text('Show the account')");
    await page.waitForSelector("dialog h2:has-text('max-1')");
    await picture(page, "account-connected");
    must(!(await page.content()).includes("tok-issued"), "a token is on the page");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    const row = page.locator("tbody tr", { hasText: "max-1" });
    same(await row.locator("[role=meter]").count(), 2, "windows in the row");
    same(await row.locator("[role=meter]").first().getAttribute("aria-valuenow"), "12", "per cent used");
    must((await row.locator("td[data-label=Windows] time").count()) > 0, "no reset time");
    must((await row.textContent()).includes("Max"), "no plan in the row");
  });
}

async function refused(page, vendors) {
  await check("the code of another link is named at its field and the right one still counts", async () => {
    await begin(page, "claude");
    const others = await consent(page, LINK);
    await page.click("dialog button:has-text('Start again')");
    await page.click("dialog button[type=submit]:has-text('Get the link')");
    await page.waitForSelector(LINK);
    await finish(page, others, "max-2");
    await page.waitForSelector("#code[aria-invalid=true]");
    must((await page.textContent("#code-note")).includes("another link"), await page.textContent("#code-note"));
    await picture(page, "connect-another-link");
  });

  await check("a code that has expired is refused at its field; a new link keeps what was typed", async () => {
    const late = await consent(page, LINK);
    await vendors.order({ expire_codes: true });
    await finish(page, late);
    await page.waitForSelector("dialog [role=alert]");
    await page.waitForSelector("#code[aria-invalid=true]");
    must((await page.textContent("#code-note")).includes("expired or was used"), await page.textContent("#code-note"));
    await audit(page);
    await picture(page, "connect-expired-code");
    await page.click("dialog button:has-text('Start again')");
    await page.click("dialog button[type=submit]:has-text('Get the link')");
    await page.waitForSelector(LINK);
    same(await page.inputValue("#name"), "max-2", "the name that was typed");
    same(await page.inputValue("#code"), "", "the code of the link before");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
  });
}

async function others(page, vendors) {
  await check("a set-up token is connected and says that it is not renewed", async () => {
    await vendors.order({ person: { email: "sven@people.example", account: "another-organization" } });
    await begin(page, "claude_setup_token");
    await finish(page, await consent(page, LINK), "setup-1");
    await page.waitForSelector("[data-testid=connected]");
    await picture(page, "connect-setup-done");
    await page.click("dialog button:has-text('Show the account')");
    await page.waitForSelector("dialog >> text=It can't be renewed by itself");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
  });

  await check("a Google account is connected for Gemini Code Assist, with its project", async () => {
    await vendors.order({ person: { email: "gina@people.example" } });
    await begin(page, "google");
    await picture(page, "connect-google");
    await finish(page, await consent(page, LINK), "gemini-1");
    await page.waitForSelector("[data-testid=connected] >> text=cobalt-mirror-4711");
    await audit(page);
    await picture(page, "connect-google-done");
    await done(page);
  });

  await check("each way says what its vendor gives: a code with a state, a code, or an address", async () => {
    for (const [way, words] of [["claude", "after #"], ["google", "shows a code. Copy it"], ["openai", "address bar"]]) {
      await begin(page, way);
      must((await page.textContent("#code-note")).includes(words), `${way}: ${await page.textContent("#code-note")}`);
    }
  });

  await check("a ChatGPT plan is connected for Codex by the address in which the browser ends", async () => {
    await vendors.order({ person: { email: "otto@people.example", plan: "plus" } });
    await begin(page, "openai");
    await picture(page, "connect-openai");
    const address = await consent(page, LINK);
    must(address.startsWith("http://localhost:1455/"), `ended at ${address}`);
    await finish(page, address, "codex-1");
    await page.waitForSelector("[data-testid=connected] >> text=Plus");
    await picture(page, "connect-openai-done");
    await done(page);
  });
}

async function applications(page, vendors) {
  const fill = async (fields) => {
    for (const [field, text] of Object.entries(fields)) await page.fill(`#${field}`, text);
  };
  await check("an Entra ID application is an account by form", async () => {
    await page.goto("/accounts?open=new");
    await page.selectOption("#platform", "azure_openai");
    await page.selectOption("#credential_kind", "entra_app");
    await page.click("dialog button[type=submit]");
    for (const field of ["name", "entra_tenant_id", "client_id", "client_secret"]) {
      await page.waitForSelector(`#${field}[aria-invalid=true]`);
    }
    await audit(page);
    await picture(page, "account-entra");
    await fill({ name: "azure-1", base_url: vendors.url, ...vendors.entra });
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog h2:has-text('azure-1')");
    must((await page.textContent("dialog")).includes("None yet: the first request gets one"), "no word on its token");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
  });

  await check("an AWS role is an account by form", async () => {
    await page.goto("/accounts?open=new");
    await page.selectOption("#platform", "bedrock");
    await page.selectOption("#credential_kind", "aws_role");
    await fill({ name: "bedrock-1", region: "eu-west-1", base_url: vendors.url, ...vendors.role });
    await audit(page);
    await picture(page, "account-role");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog h2:has-text('bedrock-1')");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    await picture(page, "accounts-all");
  });
}
