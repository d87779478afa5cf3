// Starts `tollgate dev` on a free port in a folder of its own, and ends it. Its clock may stand back by a month or two, so
// that a month of real usage can end; then it goes on in the same folder at the true time.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
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
export async function startGateway(binary, settings = {}, { folder = newFolder(), secondsBack = 0 } = {}) {
  const data = join(folder, "data");
  const env = { ...process.env };
  // Their values would be meant for another gateway.
  for (const name of Object.keys(env)) {
    if (name.startsWith("TOLLGATE_")) delete env[name];
  }
  Object.assign(env, settings);
  env.TOLLGATE_DATA_DIR = data;
  env.TOLLGATE_LISTEN = `127.0.0.1:${await freePort()}`;
  const child = spawn(binary, ["dev"], { env: { ...env, ...clockBack(secondsBack) }, stdio: ["ignore", "pipe", "pipe"] });
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
  const end = async () => {
    const ended = once(child, "exit");
    child.kill("SIGINT");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(timer);
  };
  return {
    base,
    demo,
    /** Runs another command of the same binary on the same data. */
    command: (...words) => spawnSync(binary, words, { env, encoding: "utf8" }),
    log: () => Buffer.concat(said).toString(),
    /** Ends it and starts it anew on the same data, at the true time. */
    async again() {
      await end();
      return startGateway(binary, settings, { folder });
    },
    /** Statements on its database, as its owner: for what there is no door to. */
    sql: (text) => psql(join(data, "postgres", "data", "postmaster.pid"), text),
    async stop() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-browser-"));
  // Run by root, PostgreSQL's user must be able to pass through: else the cluster lies elsewhere and is left behind.
  chmodSync(folder, 0o711);
  return folder;
}

/** What makes a process and its children see another time of day: libfaketime. Durations stay what they are. */
function clockBack(seconds) {
  if (seconds === 0) return {};
  const places = readdirSync("/usr/lib").map((folder) => join("/usr/lib", folder, "faketime", "libfaketimeMT.so.1"));
  const library = places.find((place) => existsSync(place));
  if (!library) throw new Error("libfaketime is missing: apt-get install faketime");
  return { LD_PRELOAD: library, FAKETIME: `-${seconds}`, FAKETIME_DONT_FAKE_MONOTONIC: "1", NO_FAKE_STAT: "1" };
}

function psql(pidFile, text) {
  // The fifth line names the folder of the server's socket.
  const host = readFileSync(pidFile, "utf8").split("\n")[4];
  const words = ["-h", host, "-U", "tollgate", "-d", "tollgate", "-v", "ON_ERROR_STOP=1", "-qAt", "-c", text];
  const done = spawnSync("psql", words, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`psql: ${done.stderr}`);
  return done.stdout.trim();
}

async function answers(base) {
  try {
    return (await fetch(`${base}/health/ready`)).ok;
  } catch {
    return false;
  }
}
