// Amounts as whole nano-dollars, out of pages and out of files.
import { join } from "node:path";
import { ARTEFACTS, must } from "./checks.mjs";

/** Nano-dollars of what an amount's hover, or a file's column, says. */
export function nanos(text) {
  const [, sign, whole, fraction = ""] = text.replace(" USD", "").match(/^([-−]?)\$?([\d,]+)(?:\.(\d{1,9}))?$/) ?? [];
  must(whole !== undefined, `no amount: ${text}`);
  const amount = BigInt(whole.replaceAll(",", "")) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
  return sign ? -amount : amount;
}

/** The amounts in sight within a place. */
export async function amounts(place) {
  const titles = await place.locator("[title$=' USD']").evaluateAll((cells) => cells.map((cell) => cell.title));
  return titles.map(nanos);
}

export const sum = (all) => all.reduce((total, one) => total + one, 0n);

/** A file that a click has the browser save. */
export async function saved(page, click) {
  const [download] = await Promise.all([page.waitForEvent("download"), click()]);
  const path = join(ARTEFACTS, download.suggestedFilename());
  await download.saveAs(path);
  return { path, name: download.suggestedFilename() };
}

/** Rows of a CSV file by their columns' names (RFC 4180). */
export function rows(text) {
  const all = [[""]];
  for (const [, quoted, plain, end] of text.replace(/^\uFEFF/, "").matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    const row = all.at(-1);
    row[row.length - 1] = quoted === undefined ? plain : quoted.replaceAll('""', '"');
    if (end === ",") row.push("");
    else if (end) all.push([""]);
    else break;
  }
  const [head, ...rest] = all.filter((row) => row.length > 1);
  return rest.map((row) => Object.fromEntries(head.map((name, at) => [name, row[at]])));
}
