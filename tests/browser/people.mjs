// Signing up and in, as a person does.
import { must } from "./checks.mjs";

/** A page of its own with its own session. */
export async function visitor(browser, gateway, options = {}) {
  const context = await browser.newContext({
    baseURL: gateway.base,
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    colorScheme: "light",
    // What fades in has less contrast on its way.
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
    ...options,
  });
  context.setDefaultTimeout(8_000);
  return context.newPage();
}

/** Signs in at a door and waits for the overview. */
export async function signIn(page, email, password, path = "/sign-in") {
  await page.goto(path);
  await page.fill("#email", email);
  await page.fill("#password", password);
  await page.click("button[type=submit]");
  await page.waitForSelector("[data-testid=tiles]");
}

/** Signs up an organisation by its form and waits for the overview. */
export async function signUpAs(page, organisation, name, email, password) {
  await page.goto("/sign-up");
  for (const [field, text] of Object.entries({ organisation, name, email, password })) await page.fill(`#${field}`, text);
  await page.click("button[type=submit]");
  await page.waitForSelector("[data-testid=first-steps]");
}

/** Creates a key by its form and hands back the secret; the dialog stays open. */
export async function createKey(page, name) {
  await page.goto("/keys?open=new");
  await page.fill("#name", name);
  await page.click("dialog button[type=submit]");
  const secret = (await page.textContent("[data-testid=secret]")).trim();
  must(/^cr_\S{20,}$/.test(secret), `the secret looks odd: ${secret}`);
  return secret;
}

/** Says that the secret is stored and leaves. */
export async function storeSecret(page) {
  await page.check("dialog input[type=checkbox]");
  await page.click("dialog >> text=Done");
  await page.waitForSelector("dialog", { state: "detached" });
}

/** Chooses somebody in a field by a part of their name or address. */
export async function choosePerson(page, field, text) {
  await page.fill(field, text);
  await page.click(`${field}-list [role=option]:has-text('${text}')`);
  await page.waitForSelector(`${field}-list`, { state: "detached" });
}

/** Calls the management API as this person, without a page. */
export async function caller(gateway, email, password) {
  const call = async (method, path, body, token) => {
    const answer = await fetch(`${gateway.base}/api/v2${path}`, {
      method,
      headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
      body: body && JSON.stringify(body),
    });
    must(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
    return answer.status === 204 ? null : answer.json();
  };
  const signed = await call("POST", "/auth/user/login", { email, password, token_delivery: "body" });
  return (method, path, body) => call(method, path, body, signed.access_token);
}

/** One request as a client sends it; the answer with its body read. */
export async function send(gateway, secret, body = {}) {
  const answer = await fetch(`${gateway.base}/api/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": secret, "anthropic-version": "2023-06-01", "content-type": "application/json" },
    body: JSON.stringify({
      model: "claude-haiku-4-5",
      max_tokens: 100,
      messages: [{ role: "user", content: "Hello!" }],
      ...body,
    }),
  });
  return { status: answer.status, id: answer.headers.get("request-id"), text: await answer.text() };
}
