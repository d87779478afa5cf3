// What every scenario uses: checks that print one line each, screenshots, and the accessibility audit.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const ARTEFACTS = fileURLToPath(new URL("../artefacts/browser/", import.meta.url));
mkdirSync(ARTEFACTS, { recursive: true });

let passed = 0;
const failed = [];

/** One check: a line, and the run goes on. */
export async function check(name, work) {
  const begun = Date.now();
  try {
    await work();
    passed += 1;
    console.log(`ok    ${name} (${Date.now() - begun} ms)`);
  } catch (error) {
    failed.push(name);
    console.log(`FAIL  ${name}\n      ${String(error.message ?? error).split("\n").slice(0, 12).join("\n      ")}`);
  }
}

/** The last line; whether all went well. */
export function summary() {
  console.log(`\nbrowser: ${passed} passed, ${failed.length} failed${failed.length ? `: ${failed.join("; ")}` : ""}`);
  return failed.length === 0;
}

/** Fails with a sentence. */
export function must(holds, sentence) {
  if (!holds) throw new Error(sentence);
}

/** Fails unless both are the same. */
export function same(found, expected, what) {
  must(found === expected, `${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
}

/** A picture of what is in sight. */
export async function picture(page, name) {
  await page.screenshot({ path: join(ARTEFACTS, `${name}.png`), animations: "disabled" });
}

/** What a page must be whatever it shows: within its width, and without serious barriers. */
export async function audit(page) {
  // What is being refreshed is dimmed meanwhile.
  await page.waitForFunction(() => document.querySelector("table[aria-busy=true]") === null);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  must(wide <= 0, `the page is ${wide} px wider than the window`);
  // By the debugger, so that the page's own policy on scripts stays what it is.
  await page.evaluate(AXE);
  const faults = await page.evaluate(async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target} (${failureSummary})`).join(", ")}`);
  });
  must(faults.length === 0, `axe: ${faults.join("\n")}`);
}

/** Listens for what must never be said: broken scripts, refused styles, answers that were not expected. */
export function listen(page) {
  const heard = [];
  page.on("pageerror", (error) => heard.push(`page error at ${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    // The browser's own line about a refused call; whether the refusal was meant is the scenario's to say.
    const expected = /Failed to load resource/.test(message.text());
    if (message.type() === "error" && !expected) heard.push(message.text());
  });
  return heard;
}
