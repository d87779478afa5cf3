// Each rule of a key, set on the page by the owner and then met by a client that sends with this key.
import { audit, check, must, picture, same } from "../checks.mjs";
import { caller, choosePerson, storeSecret } from "../people.mjs";

/** How long a change of a key may take to reach the relay. */
const HEARD_MS = 5_000;
const OPUS = "claude-opus-4-8";

/** With a page on which the demo's owner is signed in. */
export async function keyRules(page, gateway) {
  const call = await caller(gateway, gateway.demo.admin_email, gateway.demo.admin_password);
  const ask = (secret, body, headers) => request(gateway, secret, body, headers);
  await expiries(page, call, ask);
  await whatAndWho(page, ask, gateway);
  await windows(page, ask);
  await turns(page, ask);
  await owned(page, call, ask);
  await bound(page, call, ask);
  await rotated(page, ask);
}

/** A key made by its form; `fill` sets what the form has beside the name. */
async function make(page, name, fill) {
  await page.goto("/keys?open=new");
  await page.fill("#name", name);
  const closed = page.locator("dialog details:not([open]) > summary");
  while ((await closed.count()) > 0) await closed.first().click();
  await fill?.();
  await page.click("dialog button[type=submit]");
  const secret = (await page.textContent("[data-testid=secret]")).trim();
  await storeSecret(page);
  return secret;
}

/** A rule of the form, from inherited to its own. */
async function own(page, rule) {
  await page.click(`#rule-${rule} button:text-is('Own')`);
}

async function request(gateway, secret, body = {}, headers = {}) {
  const answer = await fetch(`${gateway.base}/api/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": secret, "anthropic-version": "2023-06-01", "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "claude-haiku-4-5", max_tokens: 50, messages: [{ role: "user", content: "Hello!" }], ...body }),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

async function expiries(page, call, ask) {
  await check("a key that lives from its first use on begins with it", async () => {
    const secret = await make(page, "From first use", async () => {
      await page.selectOption("#expiry", "first_use");
      await page.fill("#lifetime_s", "2");
    });
    const read = async () => (await call("GET", "/keys?text=From%20first%20use")).items[0];
    same((await read()).expires_at, null, "the expiry before the first use");
    same((await ask(secret)).status, 200, "the first use");
    for (const until = Date.now() + HEARD_MS; ; ) {
      const { expires_at } = await read();
      if (expires_at) {
        const days = (new Date(expires_at) - Date.now()) / 864e5;
        must(days > 1.99 && days <= 2, `it expires in ${days} days`);
        break;
      }
      must(Date.now() < until, "the first use did not begin it");
    }
  });
  await check("a key that is switched off on the page is refused, and goes on when it is on again", async () => {
    const secret = await make(page, "Switched");
    const turn = async () => {
      await page.goto("/keys?text=Switched");
      await page.click("tbody >> text=Switched");
      await page.click("dialog button:has-text('Edit')");
      await page.click("dialog #on");
      await page.click("dialog button[type=submit]");
      await page.waitForSelector("dialog h2:has-text('Switched')");
    };
    await turn();
    await soon(async () => (await ask(secret)).status === 401, "the key that is off still works");
    await turn();
    await soon(async () => (await ask(secret)).status === 200, "the key that is on again is refused");
  });
}

/** Until it holds. */
async function soon(holds, sentence) {
  for (const until = Date.now() + HEARD_MS; !(await holds()); ) must(Date.now() < until, sentence);
}

async function whatAndWho(page, ask, gateway) {
  const refused = async (secret, says, body, headers) => {
    const { status, text } = await ask(secret, body, headers);
    same(status, 403, `the status of ${text}`);
    must(says.test(text), `what it says: ${text}`);
  };
  await check("services that a key may not use are refused by name", async () => {
    const secret = await make(page, "Gemini alone", async () => {
      await own(page, "services");
      await page.check("#rule-service-gemini");
    });
    await refused(secret, /may not use; it may use gemini/);
    const answer = await fetch(`${gateway.base}/gemini/v1beta/models/gemini-2.5-flash:generateContent`, {
      method: "POST",
      headers: { "x-goog-api-key": secret, "content-type": "application/json" },
      body: JSON.stringify({ contents: [{ role: "user", parts: [{ text: "Hello!" }] }], generationConfig: { maxOutputTokens: 50 } }),
    });
    same(answer.status, 200, `Gemini: ${await answer.text()}`);
  });
  await check("models are allowed and denied by patterns", async () => {
    const allowed = await make(page, "Haiku alone", async () => {
      await own(page, "models_allowed");
      await page.fill("#rule-models_allowed-field", "claude-haiku-*");
      await page.press("#rule-models_allowed-field", "Enter");
    });
    same((await ask(allowed)).status, 200, "what is allowed");
    await refused(allowed, /may not use `claude-opus-4-8`; it may use `claude-haiku-\*`/, { model: OPUS });
    const denied = await make(page, "No Opus", async () => {
      await own(page, "models_denied");
      await page.fill("#rule-models_denied-field", "*opus*");
      await page.press("#rule-models_denied-field", "Enter");
    });
    same((await ask(denied)).status, 200, "what is not denied");
    await refused(denied, /may not use `claude-opus-4-8`/, { model: OPUS });
  });
  await check("programs are told apart by what they say of themselves", async () => {
    const secret = await make(page, "For programs", async () => {
      await own(page, "clients");
      await page.check("#client-claude_code");
      await page.fill("#rule-agents", "my-client/*");
      await page.press("#rule-agents", "Enter");
      await audit(page);
      await picture(page, "key-clients");
    });
    const claudeCode = { "user-agent": "claude-cli/2.1.330 (external, cli)", "x-app": "cli" };
    same((await ask(secret, {}, claudeCode)).status, 200, "Claude Code");
    same((await ask(secret, {}, { "user-agent": "my-client/3" })).status, 200, "my client");
    await refused(secret, /meant for Claude Code and programs whose user-agent fits `my-client\/\*`/, {}, { "user-agent": "curl/8" });
  });
  await check("a key works from its addresses alone", async () => {
    const far = await make(page, "From afar", async () => {
      await own(page, "addresses");
      await page.fill("#rule-addresses-field", "192.0.2.0/24");
      await page.press("#rule-addresses-field", "Enter");
    });
    await refused(far, /may not be used from 127\.0\.0\.1/);
    const near = await make(page, "From here", async () => {
      await own(page, "addresses");
      await page.fill("#rule-addresses-field", "127.0.0.0/8");
      await page.press("#rule-addresses-field", "Enter");
    });
    same((await ask(near)).status, 200, "from here");
  });
}

async function windows(page, ask) {
  await check("windows of requests, tokens and money hold, and say when there is room again", async () => {
    const limits = [
      ["requests", "1", /request/i],
      ["tokens", "60", /token/i],
      ["cost", "0.0001", /\$|usd/i],
    ];
    for (const [metric, limit, says] of limits) {
      const secret = await make(page, `A window of ${metric}`, async () => {
        await own(page, "windows");
        await page.fill(`#window-0-${metric}`, limit);
      });
      let met;
      for (let sent = 0; sent < 20 && met?.status !== 429; sent += 1) {
        met = await ask(secret);
        must(sent > 0 || met.status === 200, `the first of ${metric}: ${met.text}`);
      }
      same(met.status, 429, `the last of ${metric}`);
      must(says.test(met.text), `what a window of ${metric} says: ${met.text}`);
      const wait = Number(met.headers.get("retry-after"));
      must(wait > 0 && wait <= 61, `retry-after of ${metric}: ${wait}`);
    }
    await page.goto("/keys?text=A window of requests");
    await page.click("tbody >> text=A window of requests");
    await page.waitForSelector("dialog [data-testid=limits-now]");
    await picture(page, "key-window-used");
    await page.keyboard.press("Escape");
  });
}

async function turns(page, ask) {
  await check("more at a time than a key may wait for their turn, or are refused", async () => {
    const long = { max_tokens: 400, messages: [{ role: "user", content: "Tell me a long story." }], stream: true };
    const keyOf = (name, queue, wait) =>
      make(page, name, async () => {
        await own(page, "concurrency");
        await page.fill("#concurrency-limit", "1");
        if (queue) await page.fill("#concurrency-queue", queue);
        if (wait) await page.fill("#concurrency-wait_s", wait);
      });
    const six = async (secret) => (await Promise.all(Array.from({ length: 6 }, () => ask(secret, long)))).map(({ status }) => status);
    const strict = await six(await keyOf("One at a time"));
    must(strict.includes(200) && strict.includes(429), `without a queue: ${strict}`);
    const patient = await six(await keyOf("One after the other", "5", "30"));
    must(patient.every((status) => status === 200), `with a queue: ${patient}`);
  });
}

async function owned(page, call, ask) {
  await check("a key given to a person is theirs, and says what it used and cost", async () => {
    const { items } = await call("GET", "/users");
    const member = items.find(({ role }) => role === "member");
    const secret = await make(page, "The member's", () => choosePerson(page, "#owner_user_id", member.email));
    same((await ask(secret)).status, 200, "the request");
    const [key] = (await call("GET", "/keys?text=The%20member")).items;
    same(key.owner.id ?? key.owner_user_id, member.id, "the owner");
    await soon(async () => {
      const { stats, totals, today, month } = await call("GET", `/keys/${key.id}/stats`);
      return /"charge_nano":"[1-9]/.test(JSON.stringify({ stats, totals, today, month }));
    }, "what it cost is not told");
    await page.goto("/keys?text=The member");
    await page.click("tbody >> text=The member's");
    await page.waitForSelector("dialog [data-testid=recent] li");
    await picture(page, "key-used");
    await page.keyboard.press("Escape");
    // The member begins without keys elsewhere.
    await call("DELETE", `/keys/${key.id}`);
  });
}

async function bound(page, call, ask) {
  await check("a key bound to an account is served by it alone", async () => {
    const { items } = await call("GET", "/accounts/claude_console");
    const account = items[0];
    const secret = await make(page, "Bound", () => page.selectOption("#bindings-claude", { label: `Account: ${account.name} · Claude Console` }));
    const { status, text, headers } = await ask(secret);
    same(status, 200, text);
    const id = headers.get("request-id");
    await soon(async () => {
      const found = (await call("GET", "/requests?limit=20")).items.find((request) => request.id === id);
      return found && JSON.stringify(found).includes(account.name);
    }, "the request does not name the account");
  });
}

async function rotated(page, ask) {
  await check("both secrets work while the old one has its days of grace", async () => {
    const old = await make(page, "In grace");
    await page.click("tbody >> text=In grace");
    await page.click("dialog button:has-text('New secret')");
    await page.click("dialog:has(#grace_s) button[type=submit]");
    const secret = (await page.textContent("[data-testid=secret]")).trim();
    await page.check("dialog:has([data-testid=secret]) input[type=checkbox]");
    await page.click("dialog:has([data-testid=secret]) >> text=Done");
    await page.keyboard.press("Escape");
    for (const one of [secret, old]) same((await ask(one)).status, 200, one === old ? "the old secret" : "the new secret");
  });
}
