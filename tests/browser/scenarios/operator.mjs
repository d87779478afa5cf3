// What the platform's own people do: prices and plans, margin, reconciliation, books, and past requests priced anew; and
// bodies that a customer has kept.
import { audit, check, listen, must, picture, same } from "../checks.mjs";
import { send, signIn, visitor } from "../people.mjs";
import { books, captures, repricing } from "./operator_books.mjs";
import { HEARD_MS, answered, booked, closed, day, operatorScene } from "./operator_scene.mjs";

const MODEL = "claude-haiku-4-5";
const SIZES = [
  ["phone", 360, 780],
  ["tablet", 820, 1100],
  ["desktop", 1440, 900],
];
const HEADER = "provider,model,mode,input,output,cache_write_5m,cache_write_1h,cache_read\n";

/** Sends a form whose file field gets this text. */
async function withFile(page, field, name, text) {
  await page.setInputFiles(field, { name, mimeType: "text/plain", buffer: Buffer.from(text) });
}

export async function operator(browser, gateway, vendors) {
  let scene;
  await check("an operator is let in by the machine, and a customer uses the house's account", async () => {
    scene = await operatorScene(browser, gateway, vendors);
  });
  if (!scene) return;
  const page = await visitor(browser, gateway);
  const heard = listen(page);
  await signIn(page, scene.email, scene.password);
  await book(page, scene);
  await plans(page, gateway, scene);
  await unpriced(gateway, scene);
  await margin(page, scene);
  await reconciliation(page, scene);
  await repricing(page, scene);
  await books(page, gateway, scene);
  await captures(browser, gateway, scene);
  await check("the ledger verifies after all that", () => {
    const done = gateway.command("ledger", "verify", "--dev");
    same(done.status, 0, `ledger verify: ${done.stdout}${done.stderr}`);
  });
  await check("the operator's pages said nothing on the console", () => same(heard.join("\n"), "", "console"));
  await looks(page, scene);
}

async function book(page, scene) {
  await check("a list's faults are named at its field, with line and column", async () => {
    await page.goto("/prices?show=book");
    await page.waitForSelector("tbody tr:nth-child(5)");
    await page.click("button:has-text('Import a list')");
    await withFile(page, "#text", "list.csv", `${HEADER}anthropic,${MODEL},chat,dear,5,,,\n`);
    await page.click("dialog button[type=submit]");
    const fault = page.locator("#text-note.text-error");
    await fault.waitFor();
    must(/line 2/i.test(await fault.textContent()), `the fault: ${await fault.textContent()}`);
    await audit(page);
    await picture(page, "prices-faulty-list");
  });

  await check("a list is shown as a difference first, and takes effect on its day", async () => {
    await withFile(page, "#text", "list.csv", `${HEADER}anthropic,${MODEL},chat,1.2,6,1.5,2.4,0.12\nanthropic,claude-new-1,chat,2,8,,,\n`);
    await page.fill("#effective_from", "tomorrow");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#effective_from[aria-invalid=true]");
    await page.fill("#effective_from", day(30));
    await page.fill("#note", "the vendor's new list");
    await page.click("dialog button[type=submit]");
    const diff = page.locator("[data-testid=price-diff]");
    await diff.waitFor();
    const told = await diff.textContent();
    must(told.includes("1 changed") && told.includes("1 added") && /1 → 1\.2 ?\+20/.test(told), `the difference: ${told.slice(0, 400)}`);
    await audit(page);
    await picture(page, "prices-import-diff");
    const { items: before } = await scene.call("GET", "/prices/versions");
    await page.click("dialog button:has-text('Make it effective')");
    await closed(page);
    const row = page.locator("tbody tr", { hasText: "the vendor's new list" });
    await row.locator("text=Scheduled").waitFor();
    same((await scene.call("GET", "/prices/versions")).items.length, before.length + 1, "versions");
    await audit(page);
    await picture(page, "prices-scheduled");
  });

  await check("LiteLLM's list is read as well, and what is left out is counted", async () => {
    await page.click("button:has-text('Import a list')");
    await page.selectOption("#format", "litellm");
    const list = {
      sample_spec: {},
      "claude-new-2": { litellm_provider: "anthropic", mode: "chat", input_cost_per_token: 0.000003, output_cost_per_token: 0.000015 },
      "some-voice": { litellm_provider: "somebody", mode: "audio_speech" },
    };
    await withFile(page, "#text", "list.json", JSON.stringify(list));
    await page.fill("#effective_from", day(60));
    await page.click("dialog button[type=submit]");
    const diff = page.locator("[data-testid=price-diff]");
    await diff.waitFor();
    must((await diff.textContent()).includes("1 added"), `the difference: ${(await diff.textContent()).slice(0, 300)}`);
    await picture(page, "prices-litellm");
    await page.keyboard.press("Escape");
    await page.click("text=Discard >> nth=-1");
    await closed(page);
  });

  await check("one model's prices are changed from a day on, bad figures refused", async () => {
    await page.click("tbody tr:has-text('the vendor')");
    await page.fill("input[type=search]", MODEL);
    const row = page.locator("tbody tr", { has: page.locator(`text="${MODEL}"`) }).last();
    await row.locator("text=$1.2").first().waitFor();
    await row.locator("button").click();
    await page.fill("#prices", "input -1\noutput 5");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#prices[aria-invalid=true]");
    await picture(page, "prices-edit-refused");
    await page.fill("#prices", "input 1.1\noutput 5.5\ncache_read 0.1");
    await page.fill("#effective_from", day(40));
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("[data-testid=price-diff] >> text=1 changed");
    await audit(page);
    await picture(page, "prices-edit-diff");
    await page.click("dialog button:has-text('Make it effective')");
    await closed(page);
    await page.waitForSelector("tbody tr:nth-child(3) >> text=Holds now");
  });

  await check("a version is compared with another", async () => {
    await page.goto("/prices?show=book");
    await page.waitForSelector("#against option:nth-child(3)", { state: "attached" });
    await page.selectOption("#against", { index: 2 });
    await page.waitForSelector("[data-testid=price-diff]");
    await audit(page);
    await picture(page, "prices-compared");
  });
}

async function plans(page, gateway, scene) {
  const charge = async (body) => {
    const { id } = await answered(gateway, scene, { model: MODEL, ...body });
    return booked(scene, id);
  };

  await check("a plan with a factor, a rule by model and one by tag is made; wrong rules are refused", async () => {
    await page.goto("/prices?show=plans");
    await page.waitForSelector("text=No plans yet");
    await page.click("button:has-text('Make a plan')");
    await page.fill("#name", "Partners");
    await page.fill("#factor", "much");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#factor[aria-invalid=true]");
    await page.fill("#factor", "1.5");
    await page.fill("#rules", "model=claude-opus-* tag=batch\n");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#rules[aria-invalid=true]");
    await page.fill("#rules", "platform=claude_console model=claude-opus-* input=6 output=30\ntag=cheap 1.1");
    await page.fill("#minimum_nano", "0.0001");
    await audit(page);
    await picture(page, "plan-form");
    await page.click("dialog button[type=submit]");
    await closed(page);
    await page.waitForSelector("tbody tr:has-text('Partners') >> text=1.5");
    await page.click("button:has-text('Give a plan')");
    await page.selectOption("#tenant_slug", scene.tenant.slug);
    await page.selectOption("#plan_id", { label: "Partners" });
    await picture(page, "plan-give");
    await page.click("dialog button[type=submit]");
    await closed(page);
    await page.waitForSelector(`tbody tr:has-text('${scene.tenant.slug}') >> text=Partners`);
    await audit(page);
    await picture(page, "plans");
  });

  await check("the next requests are charged by it, and cost what they did", async () => {
    for (const until = Date.now() + HEARD_MS; ; ) {
      const line = await charge({});
      const told = JSON.stringify(line);
      if (told.includes("1.5")) break;
      must(Date.now() < until, `the plan is not heard of: ${told.slice(0, 600)}`);
    }
    const opus = await charge({ model: "claude-opus-4-5" });
    must(/"unit_price":"30"/.test(JSON.stringify(opus)), `the plan's own price: ${JSON.stringify(opus).slice(0, 600)}`);
    await page.goto("/margin");
    await page.waitForSelector("[data-testid=tie] >> text=Ties to the ledger");
  });
}

async function unpriced(gateway, scene) {
  await check("a model without a price is refused by its name", async () => {
    const { status, text } = await send(gateway, scene.secret, { model: "claude-nobody-9" });
    must(status === 400 || status === 404, `status ${status}: ${text}`);
    must(text.includes("claude-nobody-9"), `the refusal: ${text}`);
  });
}

async function margin(page, scene) {
  await check("margin by customer, platform, model, account and day makes one total, which ties to the ledger", async () => {
    let totals;
    for (const group of ["tenant", "platform", "model", "account", "day"]) {
      await page.goto(`/margin?group=${group}`);
      await page.waitForSelector("[data-testid=tie] >> text=Ties to the ledger");
      await page.waitForSelector("tbody tr");
      const report = await scene.call("GET", `/margin?group_by=${group}`);
      totals ??= JSON.stringify(report.totals);
      same(JSON.stringify(report.totals), totals, `totals by ${group}`);
      const costs = await page.locator("section + div tbody td[data-label='Upstream cost'] [title]").evaluateAll((cells) => cells.map((cell) => cell.getAttribute("title")));
      const sum = costs.reduce((all, one) => all + Math.round(Number(one.replace(" USD", "")) * 1e9), 0);
      same(String(sum), report.totals.cost_nano, `the sum of rows by ${group}`);
    }
    must(Number(JSON.parse(totals).margin_nano) > 0, `no margin: ${totals}`);
    must((await page.inputValue("#days-to")) === day(), "the days that are shown stand in their fields");
    await audit(page);
    await picture(page, "margin");
  });
}

/** Anthropic's report of a day's use of the model. */
function usageReport(input, output) {
  return JSON.stringify({
    data: [{
      starting_at: `${day()}T00:00:00Z`,
      ending_at: `${day()}T23:59:59Z`,
      results: [{
        uncached_input_tokens: input, output_tokens: output, cache_read_input_tokens: 0,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 }, model: MODEL, workspace_id: "wrkspc_1",
      }],
    }],
    has_more: false,
  });
}

async function reconciliation(page, scene) {
  const upload = async (name, text, account = scene.account) => {
    await page.goto(`/reconciliation?account=${account.id}`);
    await page.click("header button:has-text('Upload')");
    await withFile(page, "#content", name, text);
    await page.click("dialog button[type=submit]");
  };

  await check("a file that is no report is refused at its field, and nothing is kept of it", async () => {
    await upload("wrong.csv", "a,b\n1,2\n");
    await page.waitForSelector("#content-note.text-error");
    await audit(page);
    await picture(page, "reconcile-wrong-file");
    same((await scene.call("GET", "/provider-reports")).items.length, 0, "reports");
    await page.keyboard.press("Escape");
  });

  await check("a provider's report is compared by day and model, down to the requests", async () => {
    await upload("usage.json", usageReport(999_999, 5));
    await closed(page);
    const rows = page.locator("section, div.panel").locator("tbody tr");
    await rows.first().waitFor();
    await page.waitForSelector("tbody >> text=Differs");
    await audit(page);
    await picture(page, "reconcile-differs");
    await page.locator("tbody tr", { hasText: MODEL }).first().click();
    await page.waitForSelector("dialog tbody tr");
    await audit(page);
    await picture(page, "reconcile-behind");
    await page.keyboard.press("Escape");
    await closed(page);
  });

  await check("OpenAI's report of costs is read as well", async () => {
    const report = {
      object: "page",
      data: [{ object: "bucket", start_time: Math.floor(Date.parse(`${day()}T00:00:00Z`) / 1000), end_time: Math.floor(Date.parse(`${day(1)}T00:00:00Z`) / 1000),
        results: [{ object: "organization.costs.result", amount: { value: 0.5, currency: "usd" }, line_item: "gpt-5, input", project_id: null }] }],
      has_more: false, next_page: null,
    };
    await upload("costs.json", JSON.stringify(report), scene.openai);
    await closed(page);
    await page.waitForSelector("section tbody >> text=costs.json");
    await picture(page, "reconcile-reports");
  });
}

async function looks(page, scene) {
  const views = [
    ["book", "/prices?show=book", "table[aria-busy=false] tbody tr:nth-child(6)"],
    ["plans", "/prices?show=plans", "tbody tr"],
    ["margin", "/margin?group=account", "section + div tbody tr"],
    ["reconciliation", `/reconciliation?account=${scene.account.id}`, "tbody tr"],
    ["captures", "/captures", "#keep_days"],
    ["books", "/books", "section[aria-label] tbody tr"],
    ["letters", "/books?show=letters&all=true", "tbody tr"],
    ["verifications", "/books?show=verifications", "tbody tr"],
    ["seals", "/books?show=seals", "tbody tr"],
    ["repricings", "/re-pricing", "tbody tr"],
  ];
  for (const [locale, theme] of [["en", "light"], ["zh-CN", "dark"]]) {
    await page.evaluate(([locale, theme]) => {
      localStorage.setItem("tollgate.locale", locale);
      localStorage.setItem("tollgate.theme", theme);
    }, [locale, theme]);
    for (const [size, width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      for (const [name, path, ready] of views) {
        await check(`the operator's ${name} at ${size} size, ${theme}, ${locale}`, async () => {
          await page.goto(path);
          await page.waitForSelector(ready);
          await audit(page);
          await picture(page, `operator-${name}-${size}-${theme}-${locale}`);
        });
      }
    }
  }
}
