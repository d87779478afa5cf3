// A gateway on which a month of real usage has ended: it began with its clock in the middle of the month before, relayed,
// booked, and then went on at the true time. Also its people: finance of the organisation, and of the operator.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { caller, send } from "./people.mjs";
import { startGateway } from "./server.mjs";

/** Half-hour zones find mistakes that others hide. */
export const ZONE = "Asia/Kolkata";
const ZONE_AHEAD_MS = 5.5 * 3_600_000;
/** What a spreadsheet would run, if it were let. */
export const FORMULA = "=HYPERLINK(\"http://evil.example\",\"R&D\")";
const PLATFORM = "00000000-0000-7000-8000-000000000001";
const BOOKED_MS = 30_000;
/** Key, cost centre, model, and how many requests. */
const USED = [
  ["Research", FORMULA, "claude-sonnet-4-5", 4],
  ["Support bot", "support", "claude-sonnet-4-5", 3],
  ["Support search", "support", "claude-opus-4-6", 2],
  ["Night jobs", "", "claude-haiku-4-5", 25],
];
export const REQUESTS = USED.reduce((sum, [, , , times]) => sum + times, 0);

/** Which month it is that has ended, as `2026-10`, its days in the organisation's zone, and how far back its middle lies. */
function lastMonth(now = new Date()) {
  const there = new Date(now.getTime() + ZONE_AHEAD_MS);
  const middle = new Date(Date.UTC(there.getUTCFullYear(), there.getUTCMonth() - 1, 15, 9));
  const last = new Date(Date.UTC(there.getUTCFullYear(), there.getUTCMonth(), 0));
  const month = middle.toISOString().slice(0, 7);
  const secondsBack = Math.round((now - middle) / 1000);
  return { month, first: `${month}-01`, last: last.toISOString().slice(0, 10), secondsBack };
}

/** The gateway with that month, and who signs in. */
export async function startMonth(binary, settings) {
  const span = lastMonth();
  const searcher = await startSearcher();
  // Nothing is closed by itself meanwhile.
  const all = { TOLLGATE_BILLING_CLOSE_AFTER: "1440h", ...settings };
  const before = await startGateway(binary, all, { secondsBack: span.secondsBack });
  try {
    const lived = await live(before, searcher.url);
    const gateway = await before.again();
    const stop = async () => {
      await gateway.stop();
      searcher.stop();
    };
    return { ...span, ...lived, gateway, stop };
  } catch (error) {
    await before.stop();
    searcher.stop();
    throw error;
  }
}

/** What happened in that month. */
async function live(gateway, searches) {
  gateway.sql(`UPDATE tenants SET time_zone = '${ZONE}', rollup_zone = '${ZONE}' WHERE slug = 'demo'`);
  const demo = gateway.sql("SELECT tenant_id FROM tenants WHERE slug = 'demo'");
  const people = {
    finance: person(gateway, demo, "finance@demo.example", "Fay Finance", "finance"),
    operator: person(gateway, PLATFORM, "finance@operator.example", "Olga Operator", "finance"),
  };
  const call = await caller(gateway, gateway.demo.admin_email, gateway.demo.admin_password);
  await call("POST", "/accounts/claude_console", {
    name: "Searches the web", base_url: searches, api_key: "sk-searches", models: ["claude-opus-4-6"], priority: 1,
  });
  const keys = {};
  for (const [name, cost_centre, model, times] of USED) {
    const made = await call("POST", "/keys", { name, cost_centre });
    keys[name] = made.key.id;
    for (let sent = 0; sent < times; sent += 1) {
      const messages = [{ role: "user", content: "a word ".repeat(4_001 + 7 * sent) }];
      const answer = await send(gateway, made.secret, { model, messages });
      if (answer.status !== 200) throw new Error(`the month's request: ${answer.status} ${answer.text}`);
    }
  }
  await booked(gateway, REQUESTS);
  return { demo, people, keys };
}

/** A person with the owner's password, since nobody is invited yet. */
function person(gateway, tenant, email, name, role) {
  const id = randomUUID();
  const words = `'${id}', '${tenant}'`;
  gateway.sql(`
    INSERT INTO users (user_id, email, password_hash, created_at)
      SELECT '${id}', '${email}', password_hash, now() FROM users WHERE email = '${gateway.demo.admin_email}';
    INSERT INTO memberships (user_id, tenant_id, email, display_name, role, created_at, updated_at)
      VALUES (${words}, '${email}', '${name}', '${role}', now(), now());
    INSERT INTO membership_directory (user_id, tenant_id, created_at) VALUES (${words}, now())`);
  return { email, password: gateway.demo.admin_password };
}

/** Waits until so many requests stand in the ledger. */
async function booked(gateway, requests) {
  for (const until = Date.now() + BOOKED_MS; ; await new Promise((later) => setTimeout(later, 200))) {
    const there = Number(gateway.sql("SELECT count(*) FROM usage_events"));
    if (there === requests) return;
    if (Date.now() > until) throw new Error(`${there} of ${requests} requests are booked`);
  }
}

/** An upstream of Claude's format that says that it searched the web, which has a price of its own. */
async function startSearcher() {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      const usage = { input_tokens: 12_001, output_tokens: 903, cache_read_input_tokens: 4_000, cache_creation_input_tokens: 0,
        server_tool_use: { web_search_requests: 3 }, service_tier: "standard" };
      const body = { id: "msg_1", type: "message", role: "assistant", model: "claude-opus-4-6", stop_reason: "end_turn",
        stop_sequence: null, content: [{ type: "text", text: "Found." }], usage };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}
