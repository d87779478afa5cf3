// A person of finance closes a month, sends the invoice, exports it, and goes from the invoice's total to single requests.
// All sums are whole nano-dollars, and each is held against the ledger's own.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { amounts, nanos, saved, sum } from "../amounts.mjs";
import { audit, check, listen, must, picture, same } from "../checks.mjs";
import { attachment, startMail } from "../mail.mjs";
import { FORMULA, REQUESTS, ZONE, startMonth } from "../month.mjs";
import { signIn, visitor } from "../people.mjs";
import { financeExports } from "./finance_exports.mjs";
import { financeLooks } from "./finance_looks.mjs";

const CONTACT = "ada@customer.example";
const CENT = 10_000_000n;

export async function finance(browser, binary) {
  const mail = await startMail();
  const month = await startMonth(binary, mail.settings);
  try {
    const charged = BigInt(month.gateway.sql("SELECT sum(charge_nano) FROM usage_events"));
    const operator = await visitor(browser, month.gateway);
    await issuer(operator, month);
    const page = await visitor(browser, month.gateway);
    const heard = listen(page);
    await walk(page, { month, mail, charged });
    await dispute(page, operator, month);
    await financeExports(page, { month, mail, charged });
    await financeLooks(page, month);
    await nobodyElse(browser, month);
    await check("the ledger verifies after finance's day", () => {
      const done = month.gateway.command("ledger", "verify", "--dev");
      same(done.status, 0, `ledger verify: ${done.stdout}${done.stderr}`);
    });
    await check("finance's day said nothing on the console", () => same(heard.join("\n"), "", "console"));
    await page.context().close();
    await operator.context().close();
  } finally {
    await month.stop();
    await mail.stop();
  }
}

/** The operator says who issues, how documents look, what a dollar costs, and how the customer is taxed. */
async function issuer(page, month) {
  await check("the operator sets the issuer, its logo, a rate, and the customer's terms by forms", async () => {
    await signIn(page, month.people.operator.email, month.people.operator.password);
    await page.goto("/billing?tab=profile");
    await page.fill("#legal_name", "Gateway Operator Ltd");
    await page.fill("#address", "1 Main Street\nDublin");
    await page.fill("#tax_id", "IE 1234567");
    await page.click("form:has(#legal_name) button[type=submit]");
    await page.waitForSelector("text=The billing details were saved");
    await page.click("[role=group] button:has-text('Issuer and rates')");
    await page.fill("#brand_name", "Gateway");
    await page.fill("#brand_colour", "teal");
    await page.click("form:has(#brand_name) button[type=submit]");
    await page.waitForSelector("text=Takes a colour such as #1f2937");
    await page.fill("#brand_colour", "#0f766e");
    await page.fill("#bank_details", "IBAN IE29 AIBK 9311 5212 3456 78");
    await page.setInputFiles("#logo_png", { name: "logo.png", mimeType: "image/png", buffer: LOGO });
    await page.waitForSelector("[data-testid=logo]");
    await page.click("form:has(#brand_name) button[type=submit]");
    await page.waitForSelector("text=The look of documents was saved");
    await page.fill("#rate_currency", "eur");
    await page.fill("#rate", "0,92");
    await page.fill("#rate_source", "ECB");
    await page.click("form:has(#rate) button[type=submit]");
    await page.waitForSelector("text=Takes a number above 0");
    await page.fill("#rate", "0.9213");
    await page.click("form:has(#rate) button[type=submit]");
    await page.waitForSelector("[data-testid=rates] >> text=0.9213");
    await audit(page);
    await picture(page, "finance-issuer");
    await page.selectOption("#organisation", month.demo);
    await page.click("[role=group] button:has-text('Billing details')");
    await page.fill("#tax_rate", "190");
    await page.click("form:has(#tax_rate) button[type=submit]");
    await page.waitForSelector("text=Takes percent from 0 to 100");
    await page.fill("#tax_rate", "19");
    await page.click("form:has(#tax_rate) button[type=submit]");
    await page.waitForSelector("text=The terms were saved");
  });
}

/** From the open month to the letter with its invoice. */
async function walk(page, { month, mail, charged }) {
  await check("finance says to whom invoices go", async () => {
    await signIn(page, month.people.finance.email, month.people.finance.password);
    await page.click("nav a[href='/billing']");
    await page.click("[role=group] button:has-text('Billing details')");
    await page.waitForSelector("text=these have to be filled in: Legal name, Address");
    await page.fill("#legal_name", "Customer & Sons Ltd");
    await page.fill("#address", "Road 1\nMumbai");
    await page.fill("#purchase_order", "PO-4711");
    await page.fill("#contact_email", "nobody");
    await page.fill("#currency", "EUR");
    await page.click("form:has(#legal_name) button[type=submit]");
    await page.waitForSelector("text=Not an e-mail address");
    await page.fill("#contact_email", CONTACT);
    await page.click("form:has(#legal_name) button[type=submit]");
    await page.waitForSelector("text=The billing details were saved");
    await audit(page);
  });

  await check("finance closes the month, and its statement opens", async () => {
    await page.click("[role=group] button:has-text('Months')");
    await page.waitForSelector(`text=Months of ${ZONE}`);
    await audit(page);
    await picture(page, "finance-months");
    await page.click(`button:has-text('Close ${month.month}')`);
    await page.fill("#confirm-name", month.month);
    await page.click("dialog button[type=submit]");
    await page.waitForURL(new RegExp(`month=${month.month}`));
    await page.waitForSelector("[data-testid=statement-lines] li");
    const facts = await page.textContent("[data-testid=statement-facts]");
    must(facts.includes(`${month.first} to ${month.last}, ${ZONE}`) && facts.includes(month.people.finance.email), facts);
    await audit(page);
    await picture(page, "finance-statement");
  });

  await drill(page, { month, charged });
  await invoice(page, { month, mail, charged });
}

/** Lines add up to the statement, requests to their line, and a request's arithmetic to what stands there. */
async function drill(page, { month, charged }) {
  await check("each line is the sum of its requests, and the lines are what the events say", async () => {
    const lines = page.locator("[data-testid=statement-lines] > li");
    let all = 0n;
    let requests = 0;
    for (let at = 0; at < (await lines.count()); at += 1) {
      const line = lines.nth(at);
      const [total] = await amounts(line);
      await line.locator("button:has-text('Show requests')").click();
      const behind = line.locator("[data-testid=behind]");
      await behind.locator("li").first().waitFor();
      let found = await amounts(behind);
      while (await behind.locator("button:has-text('Next'):enabled").count()) {
        const before = await behind.locator("time").first().getAttribute("datetime");
        await behind.locator("button:has-text('Next')").click();
        await page.waitForFunction(
          ([at, before]) => document.querySelectorAll("[data-testid=statement-lines] > li")[at].querySelector("[data-testid=behind] time").dateTime !== before,
          [at, before],
        );
        found = found.concat(await amounts(behind));
      }
      same(String(sum(found)), String(total), `the requests behind line ${at + 1}`);
      requests += found.length;
      all += total;
      await line.locator("button:has-text('Show requests')").click();
    }
    same(requests, REQUESTS, "requests behind all lines");
    same(String(all), String(charged), "the lines and the events");
    const meters = await page.locator("[data-testid=meters]").allTextContents();
    must(meters.some((text) => /Web searches\s*6/.test(text)), `no web searches: ${meters}`);
  });

  await check("the way from the report to the statement is told in steps that add up", async () => {
    await page.waitForSelector("[data-testid=bridge]");
    const steps = await amounts(page.locator("[data-testid=bridge]"));
    const statement = steps.pop();
    must(steps.length >= 1, "there are steps");
    same(String(sum(steps)), String(statement), "the steps");
    same(String(statement), String(charged), "the statement");
  });

  await check("a request behind a line shows its arithmetic and gives a receipt that verifies", async () => {
    const line = page.locator("[data-testid=statement-lines] > li").first();
    await line.locator("button:has-text('Show requests')").click();
    const first = line.locator("[data-testid=behind] li").first();
    const [stated] = await amounts(first);
    await picture(page, "finance-statement-requests");
    await first.locator("a").click();
    await page.waitForURL(/\/requests\?open=/);
    await page.waitForSelector("dialog tfoot");
    const priced = await amounts(page.locator("dialog tbody"));
    const [total] = await amounts(page.locator("dialog tfoot"));
    same(String(sum(priced)), String(total), "the price lines");
    same(String(total), String(stated), "what stands in the statement");
    const receipt = await saved(page, () => page.click("[data-testid=receipt] button"));
    const published = await (await fetch(`${month.gateway.base}/api/v2/ledger/keys`)).json();
    const done = month.gateway.command("receipt", "verify", receipt.path, "--key", published.keys[0].public_key);
    same(done.status, 0, `receipt verify: ${done.stdout}${done.stderr}`);
    const forged = receipt.path.replace(".json", "-forged.json");
    writeFileSync(forged, readFileSync(receipt.path, "utf8").replace(/"charge_nano": "(\d)/, (_, digit) => `"charge_nano": "${(Number(digit) % 9) + 1}`));
    must(month.gateway.command("receipt", "verify", forged).status !== 0, "a forged receipt verifies");
  });
}

/** The invoice ties to the statement, is a PDF, and comes by mail. */
async function invoice(page, { month, mail, charged }) {
  await check("the invoice is issued, and its figures tie to the statement", async () => {
    await page.goto(`/billing?month=${month.month}`);
    await page.click("dialog button:has-text('Issue the invoice')");
    await page.waitForSelector("[data-testid=document-totals]");
    const [usage, rounding, net, tax, total] = await amounts(page.locator("[data-testid=document-totals]"));
    same(String(usage), String(charged), "the invoice's usage");
    same(String(usage + rounding), String(net), "usage and rounding");
    same(String(net % CENT), "0", "parts of a cent");
    same(String(tax), String(((net / CENT) * 19n + 50n) / 100n * CENT), "tax");
    same(String(net + tax), String(total), "net and tax");
    must((await page.textContent("[data-testid=document-totals]")).includes("EUR"), "no second currency");
    await audit(page);
    await picture(page, "finance-invoice");
  });

  await check("it is downloaded as a PDF and sent by mail with the same PDF", async () => {
    const pdf = await saved(page, () => page.click("dialog button:has-text('PDF')"));
    const bytes = readFileSync(pdf.path);
    same(bytes.subarray(0, 5).toString(), "%PDF-", "the file's beginning");
    seen(pdf.path);
    await page.click("dialog button:has-text('Send')");
    const number = pdf.name.replace(".pdf", "");
    const letter = await mail.letter(CONTACT, number);
    must(attachment(letter.text, "application/pdf").equals(bytes), "another PDF is attached");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    for (const until = Date.now() + 20_000; !(await page.textContent("tbody")).includes("Sent"); await page.reload()) {
      must(Date.now() < until, "the invoice is not marked as sent");
      await page.waitForTimeout(500);
    }
    await audit(page);
    await picture(page, "finance-invoices");
  });
}

/** What software that reads PDFs finds in it, where there is some. */
function seen(path) {
  const text = spawnSync("pdftotext", ["-layout", path, "-"], { encoding: "utf8" });
  if (text.error) return;
  for (const words of ["Customer & Sons Ltd", "Gateway Operator Ltd", FORMULA.slice(0, 10), "claude-haiku-4-5", "19"]) {
    must(text.stdout.includes(words), `the PDF lacks “${words}”: ${text.stdout}`);
  }
  spawnSync("pdftoppm", ["-png", "-r", "80", path, path.replace(".pdf", "")]);
}

/** A line is disputed, the operator accepts, and the credit note stands beside the invoice. */
async function dispute(page, operator, month) {
  await check("a disputed line comes back as a credit note that points at the invoice", async () => {
    await page.goto(`/billing?month=${month.month}`);
    const line = page.locator("[data-testid=statement-lines] > li:has-text('claude-opus-4-6')");
    await line.waitFor();
    const [disputed] = await amounts(line);
    await line.locator("button:has-text('Dispute')").click();
    await page.click("dialog:has(#reason) button[type=submit]");
    await page.waitForSelector("text=Must be filled in");
    await page.fill("#reason", "Nobody of ours searched the web.");
    await page.click("dialog:has(#reason) button[type=submit]");
    await page.waitForSelector("text=The dispute was opened");
    await operator.goto(`/billing?tab=disputes&tenant=${month.demo}`);
    await operator.click("tbody button:has-text('Decide')");
    await operator.click("#accept");
    same(String(nanos(await operator.inputValue("#amount_nano"))), String(disputed), "what is given back unless less is agreed");
    await operator.fill("#answer", "You are right.");
    await audit(operator);
    await picture(operator, "finance-decide");
    await operator.click("dialog button[type=submit]");
    await operator.waitForSelector("text=The dispute was decided");
    await page.goto("/billing?tab=documents");
    await page.click("tbody a:has-text('CN-')");
    await page.waitForSelector("[data-testid=document-totals]");
    const [usage] = await amounts(page.locator("[data-testid=document-totals]"));
    same(String(usage), String(disputed), "the credit note's usage");
    must((await page.textContent("dialog")).includes("You are right."), "the reason does not stand there");
    await picture(page, "finance-credit-note");
    await page.goto("/billing?tab=disputes");
    await page.waitForSelector("tbody >> text=Accepted");
    await audit(page);
    await picture(page, "finance-disputes");
  });
}

/** A member sees none of this. */
async function nobodyElse(browser, month) {
  await check("a member finds no billing, no charge-back and no schedules", async () => {
    const { demo } = month.gateway;
    const page = await visitor(browser, month.gateway);
    await signIn(page, demo.member_email, demo.member_password);
    same(await page.locator("nav a[href='/billing']").count(), 0, "links to billing");
    await page.goto("/billing");
    await page.waitForSelector("main >> text=Your role does not allow this");
    await picture(page, "finance-member");
    must(!/\$\d/.test(await page.textContent("main")), "amounts are shown");
    await page.goto("/exports?tab=charge_back");
    await page.waitForSelector("#export-source");
    same(await page.locator("button:has-text('Schedules')").count(), 0, "schedules");
    same(await page.locator("#export-source option").count(), 2, "sources of exports");
    await page.context().close();
  });
}

/** A teal square: 8 × 8 dots. */
const LOGO = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR4nGPgL8vDihiGlgQApWE8wfekj3cAAAAASUVORK5CYII=",
  "base64",
);
