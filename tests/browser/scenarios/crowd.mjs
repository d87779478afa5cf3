// Many people: an organisation of hundreds, of whom one is chosen by typing, and two who edit one policy or one budget.
import { audit, check, listen, must, picture, same } from "../checks.mjs";
import { caller, choosePerson, signUpAs, storeSecret, visitor } from "../people.mjs";

const EMAIL = "olive@crowd.example";
const PASSWORD = "correct-horse-battery";
/** Beyond what one page of the API holds. */
const PEOPLE = 250;
const PAGE_MAX = 200;
/** By address the last of all. */
const LAST = "Zoe Last · zz-zoe@crowd.example";
const OWNER = "#owner_user_id";

export async function crowd(browser, gateway) {
  const page = await visitor(browser, gateway);
  const heard = listen(page);
  await signUpAs(page, "Crowd", "Olive Owner", EMAIL, PASSWORD);
  populate(gateway);
  const call = await caller(gateway, EMAIL, PASSWORD);
  const key = await owned(page, call);
  await edited(page, call, key);
  await filtered(page, key);
  await elsewhere(page, call);
  await policy(page, call);
  await budget(page, call);
  for (const locale of ["en", "zh-CN"]) {
    for (const theme of ["light", "dark"]) await looks(page, locale, theme);
  }
  await check("nothing was wrong behind these pages", () => same(heard.join("\n"), "", "what was heard"));
  await page.context().close();
}

/** Nobody can be invited through the API, so people are written into the database. */
function populate(gateway) {
  gateway.sql(
    `WITH people AS (
       SELECT gen_random_uuid() AS id, 'p' || lpad(n::text, 3, '0') || '@crowd.example' AS email, 'Person ' || n AS name
       FROM generate_series(1, ${PEOPLE - 1}) n
       UNION ALL SELECT gen_random_uuid(), 'zz-zoe@crowd.example', 'Zoe Last'
     ), made AS (
       INSERT INTO users (user_id, email, created_at) SELECT id, email, now() FROM people RETURNING user_id
     )
     INSERT INTO memberships (tenant_id, user_id, email, display_name, role, created_at, updated_at)
     SELECT m.tenant_id, people.id, people.email, people.name, 'member', now(), now()
     FROM people JOIN made ON made.user_id = people.id
     JOIN memberships m ON m.email = '${EMAIL}'`,
  );
}

/** Opens the part of a key's form in which its owner stands. */
async function openLabels(page) {
  const closed = page.locator("dialog details:not([open]) > summary:has-text('owner')");
  if ((await closed.count()) > 0) await closed.click();
}

async function owned(page, call) {
  await check("an owner beyond the first page of people is found by typing, by the keyboard alone", async () => {
    const { items, total } = await call("GET", `/users?limit=${PAGE_MAX}`);
    same(total, PEOPLE + 1, "people");
    must(!items.some(({ name }) => name === "Zoe Last"), "the last one is on the first page");
    await page.goto("/keys?open=new");
    await page.fill("#name", "Zoe's");
    await openLabels(page);
    same(await page.inputValue(OWNER), "Myself", "who it is at first");
    await page.focus(OWNER);
    same(await page.getAttribute(OWNER, "aria-expanded"), "false", "open before it was asked for");
    await page.keyboard.press("ArrowDown");
    await page.waitForSelector(`${OWNER}-list [role=option]:has-text('Person 1 ·')`);
    await page.waitForSelector("dialog .menu-popup >> text=The first 20; type to find others");
    await audit(page);
    await picture(page, "owner-choice");
    await page.keyboard.type("zOE l");
    await page.waitForSelector(`${OWNER}-list [role=option]:has-text('Zoe Last')`);
    const active = await page.getAttribute(OWNER, "aria-activedescendant");
    must(/Zoe Last/.test(await page.textContent(`[id='${active}']`)), "Enter would choose another");
    await page.keyboard.press("Enter");
    await page.waitForSelector(`${OWNER}-list`, { state: "detached" });
    same(await page.inputValue(OWNER), LAST, "who was chosen");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("[data-testid=secret]");
    await storeSecret(page);
  });
  const [key] = (await call("GET", "/keys?text=Zoe")).items;
  await check("the key is theirs", () => same(key.owner.name, "Zoe Last", "the owner"));
  return key;
}

async function edited(page, call, key) {
  await check("who is chosen stays named, though not among the first; Escape and leaving change nothing", async () => {
    await page.goto(`/keys?open=${key.id}&edit=true`);
    await openLabels(page);
    await named(page, OWNER, LAST);
    await page.click(OWNER);
    await page.waitForSelector(`${OWNER}-list [role=option]:has-text('Person 1 ·')`);
    await page.keyboard.press("ArrowUp");
    await page.waitForFunction(() => document.querySelector("#owner_user_id-list").scrollTop > 0);
    await page.keyboard.press("Escape");
    await page.waitForSelector(`${OWNER}-list`, { state: "detached" });
    same(await page.locator("dialog #name").count(), 1, "the form after Escape");
    await page.keyboard.type("nobody like this");
    await page.waitForSelector("dialog .menu-popup >> text=Nothing found");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await named(page, OWNER, LAST);
    must(await page.locator("dialog button[type=submit]").isDisabled(), "something counts as changed");
  });
  await check("another is chosen by the pointer, and the key is given to them", async () => {
    await choosePerson(page, OWNER, "p137@");
    same(await page.inputValue(OWNER), "Person 137 · p137@crowd.example", "who was chosen");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog dl >> text=Person 137");
    same((await call("GET", `/keys/${key.id}`)).owner.name, "Person 137", "the owner");
  });
  await check("people who can't be looked for say so, and are found on the next try", async () => {
    await page.goto(`/keys?open=${key.id}&edit=true`);
    await openLabels(page);
    await named(page, OWNER, "Person 137 · p137@crowd.example");
    await page.route(/\/users\?/, (route) => route.abort(), { times: 1 });
    await page.click(OWNER);
    await page.waitForSelector("dialog .menu-popup >> text=No answer from the server");
    await page.keyboard.type("zoe");
    await page.waitForSelector(`${OWNER}-list [role=option]:has-text('Zoe Last')`);
    await page.keyboard.press("Escape");
  });
}

/** Until a field names somebody. */
async function named(page, field, name) {
  await page.waitForFunction(([field, name]) => document.querySelector(field)?.value === name, [field, name]);
}

async function filtered(page, key) {
  await check("keys are filtered by an owner beyond the first page, and a link to that names them", async () => {
    await page.goto("/keys");
    await page.waitForSelector("tbody tr td a");
    await choosePerson(page, "#filter-owner", "Zoe");
    await page.waitForURL(/owner=/);
    await page.waitForSelector("text=Nothing matches these filters");
    await choosePerson(page, "#filter-owner", "Person 137");
    await page.waitForSelector(`tbody >> text=${key.name}`);
    await page.reload();
    await page.waitForSelector("button[aria-label='Remove Owner']");
    await page.waitForSelector("span:has(> button[aria-label='Remove Owner']) >> text=Person 137");
    await named(page, "#filter-owner", "Person 137 · p137@crowd.example");
    await audit(page);
    await picture(page, "owner-filter");
    await page.click("#filter-owner");
    await page.click("#filter-owner-list [role=option]:has-text('Owner: Any')");
    await page.waitForFunction(() => !location.search.includes("owner="));
    same(await page.inputValue("#filter-owner"), "Owner: Any", "the filter without anybody");
  });
}

async function elsewhere(page, call) {
  await check("a budget and a person's limits are of anybody as well", async () => {
    await page.goto("/budgets?open=new");
    await page.fill("#name", "Zoe's month");
    await page.fill("#limit_nano", "25");
    await page.selectOption("#scope", "user");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#subject[aria-invalid=true]");
    await choosePerson(page, "#subject", "Zoe");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("[data-testid=budgets] >> text=Zoe Last");
    await page.goto("/policies");
    await choosePerson(page, "#limits-person", "Zoe");
    await page.fill("#person-limit", "3");
    await page.click("form:has(#person-limit) button[type=submit]");
    await page.waitForSelector("text=The limits were saved");
    const [zoe] = (await call("GET", "/users?text=zoe")).items;
    same((await call("GET", `/users/${zoe.id}/limits`)).concurrency.limit, 3, "her requests at a time");
  });
}

/** Changes in a form what another has changed meanwhile; `mine` fills it in, `begun` tells that it began anew. */
async function meet(page, { mine, begun, name }) {
  await mine();
  await page.click("dialog button[type=submit]");
  await page.waitForSelector("[data-testid=conflict]");
  await audit(page);
  await picture(page, name);
  await page.click("[data-testid=conflict] button");
  await begun();
  same(await page.locator("[data-testid=conflict]").count(), 0, "conflicts once the newest is there");
  await mine();
  await page.click("dialog button[type=submit]");
  await page.waitForSelector("dialog", { state: "detached" });
}

async function policy(page, call) {
  await check("who comes second to a policy goes on from the newest", async () => {
    const made = await call("POST", "/policies", { name: "Shared rules" });
    await page.goto(`/policies?open=${made.id}`);
    await page.waitForSelector("dialog #name");
    await call("PUT", `/policies/${made.id}`, { name: "Shared rules, renamed", version: made.version });
    await meet(page, {
      name: "policy-conflict",
      mine: () => page.fill("dialog #description", "For everybody"),
      begun: () => named(page, "dialog #name", "Shared rules, renamed"),
    });
    const now = (await call("GET", "/policies")).items.find(({ id }) => id === made.id);
    same(`${now.name}: ${now.description}`, "Shared rules, renamed: For everybody", "the policy");
  });
  await check("a newest that can't be loaded says why and keeps what was entered", async () => {
    const made = await call("POST", "/policies", { name: "Out of reach" });
    await page.goto(`/policies?open=${made.id}`);
    await page.waitForSelector("dialog #name");
    await call("PUT", `/policies/${made.id}`, { name: "Back in reach", version: made.version });
    await page.fill("dialog #description", "Mine");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("[data-testid=conflict]");
    await page.route(/\/api\/v2\/policies$/, (route) => route.abort(), { times: 1 });
    await page.click("[data-testid=conflict] button");
    await page.waitForSelector("[data-testid=conflict] >> text=No answer from the server");
    same(await page.inputValue("dialog #description"), "Mine", "what was entered");
    await page.click("[data-testid=conflict] button");
    await named(page, "dialog #name", "Back in reach");
  });
}

async function budget(page, call) {
  await check("who comes second to a budget goes on from the newest", async () => {
    const form = { name: "Shared money", scope: { kind: "tenant" }, period: "month", limit_nano: "50000000000" };
    const made = await call("POST", "/budgets", form);
    await page.goto(`/budgets?open=${made.id}`);
    await page.waitForSelector("dialog #name");
    await call("PUT", `/budgets/${made.id}`, { ...form, limit_nano: "75000000000", version: made.version });
    await meet(page, {
      name: "budget-conflict",
      mine: () => page.fill("dialog #thresholds", "50, 90"),
      begun: () => named(page, "dialog #limit_nano", "75.00"),
    });
    const now = (await call("GET", "/budgets")).items.find(({ id }) => id === made.id);
    same(`${now.limit_nano}: ${now.thresholds}`, "75000000000: 50,90", "the budget");
  });
}

async function looks(page, locale, theme) {
  await page.evaluate(([locale, theme]) => {
    localStorage.setItem("tollgate.locale", locale);
    localStorage.setItem("tollgate.theme", theme);
  }, [locale, theme]);
  for (const [name, width, height] of [["phone", 360, 740], ["desktop", 1440, 900]]) {
    await check(`a choice of people at ${name} size, ${theme}, ${locale}`, async () => {
      await page.setViewportSize({ width, height });
      await page.goto("/keys?open=new");
      await page.waitForSelector("dialog #name");
      const closed = page.locator("dialog details:not([open]) > summary");
      await closed.first().click();
      await page.click(OWNER);
      await page.waitForSelector(`${OWNER}-list [role=option]:nth-child(20)`, { state: "attached" });
      await within(page);
      await audit(page);
      await picture(page, `owner-choice-${name}-${theme}-${locale}`);
      await page.goto("/keys");
      await page.waitForSelector("#filter-owner");
      await page.click("#filter-owner");
      await page.waitForSelector("#filter-owner-list [role=option]:nth-child(20)", { state: "attached" });
      await page.fill("#filter-owner", "zoe");
      await page.waitForFunction(() => document.querySelectorAll("#filter-owner-list [role=option]").length === 1);
      await within(page);
      await audit(page);
      await picture(page, `owner-filter-${name}-${theme}-${locale}`);
    });
  }
}

/** Until the list is in sight as a whole, beside its field. */
async function within(page) {
  await page.waitForFunction(() => {
    const popup = document.querySelector(".menu-popup");
    const [list, field] = [popup, popup.parentElement].map((element) => element.getBoundingClientRect());
    const inside = list.left >= 0 && list.top >= 0 && list.right <= innerWidth && list.bottom <= innerHeight;
    return inside && Math.min(Math.abs(list.top - field.bottom), Math.abs(field.top - list.bottom)) < 10;
  });
}
