// Finance's files: CSV, FOCUS and a workbook of the month, what the usage page and the request log show, and a schedule by
// mail. Each file's sum is the statement's.
import { readFileSync } from "node:fs";
import { nanos, rows, saved, sum } from "../amounts.mjs";
import { audit, check, must, picture, same } from "../checks.mjs";

// Letters go to members and to the billing contact alone.
const READER = "ada@customer.example";

export async function financeExports(page, { month, mail, charged }) {
  const days = `from=${month.first}&to=${month.last}`;

  await check("the month as CSV ties, and no cell of it is a formula", async () => {
    await page.goto("/exports");
    await page.fill("#export-from", month.first);
    await page.fill("#export-to", month.last);
    await page.waitForSelector("[data-testid=preview] tbody tr");
    await audit(page);
    await picture(page, "finance-exports");
    const file = await saved(page, () => page.click("button:has-text('Keep and download')"));
    same(file.name, `usage-${month.first}-${month.last}.csv`, "its name");
    const text = readFileSync(file.path, "utf8");
    const all = rows(text);
    const totals = all.filter((row) => row.line === "total");
    const lines = all.filter((row) => row.line !== "total");
    same(String(sum(lines.map((row) => nanos(row.charge_usd)))), String(charged), "the sum of its lines");
    same(String(nanos(totals[0].charge_usd)), String(charged), "its total");
    must(lines.some((row) => row.cost_centre.startsWith("'=HYPERLINK")), "the formula was not made harmless");
    must(!/(^|,|")[=@]/m.test(text), "a cell begins as a formula does");
    await page.waitForSelector("main >> text=No file is kept", { state: "detached" });
  });

  await check("the month as FOCUS ties", async () => {
    await page.selectOption("#export-format", "focus");
    await page.waitForURL(/format=focus/);
    const file = await saved(page, () => page.click("button:has-text('Keep and download')"));
    const lines = rows(readFileSync(file.path, "utf8"));
    must(lines.length > 0 && "BilledCost" in lines[0] && "ChargePeriodStart" in lines[0], "it is not FOCUS");
    same(String(sum(lines.map((row) => nanos(row.BilledCost)))), String(charged), "the sum of BilledCost");
  });

  await check("charge-back adds up to the month", async () => {
    await page.goto(`/exports?tab=charge_back&${days}`);
    await page.waitForSelector("tbody tr");
    const shown = await page.locator("tbody [title$=' USD']").evaluateAll((cells) => cells.map((cell) => cell.title));
    const figures = shown.map(nanos);
    same(String(figures.at(-1)), String(charged), "the total");
    same(String(sum(figures.slice(0, -1))), String(charged), "the rows");
    await audit(page);
    await picture(page, "finance-charge-back");
  });

  await shown(page, days, charged);
  await scheduled(page, mail);
}

/** What a page shows is exported with its range, groups and filters. */
async function shown(page, days, charged) {
  await check("what the usage page shows is exported with its filters", async () => {
    await page.goto(`/usage?days=true&${days}&by=cost_centre&then=model&model=claude-sonnet-4-5`);
    await page.waitForSelector("[data-testid=usage-rows] tbody tr");
    const tile = await page.locator("[data-testid=usage-tiles] [title$=' USD']").first().getAttribute("title");
    await picture(page, "finance-usage");
    await page.click("a:has-text('Export what is shown')");
    await page.waitForURL(/\/exports\?.*source=summary/);
    same(await page.inputValue("#export-model"), "claude-sonnet-4-5", "the model");
    await page.waitForSelector("[data-testid=carried] >> text=Asia/Kolkata");
    await audit(page);
    await picture(page, "finance-export-usage");
    const file = await saved(page, () => page.click("button:has-text('Keep and download')"));
    const all = rows(readFileSync(file.path, "utf8"));
    const sums = all.filter((row) => row.line === "sum");
    same(sums.length, 2, "rows");
    same(String(sum(sums.map((row) => nanos(row.charge_usd)))), String(nanos(tile)), "the rows and the page's total");
  });

  await check("what the request log shows is exported with its filters, and a key's drawer leads to both", async () => {
    await page.goto("/keys");
    await page.click("tbody >> text=Night jobs");
    await page.waitForSelector("dialog a:has-text('Usage of this key in full')");
    await picture(page, "finance-key");
    await page.click("dialog a:has-text('Usage of this key in full')");
    await page.waitForURL(/\/usage\?.*key=/);
    await page.goBack();
    await page.click("dialog a:has-text('All requests of this key')");
    await page.waitForURL(/\/requests\?key=/);
    const key = new URL(page.url()).searchParams.get("key");
    await page.goto(`/requests?key=${key}&range=days&${days}&ms=0&http=200`);
    await page.waitForSelector("tbody tr");
    await page.click("a:has-text('Export what is shown')");
    await page.waitForSelector("[data-testid=carried] >> text=Night jobs");
    await picture(page, "finance-export-requests");
    const file = await saved(page, () => page.click("button:has-text('Keep and download')"));
    const lines = rows(readFileSync(file.path, "utf8")).filter((row) => row.line !== "total");
    must(lines.length === 25 && lines.every((row) => row.key_id === key && row.http_status === "200"), `${lines.length} lines`);
    must(sum(lines.map((row) => nanos(row.charge_usd))) < charged, "it is everything");
  });
}

/** A schedule sends a link, and what lies behind it ties to what the list says. */
async function scheduled(page, mail) {
  await check("a schedule is set by a form, runs, and its letter's link gives the file", async () => {
    await page.goto("/exports?tab=schedules");
    await page.click("button:has-text('Add a schedule')");
    await page.fill("#name", "Month's end");
    await page.selectOption("#format", "focus");
    await page.selectOption("#period", "monthly");
    await page.fill("#hour", "24");
    await page.fill("#delivery", READER);
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog [aria-invalid=true]");
    await audit(page);
    await picture(page, "finance-schedule-form");
    await page.fill("#hour", "6");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("tbody >> text=Month's end");
    await audit(page);
    await picture(page, "finance-schedules");
    await page.click("tbody button[aria-label='Run now']");
    const letter = await mail.letter(READER, "/api/v2/exports/");
    const [link] = letter.plain.match(/http\S+\/api\/v2\/exports\/\S+/);
    const answer = await fetch(link);
    same(answer.status, 200, "the link's status");
    must((await answer.text()).includes("BilledCost"), "what comes is not FOCUS");
    await page.click("tbody >> text=Month's end");
    await page.waitForSelector("dialog >> text=Delivered", { timeout: 20_000 });
    await picture(page, "finance-deliveries");
  });
}
