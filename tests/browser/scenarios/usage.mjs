// Usage and cost: figures that tie, from the total down to single requests, and the log's own filters.
import { audit, check, must, picture, same } from "../checks.mjs";
import { caller, send, signIn, visitor } from "../people.mjs";

const REQUESTS = 3;

export async function usage(browser, gateway) {
  const page = await visitor(browser, gateway);
  await check("nothing used is said in a sentence", async () => {
    await signIn(page, gateway.demo.admin_email, gateway.demo.admin_password);
    await page.goto("/usage?range=yesterday");
    await page.waitForSelector("text=No usage here");
    await audit(page);
    await picture(page, "usage-empty");
  });
  const call = await caller(gateway, gateway.demo.admin_email, gateway.demo.admin_password);
  for (let sent = 0; sent < REQUESTS; sent += 1) await send(gateway, gateway.demo.api_key);

  await check("today's usage is shown by model, and its sums tie", async () => {
    await booked(call);
    await page.goto("/usage?range=today&by=model");
    await page.waitForSelector("[data-testid=usage-rows] tbody tr");
    const report = await call("GET", "/reports/usage?range=today&group_by=model&compare=previous");
    const sum = report.rows.reduce((total, row) => total + BigInt(row.metrics.figures.charge_nano), 0n);
    same(String(sum), report.totals.figures.charge_nano, "the rows' charge");
    const tile = await page.textContent("[data-testid=usage-tiles]");
    must(/Leads to/.test(tile), `where it leads: ${tile}`);
    await audit(page);
    await picture(page, "usage");
  });

  await check("a row narrows the page, stands as a chip, and leads to its requests and their arithmetic", async () => {
    await page.click("[data-testid=usage-rows] tbody tr >> nth=0");
    await page.waitForURL(/model=/);
    await page.waitForSelector("text=Key");
    const link = page.locator("[data-testid=usage-rows] a:has-text('The requests')").first();
    await link.waitFor();
    await link.click();
    await page.waitForURL(/\/requests\?range=between/);
    await page.waitForSelector("tbody tr");
    await page.click("tbody tr >> nth=0");
    await page.waitForSelector("dialog >> text=What it cost");
    await picture(page, "usage-to-the-line");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
  });

  await check("the log counts what matches, and is searched by more filters", async () => {
    await page.click("button:has-text('More filters')");
    await page.selectOption("#filter-quality", "estimated");
    await page.waitForURL(/quality=estimated/);
    await page.waitForSelector("text=Nothing matches these filters");
    await page.selectOption("#filter-quality", "");
    await page.waitForSelector("tbody tr");
    await page.fill("#filter-ms", "2000000000");
    await page.click("[data-testid=more-filters] button[type=submit]");
    await page.waitForURL(/ms=2000000000/);
    await page.waitForSelector("text=Nothing matches these filters");
    await audit(page);
    await picture(page, "requests-more-filters");
  });

  await check("the page in another zone, by groups, on a phone, dark and in Chinese", async () => {
    await page.goto("/usage?range=last_7_days&zone=Asia/Kolkata&by=key&then=model&split=true");
    await page.waitForSelector("[data-testid=usage-rows] tbody tr");
    await picture(page, "usage-groups");
    await page.setViewportSize({ width: 360, height: 780 });
    await audit(page);
    await picture(page, "usage-phone");
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: "dark" });
    await page.evaluate(() => localStorage.setItem("tollgate.locale", "zh-CN"));
    await page.reload();
    await page.waitForSelector("[data-testid=usage-rows] tbody tr");
    await audit(page);
    await picture(page, "usage-dark-zh");
  });
  await page.context().close();
}

/** Waits until all that was sent is booked. */
async function booked(call) {
  for (let tries = 0; tries < 100; tries += 1) {
    const report = await call("GET", "/reports/usage?range=today");
    if (report.totals.figures.requests >= REQUESTS) return;
    await new Promise((later) => setTimeout(later, 100));
  }
  throw new Error("what was sent is not booked");
}
