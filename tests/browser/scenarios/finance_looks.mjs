// Finance's pages at each size, in each theme and language: within the window, and without serious barriers.
import { audit, check, picture, same } from "../checks.mjs";

const SIZES = [
  { name: "phone", width: 360, height: 780 },
  { name: "tablet", width: 820, height: 1180 },
  { name: "desktop", width: 1440, height: 900 },
];

export async function financeLooks(page, month) {
  const days = `from=${month.first}&to=${month.last}`;
  const views = [
    ["months", "/billing", "tbody tr"],
    ["statement", `/billing?month=${month.month}`, "[data-testid=statement-lines] li"],
    ["invoices", "/billing?tab=documents", "tbody tr"],
    ["disputes", "/billing?tab=disputes", "tbody tr"],
    ["wallet", "/billing?tab=wallet", "tbody tr"],
    ["profile", "/billing?tab=profile", "#legal_name"],
    ["exports", `/exports?source=summary&group=cost_centre&${days}`, "[data-testid=preview] tbody tr"],
    ["schedules", "/exports?tab=schedules", "tbody tr"],
    ["charge-back", `/exports?tab=charge_back&${days}`, "tbody tr"],
    ["usage", `/usage?days=true&${days}`, "[data-testid=usage-rows] tbody tr"],
    ["log", `/requests?range=days&${days}`, "tbody tr td a"],
  ];
  for (const [locale, theme] of [["en", "light"], ["zh-CN", "dark"]]) {
    await page.evaluate(([locale, theme]) => {
      localStorage.setItem("tollgate.locale", locale);
      localStorage.setItem("tollgate.theme", theme);
    }, [locale, theme]);
    for (const size of SIZES) {
      await page.setViewportSize(size);
      for (const [name, path, ready] of views) {
        await check(`finance's ${name} at ${size.name} size, ${theme}, ${locale}`, async () => {
          await page.goto(path);
          await page.waitForSelector(ready);
          same(await page.evaluate(() => document.documentElement.lang), locale, "language");
          await audit(page);
          await picture(page, `finance-${name}-${size.name}-${theme}-${locale}`);
        });
      }
    }
  }
  await page.evaluate(() => {
    for (const name of ["tollgate.locale", "tollgate.theme"]) localStorage.removeItem(name);
  });
}
