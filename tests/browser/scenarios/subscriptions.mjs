// An organisation that lives on subscriptions, against simulated vendors: connected, used, used up, recovered, shared; and
// how its pages look in every size, theme and language.
import { audit, check, listen, must, picture, same } from "../checks.mjs";
import { caller, signUpAs, visitor } from "../people.mjs";
import { startProxy } from "../vendors.mjs";
import { connect } from "./connect.mjs";
import { exhaust } from "./exhaust.mjs";
import { shared } from "./shared.mjs";

const OWNER = ["pia@pool.example", "a long enough password"];
/** The narrowest phone that must do, and a desk. */
const SIZES = [
  { name: "phone", width: 360, height: 780 },
  { name: "desktop", width: 1440, height: 900 },
];

/** With the vendors that the gateway asks. */
export async function subscriptions(browser, gateway, vendors) {
  const page = await visitor(browser, gateway);
  const heard = listen(page);
  let call;
  await check("an organisation signs up and has money", async () => {
    await signUpAs(page, "Pool Labs", "Pia Owner", ...OWNER);
    const done = gateway.command("tenant", "credit", "pool-labs", "50", "--reason", "for the checks", "--dev");
    same(done.status, 0, `tenant credit: ${done.stderr}`);
    call = await caller(gateway, ...OWNER);
  });
  const proxy = await startProxy();
  try {
    await connect(page, vendors);
    await exhaust(page, gateway, vendors, call);
    await shared(page, browser, gateway, vendors, proxy, call);
    const views = await viewsOf(call);
    for (const locale of ["en", "zh-CN"]) {
      for (const theme of ["light", "dark"]) await looks(page, views, locale, theme);
    }
  } finally {
    await proxy.stop();
  }
  await check("subscriptions said nothing on the console", () => same(heard.join("\n"), "", "console"));
  await page.context().close();
}

/** What is looked at: a name, an address, what must be there, and what is done before the picture. */
async function viewsOf(call) {
  const { items } = await call("GET", "/accounts");
  const id = (wanted) => items.find(({ name }) => name === wanted)?.id;
  const scroll = (selector) => (page) => page.locator(selector).first().scrollIntoViewIfNeeded();
  const link = async (page) => {
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog #code");
  };
  const requests = await call("GET", "/requests");
  const failedOver = requests.items.find(({ key_name }) => key_name === "Everywhere");
  return [
    ["pool-accounts", "/accounts", "tbody tr td a"],
    ["pool-account", `/accounts?open=${id("max-1")}`, "dialog [role=meter]"],
    ["pool-account-timeline", `/accounts?open=${id("max-1")}`, "[data-testid=timeline] li", scroll("[data-testid=timeline]")],
    ["pool-account-form", `/accounts?open=${id("azure-1")}&edit=true`, "dialog #name"],
    ["pool-connect", "/accounts?open=connect", "dialog [name=way]"],
    ["pool-connect-link", "/accounts?open=connect", "dialog [name=way]", link],
    ["pool-proxies", "/proxies", "tbody tr td a"],
    ["pool-groups", "/account-groups", "tbody tr td a"],
    ["pool-explain", "/explain?model=claude-sonnet-4-6", "[data-testid=explained]"],
    ["pool-request", `/requests?range=today&open=${failedOver?.id}`, "[data-testid=why]", scroll("[data-testid=why]")],
  ];
}

async function looks(page, views, locale, theme) {
  await page.evaluate(([locale, theme]) => {
    localStorage.setItem("tollgate.locale", locale);
    localStorage.setItem("tollgate.theme", theme);
  }, [locale, theme]);
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const [name, path, ready, before] of views) {
      await check(`${name} at ${size.name} size, ${theme}, ${locale}`, async () => {
        must(!path.includes("undefined"), `nothing to look at: ${path}`);
        await page.goto(path);
        await page.waitForSelector(ready);
        await before?.(page);
        same(await page.evaluate(() => document.documentElement.lang), locale, "language");
        await audit(page);
        await picture(page, `${name}-${size.name}-${theme}-${locale}`);
      });
    }
  }
}
