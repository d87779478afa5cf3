// The web app in a real browser, against a real gateway: `node tests/browser/run.mjs`.
// It takes the binary from TOLLGATE_BIN (or target/debug/tollgate), starts `tollgate dev` in a folder of its own, and keeps
// pictures under tests/artefacts/browser. Beside it stand the simulated vendors, from the binary `scripted-vendors` in the
// same folder (or VENDORS_BIN). Chromium comes from CHROMIUM_BIN, or from where Debian puts it. Words after the command
// (`newcomer`, `crowd`, `demo`, `finance`, `rules`, `subscriptions`, `usage`, `operator`) run these parts alone.
import { chromium } from "playwright-core";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { check, summary } from "./checks.mjs";
import { craft } from "./scenarios/craft.mjs";
import { crowd } from "./scenarios/crowd.mjs";
import { finance } from "./scenarios/finance.mjs";
import { keyRules } from "./scenarios/key_rules.mjs";
import { limits, selfService } from "./scenarios/limits.mjs";
import { member } from "./scenarios/member.mjs";
import { money } from "./scenarios/money.mjs";
import { operator } from "./scenarios/operator.mjs";
import { pool } from "./scenarios/pool.mjs";
import { signUp } from "./scenarios/sign_up.mjs";
import { subscriptions } from "./scenarios/subscriptions.mjs";
import { signIn, visitor } from "./people.mjs";
import { usage } from "./scenarios/usage.mjs";
import { startGateway } from "./server.mjs";
import { startVendors } from "./vendors.mjs";

const binary = process.env.TOLLGATE_BIN ?? fileURLToPath(new URL("../../target/debug/tollgate", import.meta.url));
const parts = process.argv.slice(2);
const wanted = (part) => parts.length === 0 || parts.includes(part);
const begun = Date.now();
const vendors = await startVendors(process.env.VENDORS_BIN ?? join(dirname(binary), "scripted-vendors"));
const gateway = await startGateway(binary, vendors.settings);
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
    (async () => {
      if (wanted("newcomer")) await signUp(browser, gateway);
      if (wanted("crowd")) await crowd(browser, gateway);
      if (wanted("subscriptions")) await subscriptions(browser, gateway, vendors);
      if (wanted("operator")) await operator(browser, gateway, vendors);
      if (wanted("finance")) await finance(browser, binary);
    })(),
    (async () => {
      if (wanted("rules") && !wanted("demo")) {
        const page = await visitor(browser, gateway);
        await signIn(page, gateway.demo.admin_email, gateway.demo.admin_password);
        await keyRules(page, gateway);
      }
      if (wanted("usage") && !wanted("demo")) await usage(browser, gateway);
      if (!wanted("demo")) return;
      const page = await money(browser, gateway);
      await pool(page);
      await keyRules(page, gateway);
      await limits(page, gateway);
      await craft(page);
      await member(browser, gateway);
      await selfService(browser, gateway);
      await usage(browser, gateway);
    })(),
  ]);
} catch (error) {
  await check("the scenarios ran to their end", () => {
    throw error;
  });
} finally {
  await browser.close();
  await gateway.stop();
  await vendors.stop();
}
const good = summary();
console.log(`browser: ${Math.round((Date.now() - begun) / 1000)} s`);
process.exit(good ? 0 : 1);
