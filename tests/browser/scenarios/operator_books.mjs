// The operator's books: past requests priced anew, verifications, seals and dead letters; and bodies that a customer keeps.
import { audit, check, must, picture, same } from "../checks.mjs";
import { signIn, visitor } from "../people.mjs";
import { CUSTOMER, HEARD_MS, answered, booked, closed, day, deadLetter } from "./operator_scene.mjs";

export async function repricing(page, scene) {
  await check("a dearer list that came late is put in: looked at, with charge and cost, then booked", async () => {
    await page.goto("/re-pricing");
    await page.waitForSelector("text=No re-pricings yet");
    await page.click("button:has-text('Price anew')");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog >> #tenant_id-note.text-error");
    await page.selectOption("#tenant_id", scene.tenant.id);
    await page.fill("#from", day());
    await page.fill("#to", day());
    await page.fill("#prices_at", day(35));
    await page.click("dialog button:has-text('Show what would change')");
    const seen = page.locator("[data-testid=repricing-seen]");
    await seen.waitFor();
    must((await seen.locator("tbody tr").count()) > 0, "no request would change");
    await audit(page);
    await picture(page, "repricing-seen");
    await page.click("dialog button:has-text('Book it')");
    await page.waitForSelector("#reason[aria-invalid=true]");
    await page.fill("#reason", "the vendor's list came late");
    const before = await scene.call("GET", "/margin");
    await page.click("dialog button:has-text('Book it')");
    await closed(page);
    await page.waitForSelector("tbody tr:has-text('the vendor')");
    await audit(page);
    await picture(page, "repricings");
    const after = await scene.call("GET", "/margin");
    must(Number(after.totals.cost_nano) > Number(before.totals.cost_nano), "the cost is what it was");
    same(after.tie.cost_nano, after.tie.ledger_cost_nano, "the cost in the ledger");
  });

  await check("the same again changes nothing", async () => {
    await page.click("button:has-text('Price anew')");
    await page.selectOption("#tenant_id", scene.tenant.id);
    for (const field of ["from", "to"]) await page.fill(`#${field}`, day());
    await page.fill("#prices_at", day(35));
    await page.click("dialog button:has-text('Show what would change')");
    await page.waitForSelector("[data-testid=repricing-seen] >> text=Nothing would change");
    same(await page.locator("#reason").count(), 0, "fields for a reason");
    await page.keyboard.press("Escape");
    await page.click("text=Discard >> nth=-1");
    await closed(page);
  });
}

export async function books(page, gateway, scene) {
  await check("the books are verified from the page", async () => {
    await page.goto("/books");
    await page.click("[data-testid=verified] button:has-text('Verify now')");
    await page.selectOption("#scope", "whole");
    await page.click("dialog button[type=submit]");
    await closed(page);
    await page.waitForSelector("[data-testid=verified] >> text=Every row and hash", { timeout: 30_000 });
    await page.waitForSelector("[data-testid=verified] >> text=The books agree");
    await page.waitForSelector("section[aria-label='Journals of the nodes'] tbody >> text=Runs");
    await audit(page);
    await picture(page, "books");
  });

  await check("a seal stands with where it went, and is saved as it was sent", async () => {
    const sealed = gateway.command("ledger", "seal", "--dev");
    same(sealed.status, 0, `ledger seal: ${sealed.stderr}`);
    await page.click("[role=group] button:has-text('Seals')");
    const row = page.locator("tbody tr", { hasText: "Folder · Arrived" }).first();
    await row.waitFor();
    const [download] = await Promise.all([page.waitForEvent("download"), row.locator(".row-menu button").click()]);
    must(/^seal-\d{8}\.jsonl$/.test(download.suggestedFilename()), download.suggestedFilename());
    await audit(page);
    await picture(page, "books-seals");
  });

  await check("a dead letter says why, is tried again, and given up with a reason", async () => {
    await deadLetter(gateway, scene);
    await page.goto("/books");
    await page.waitForSelector("[data-testid=letters-open]:has-text('1')");
    await page.click("a:has([data-testid=letters-open])");
    await page.click("tbody tr >> text=amounts do not fit");
    await page.waitForSelector("[data-testid=letter-error]");
    await audit(page);
    await picture(page, "letter");
    await page.click("dialog button:has-text('Book it now')");
    await page.waitForSelector("dialog [role=alert]");
    await picture(page, "letter-still-dead");
    await page.click("dialog button:has-text('Give up')");
    await page.click("dialog:has(#reason) button[type=submit]");
    await page.waitForSelector("#reason[aria-invalid=true]");
    await page.fill("#reason", "planted by a test");
    await page.click("dialog:has(#reason) button[type=submit]");
    await closed(page);
    await page.waitForSelector("text=No dead letters");
    await page.click("[role=group] button:text-is('All')");
    await page.waitForSelector("tbody >> text=Given up");
    await audit(page);
    await picture(page, "letters");
  });
}

export async function captures(browser, gateway, scene) {
  await check("a customer's owner has bodies kept, what is secret blacked out", async () => {
    const page = await visitor(browser, gateway);
    await signIn(page, ...CUSTOMER);
    await page.goto("/captures");
    await page.fill("#keep_days", "99");
    await page.click("button[type=submit]");
    await page.waitForSelector("#keep_days[aria-invalid=true]");
    await page.fill("#keep_days", "2");
    await page.fill("#sample_per_mille", "1000");
    await page.check("#active");
    await audit(page);
    await page.click("button[type=submit]");
    await page.waitForSelector("text=Saved; all nodes follow within moments");
    let id;
    for (const until = Date.now() + 2 * HEARD_MS; ; ) {
      const said = "Write to somebody@secret.example, please.";
      ({ id } = await answered(gateway, scene, { messages: [{ role: "user", content: said }] }));
      await booked(scene, id);
      const kept = await scene.customer("GET", `/requests/${id}/capture`).catch(() => null);
      if (kept) break;
      must(Date.now() < until, "no bodies are kept");
    }
    await page.goto(`/requests?open=${id}`);
    await page.click("dialog button:has-text('Show captured bodies')");
    await page.waitForSelector("dialog >> text=Deleted at");
    const shown = await page.locator("dialog").last().textContent();
    must(!shown.includes("somebody@secret.example") && shown.includes("please."), `the body: ${shown.slice(0, 600)}`);
    must(/blacked out/.test(shown), "what was blacked out is not counted");
    await audit(page);
    await picture(page, "capture");
    for (const path of ["/margin", "/books", "/re-pricing"]) {
      same(await page.locator(`nav a[href='${path}']`).count(), 0, `links to ${path}`);
    }
    must(!(await page.content()).includes("House account"), "the house's account is named to its customer");
    await page.context().close();
  });
}
