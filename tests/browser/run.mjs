// The web app in a real browser, against a real gateway: `node tests/browser/run.mjs`.
// It takes the binary from TOLLGATE_BIN (or target/debug/tollgate), starts `tollgate dev` in a folder of its own, and keeps
// pictures under tests/artefacts/browser. Chromium comes from CHROMIUM_BIN, or from where Debian puts it.
import { chromium } from "playwright-core";
import { fileURLToPath } from "node:url";
import { check, summary } from "./checks.mjs";
import { craft } from "./scenarios/craft.mjs";
import { member } from "./scenarios/member.mjs";
import { money } from "./scenarios/money.mjs";
import { pool } from "./scenarios/pool.mjs";
import { signUp } from "./scenarios/sign_up.mjs";
import { startGateway } from "./server.mjs";

const binary = process.env.TOLLGATE_BIN ?? fileURLToPath(new URL("../../target/debug/tollgate", import.meta.url));
const begun = Date.now();
const gateway = await startGateway(binary);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_BIN ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  await Promise.all([
    signUp(browser, gateway),
    (async () => {
      const page = await money(browser, gateway);
      await pool(page);
      await craft(page);
      await member(browser, gateway);
    })(),
  ]);
} catch (error) {
  await check("the scenarios ran to their end", () => {
    throw error;
  });
} finally {
  await browser.close();
  await gateway.stop();
}
const good = summary();
console.log(`browser: ${Math.round((Date.now() - begun) / 1000)} s`);
process.exit(good ? 0 : 1);
