// What holds for every page: keyboard, failures, weight, and looks in every size, theme and language.
import { audit, check, must, picture, same } from "../checks.mjs";

const SIZES = [
  { name: "phone", width: 390, height: 844 },
  { name: "desktop", width: 1440, height: 900 },
];
const VIEWS = [
  ["overview", "/", "canvas"],
  ["keys", "/keys", "tbody tr td a"],
  ["key-form", "/keys?open=new", "dialog #name"],
  ["key-many", "/keys?open=many", "dialog #pattern"],
  ["policies", "/policies", "tbody tr td a"],
  ["policy-form", "/policies?open=new", "dialog #name"],
  ["budgets", "/budgets?keys=true", "[data-testid=budgets] li"],
  ["budget-form", "/budgets?open=new", "dialog #name"],
  ["vouchers", "/vouchers", "tbody tr"],
  ["accounts", "/accounts", "tbody tr td a"],
  ["account-connect", "/accounts?open=connect", "dialog [name=way]"],
  ["groups", "/account-groups", "tbody tr td a"],
  ["proxies", "/proxies", "tbody tr td a"],
  ["explain", "/explain?model=claude-sonnet-4-5", "[data-testid=explained]"],
  ["requests", "/requests", "tbody tr td a"],
];
/** What a first visit may load; the aim is 350 KB. */
const FIRST_LOAD_MAX = 500_000;
/** Half of what the browser's makers call good. */
const LAYOUT_SHIFT_MAX = 0.05;

/** With a page on which the demo's owner is signed in. */
export async function craft(page) {
  await keyboard(page);
  await failures(page);
  for (const locale of ["en", "zh-CN"]) {
    for (const theme of ["light", "dark"]) {
      await looks(page, locale, theme);
    }
  }
}

async function keyboard(page) {
  await check("the keyboard alone opens the palette, finds a page and goes there", async () => {
    await page.goto("/");
    await page.waitForSelector("[data-testid=tiles]");
    await page.keyboard.press("Control+k");
    await page.waitForSelector("[role=combobox]");
    await picture(page, "palette");
    await page.keyboard.type("requ");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/requests$/);
  });

  await check("a dialog keeps the focus inside and gives it back", async () => {
    await page.goto("/keys");
    await page.waitForSelector("tbody tr td a");
    await page.focus("header button");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog #name");
    for (let press = 0; press < 12; press += 1) {
      await page.keyboard.press("Tab");
      const inside = await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest("dialog") !== null);
      must(inside, "Tab left the dialog");
    }
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    same(await page.evaluate(() => document.activeElement.textContent.trim()), "Create key", "focused after closing");
  });

  await check("a row's menu works by arrow keys and Escape", async () => {
    await page.focus("tbody tr .row-menu button");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[role=menu]");
    await page.keyboard.press("ArrowDown");
    same(await page.evaluate(() => document.activeElement.textContent.trim()), "Switch off", "second line");
    await picture(page, "row-menu");
    await page.keyboard.press("Escape");
    same(await page.locator("[role=menu]").count(), 0, "open menus");
  });
}

async function failures(page) {
  await check("what can't be loaded says why, with the request's id and a way to try again", async () => {
    let refuse = true;
    const problem = { type: "/api/v2/problems#unavailable", title: "x", status: 503, detail: "x", code: "unavailable", request_id: "019a-check" };
    await page.route(/\/api\/v2\/keys/, (route) =>
      refuse
        ? route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify(problem) })
        : route.continue(),
    );
    await page.goto("/keys");
    await page.waitForSelector("[role=alert] >> text=019a-check");
    await audit(page);
    await picture(page, "failure");
    refuse = false;
    await page.click("[role=alert] button:has-text('Try again')");
    await page.waitForSelector("tbody tr td a");
    await page.unroute(/\/api\/v2\/keys/);
  });

  await check("an address that there is not leads back", async () => {
    await page.goto("/nothing-here");
    await page.waitForSelector("main >> text=There is no such page");
    await page.click("main a");
    await page.waitForSelector("[data-testid=tiles]");
  });

  await check("nothing jumps while pages are loading", async () => {
    await page.route(/\/api\/v2\/(keys|dashboard|requests)/, async (route) => {
      await new Promise((later) => setTimeout(later, 400));
      await route.continue();
    });
    for (const [path, ready] of [["/", "canvas"], ["/keys", "tbody tr td a"], ["/requests", "tbody tr td a"]]) {
      await page.goto(path);
      await page.waitForSelector(ready);
      const moved = await page.evaluate(
        () =>
          new Promise((done) => {
            let sum = 0;
            new PerformanceObserver((list) => {
              for (const entry of list.getEntries()) sum += entry.value;
            }).observe({ type: "layout-shift", buffered: true });
            setTimeout(() => done(sum), 200);
          }),
      );
      must(moved < LAYOUT_SHIFT_MAX, `${path} moved by ${moved.toFixed(3)}`);
    }
    await page.unroute(/\/api\/v2\/(keys|dashboard|requests)/);
  });

  await check("the first load stays light", async () => {
    // As someone comes who was never here: with nothing in the cache, to the page for those who are not signed in.
    const context = await page.context().browser().newContext({ baseURL: new URL(page.url()).origin });
    const weighing = await context.newPage();
    const sizes = [];
    const client = await context.newCDPSession(weighing);
    await client.send("Network.enable");
    client.on("Network.loadingFinished", ({ encodedDataLength }) => sizes.push(encodedDataLength));
    await weighing.goto("/sign-up", { waitUntil: "networkidle" });
    const total = sizes.reduce((all, one) => all + one, 0);
    console.log(`      ${Math.ceil(total / 1000)} KB over ${sizes.length} files`);
    must(total < FIRST_LOAD_MAX, `${total} bytes`);
    await context.close();
  });
}

async function looks(page, locale, theme) {
  await page.evaluate(([locale, theme]) => {
    localStorage.setItem("tollgate.locale", locale);
    localStorage.setItem("tollgate.theme", theme);
  }, [locale, theme]);
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const [name, path, ready] of VIEWS) {
      await check(`${name} at ${size.name} size, ${theme}, ${locale}`, async () => {
        await page.goto(path);
        await page.waitForSelector(ready);
        same(await page.evaluate(() => document.documentElement.lang), locale, "language");
        same(await page.evaluate(() => document.documentElement.dataset.theme), theme, "theme");
        await audit(page);
        await picture(page, `${name}-${size.name}-${theme}-${locale}`);
      });
    }
  }
}
