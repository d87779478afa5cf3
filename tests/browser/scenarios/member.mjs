// A member sees their own and nothing of the organisation's money or accounts.
import { check, must, picture, same } from "../checks.mjs";
import { signIn, visitor } from "../people.mjs";

export async function member(browser, gateway) {
  const page = await visitor(browser, gateway);
  await check("a member sees neither accounts nor wallet, and nobody else's keys", async () => {
    await signIn(page, gateway.demo.member_email, gateway.demo.member_password);
    same(await page.locator("nav a[href='/accounts']").count(), 0, "links to accounts");
    must(!(await page.textContent("[data-testid=tiles]")).includes("Wallet"), "the wallet is shown");
    await picture(page, "member-overview");
    await page.goto("/keys");
    await page.waitForSelector("text=No key yet");
    await picture(page, "member-keys-empty");
  });
  await page.context().close();
}
