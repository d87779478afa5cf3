// The simulated vendors and a real proxy beside the gateway: started, told what to do, and ended.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { must, same } from "./checks.mjs";
import { freePort } from "./server.mjs";

/** From where the proxy sends, so that the vendors see what came through it. */
const PROXY_SOURCE = "127.0.0.77";
const START_MS = 10_000;

/** The running vendors: their addresses, the gateway's settings, and `order`, which is answered (see the binary's own words). */
export async function startVendors(binary) {
  const child = spawn(binary, [], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const told = async () => {
    const { value, done } = await lines.next();
    must(!done, "the simulated vendors ended");
    return JSON.parse(value);
  };
  const about = await told();
  // One after the other: an answer belongs to the order before it.
  let last = Promise.resolve();
  const order = (wanted) => {
    const answered = last.then(async () => {
      child.stdin.write(`${JSON.stringify(wanted)}\n`);
      const answer = await told();
      must(!answer.error, `the simulated vendors: ${answer.error}`);
      return answer;
    });
    last = answered.catch(() => undefined);
    return answered;
  };
  return {
    ...about,
    order,
    async stop() {
      const ended = once(child, "exit");
      child.stdin.end();
      await ended;
    },
  };
}

/** A SOCKS5 proxy with a password: microsocks, as Debian has it. */
export async function startProxy() {
  const port = await freePort();
  const [user, password] = ["proxy-user", "proxy-password-that-nobody-sees"];
  const words = ["-i", "127.0.0.1", "-p", String(port), "-u", user, "-P", password, "-b", PROXY_SOURCE];
  const child = spawn("microsocks", words, { stdio: "ignore" });
  for (const until = Date.now() + START_MS; !(await listens(port)); ) {
    must(child.exitCode === null && Date.now() < until, "microsocks does not listen");
    await new Promise((later) => setTimeout(later, 50));
  }
  return {
    port,
    user,
    password,
    source: PROXY_SOURCE,
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function listens(port) {
  return new Promise((told) => {
    const probe = connect(port, "127.0.0.1");
    probe.once("connect", () => {
      probe.destroy();
      told(true);
    });
    probe.once("error", () => told(false));
  });
}

/** Opens the link of a wizard as a person does, agrees, and hands back what is to be pasted. */
export async function consent(page, link) {
  const opening = page.context().waitForEvent("page");
  await page.click(link);
  const vendors = await opening;
  await vendors.waitForSelector("button");
  // OpenAI's ends at an address of this machine at which nobody listens: what was asked for is what a person copies.
  const address = vendors.waitForRequest(/^http:\/\/localhost:1455\//, { timeout: 8_000 }).then((request) => request.url());
  const shown = vendors.waitForSelector("#code").then((code) => code.textContent());
  address.catch(() => undefined);
  shown.catch(() => undefined);
  await vendors.click("button");
  const pasted = await Promise.any([address, shown]);
  await vendors.close();
  return pasted;
}

/** That the account's last request came by this way: `source` is the proxy's address; without it, straight from the gateway. */
export async function cameFrom(vendors, before, source = "127.0.0.1") {
  const { requests } = await vendors.order({ asked: before });
  must(requests.length > 0, "the vendor saw no request");
  for (const { target, peer } of requests) same(peer, source, `whence ${target} came`);
}
