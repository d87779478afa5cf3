// The platform's own organisation with a customer on one of its accounts: what the operator's pages are looked at with.
import { must } from "../checks.mjs";
import { caller, send, signUpAs, visitor } from "../people.mjs";

export const CUSTOMER = ["cara@customer.example", "a long enough password"];
const OPERATOR = "olga@platform.example";
/** What is set reaches the relay within moments. */
export const HEARD_MS = 10_000;
/** A request is booked within a second or two. */
const BOOKED_MS = 20_000;

/** Makes it all; hands back who may sign in, the callers of the API, and the customer's key. */
export async function operatorScene(browser, gateway, vendors) {
  const added = gateway.command("operator", "add", OPERATOR, "--name", "Olga Operator", "--role", "operator", "--dev");
  must(added.status === 0, `operator add: ${added.stdout}${added.stderr}`);
  const password = /Password, shown this once: (\S+)/.exec(added.stdout)?.[1];
  must(password, `no password in ${added.stdout}`);
  const call = await caller(gateway, OPERATOR, password);
  const account = await call("POST", "/accounts/claude_console", {
    name: "House account with a rather long name", base_url: vendors.url, api_key: "sk-ant-the-house-pays",
  });
  const openai = await call("POST", "/accounts/openai", { name: "House OpenAI", base_url: vendors.url, api_key: "sk-the-house-pays" });
  const group = await call("POST", "/account-groups", {
    service: "claude", name: "House pool", members: [{ account_id: account.id }],
  });
  const page = await visitor(browser, gateway);
  await signUpAs(page, "Customer of the house", "Cara Customer", ...CUSTOMER);
  await page.context().close();
  const customer = await caller(gateway, ...CUSTOMER);
  const me = await customer("GET", "/auth/me");
  await call("PUT", `/account-groups/${group.id}/grants/${me.tenant.id}`, { public_name: "Pool", weight: 100 });
  const credited = gateway.command("tenant", "credit", me.tenant.slug, "50", "--reason", "to try", "--dev");
  must(credited.status === 0, `credit: ${credited.stdout}${credited.stderr}`);
  const key = await customer("POST", "/keys", { name: "Customer's key", tags: ["batch"] });
  const scene = {
    call, customer, account, openai, tenant: me.tenant, keyId: key.key.id, secret: key.secret, email: OPERATOR, password,
  };
  await answered(gateway, scene);
  return scene;
}

/** A request of the customer's that is answered; soon, since grants and credits have to be heard of first. */
export async function answered(gateway, scene, body = {}) {
  for (const until = Date.now() + BOOKED_MS; ; ) {
    const got = await send(gateway, scene.secret, body);
    if (got.status === 200) return got;
    must(Date.now() < until, `the customer's request: ${got.status} ${got.text}`);
    await new Promise((later) => setTimeout(later, 300));
  }
}

/** A request's line, once it is booked. */
export async function booked(scene, id) {
  for (const until = Date.now() + BOOKED_MS; ; ) {
    const found = await scene.customer("GET", `/requests/${id}`).catch(() => null);
    if (found) return found;
    must(Date.now() < until, `request ${id} is not booked`);
    await new Promise((later) => setTimeout(later, 300));
  }
}

/** An entry that could not be booked, as settlement keeps one. */
export function deadLetter(gateway, scene) {
  gateway.sql(
    `INSERT INTO settle_dead_letters (tenant_id, request_id, kind, entry, error, node_id, epoch, created_at)
     SELECT '${scene.tenant.id}', uuid7_floor(now()), 'poison', '{"hex": "7b22"}', 'its amounts do not fit 64 bits', node_id, epoch, now()
     FROM node_epochs LIMIT 1`,
  );
}

/** The day so many days from now, in UTC. */
export function day(from_now = 0) {
  return new Date(Date.now() + from_now * 86_400_000).toISOString().slice(0, 10);
}

/** Waits until no dialog is open. */
export async function closed(page) {
  await page.waitForSelector("dialog", { state: "detached" });
}
