// Starts `tollgate dev` on a free port in a folder of its own, and ends it.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const START_MS = 60_000;
const STOP_MS = 20_000;

/** A port that nobody has at the moment. */
export async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

/** The running gateway, with these settings beside its own: where it is, who may sign in, and how to end it. */
export async function startGateway(binary, settings = {}) {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-browser-"));
  // Run by root, PostgreSQL's user must be able to pass through: else the cluster lies elsewhere and is left behind.
  chmodSync(folder, 0o711);
  const data = join(folder, "data");
  const env = { ...process.env };
  // Their values would be meant for another gateway.
  for (const name of Object.keys(env)) {
    if (name.startsWith("TOLLGATE_")) delete env[name];
  }
  Object.assign(env, settings);
  env.TOLLGATE_DATA_DIR = data;
  env.TOLLGATE_LISTEN = `127.0.0.1:${await freePort()}`;
  const child = spawn(binary, ["dev"], { env, stdio: ["ignore", "pipe", "pipe"] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => said.push(text));
  const base = `http://${env.TOLLGATE_LISTEN}`;
  const until = Date.now() + START_MS;
  while (!(await answers(base))) {
    if (child.exitCode !== null || Date.now() > until) {
      child.kill("SIGINT");
      throw new Error(`tollgate dev did not start:\n${Buffer.concat(said)}`);
    }
    await new Promise((later) => setTimeout(later, 200));
  }
  const demo = JSON.parse(readFileSync(join(data, "demo.json"), "utf8"));
  return {
    base,
    demo,
    /** Runs another command of the same binary on the same data. */
    command: (...words) => spawnSync(binary, words, { env, encoding: "utf8" }),
    log: () => Buffer.concat(said).toString(),
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGINT");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await ended;
      clearTimeout(timer);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(base) {
  try {
    return (await fetch(`${base}/health/ready`)).ok;
  } catch {
    return false;
  }
}
