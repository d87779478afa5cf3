// What the tests share: the places and the scripted upstream that run.py tells of in the file that STAGE names.
// Never in here: any SDK.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { z } from "zod";

const stage = JSON.parse(readFileSync(process.env.STAGE, "utf8"));

export const baseUrl = stage.base_url;
/** `name`, `key` and `model` of a place. */
export const place = (name) => stage.places[name];

export const TEXTS = ["Hel", "lo! ", "Grüß dich, ", "你好, ", "𝄞 — that is all."];
export const CALLS = [{ name: "weather", input: { city: "Oslo", days: 3 } }];
export const RESULT = "Rain in Oslo.";
export const TOOL_SAYS = "Tells the weather of a city.";
export const TOOL_SCHEMA = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city", "days"],
  additionalProperties: false,
};
/** What a structured answer is to fit. */
export const Forecast = z.object({ city: z.string(), days: z.number().int() });
export const FORECAST = { texts: ['{"city": "Oslo", ', '"days": 3}'] };
/** How long the upstream asks to wait, in seconds. */
export const WAIT_S = 2;
export const SLOW_DOWN = { status: 429, kind: "rate_limit_error", message: "Slow down.", retry_after_s: WAIT_S };

const [host, port] = stage.control.split(":");
const socket = connect(Number(port), host);
// A test file ends when its tests have.
socket.unref();
const lines = createInterface({ input: socket })[Symbol.asyncIterator]();

async function order(value) {
  socket.ref();
  socket.write(`${JSON.stringify(value)}\n`);
  const answer = JSON.parse((await lines.next()).value);
  socket.unref();
  assert.equal(answer.error, undefined);
  return answer;
}

/** Scripts the answers from now on; gives how many requests were seen before. */
export const answer = async (script) => (await order({ always: { answer: script } })).count;

/** Scripts an error for the next request alone. */
export const refuse = async (fault) => (await order({ next: { fault } })).count;

export const seen = (after) => order({ seen: after });

/** The one request after so many; one that its vendor would have refused is a failure whatever came of it. */
export async function only(after) {
  const all = await seen(after);
  assert.equal(all.length, 1);
  assert.equal(all[0].refused, null);
  return all[0];
}

/** All input of a request, cached or not, as the upstream told it. */
export const prompt = ({ told }) => told.input + told.cache_read + told.cache_write;
