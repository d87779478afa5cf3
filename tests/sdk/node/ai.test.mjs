// Vercel's `ai` with the providers of Anthropic, OpenAI and Google, each on its own platform and on a foreign one.

import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, generateText, jsonSchema, Output, stepCountIs, streamText, tool } from "ai";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  answer, baseUrl, CALLS, Forecast, FORECAST, only, place, prompt, RESULT, seen, TEXTS, TOOL_SAYS, TOOL_SCHEMA,
} from "./stage.mjs";

const anthropic = (name, apiKey = place(name).key) =>
  createAnthropic({ baseURL: `${baseUrl}/api/v1`, apiKey })(place(name).model);
const openai = (name, apiKey = place(name).key) => createOpenAI({ baseURL: `${baseUrl}/openai/v1`, apiKey });
const google = (name, apiKey = place(name).key) =>
  createGoogleGenerativeAI({ baseURL: `${baseUrl}/gemini/v1beta`, apiKey })(place(name).model);

const MODELS = [
  ...["claude-console", "openai", "gemini"].map((name) => [`anthropic on ${name}`, () => anthropic(name)]),
  ...["openai", "claude-console", "gemini"].flatMap((name) => [
    [`openai chat on ${name}`, () => openai(name).chat(place(name).model)],
    [`openai responses on ${name}`, () => openai(name).responses(place(name).model)],
  ]),
  ...["gemini", "claude-console", "openai"].map((name) => [`google on ${name}`, () => google(name)]),
];

for (const [title, model] of MODELS) {
  test(`ai, ${title}: plain and streamed`, async () => {
    let before = await answer({ texts: TEXTS, output: 40, cache_read: 30 });
    const plain = await generateText({ model: model(), prompt: "Hello!", maxRetries: 0 });
    assert.deepEqual([plain.text, plain.finishReason], [TEXTS.join(""), "stop"]);
    assert.deepEqual([plain.usage.inputTokens, plain.usage.outputTokens], [prompt(await only(before)), 40]);
    before = await answer({ texts: TEXTS, output: 40, cache_read: 30 });
    const streamed = streamText({ model: model(), prompt: "Hello!", maxRetries: 0 });
    const pieces = [];
    for await (const piece of streamed.textStream) pieces.push(piece);
    assert.equal(pieces.join(""), TEXTS.join(""));
    assert.equal(await streamed.finishReason, "stop");
    const usage = await streamed.usage;
    assert.deepEqual([usage.inputTokens, usage.outputTokens], [prompt(await only(before)), 40]);
  });

  test(`ai, ${title}: a tool is run and its result taken, streamed`, async () => {
    const weather = tool({
      description: TOOL_SAYS,
      inputSchema: jsonSchema(TOOL_SCHEMA),
      execute: async ({ city }) => {
        await answer({ texts: TEXTS });
        return `Rain in ${city}.`;
      },
    });
    const before = await answer({ texts: [], calls: CALLS });
    const streamed = streamText({
      model: model(),
      prompt: "Weather?",
      tools: { weather },
      stopWhen: stepCountIs(2),
      maxRetries: 0,
    });
    assert.equal(await streamed.text, TEXTS.join(""));
    const requests = await seen(before);
    assert.deepEqual(requests.map(({ refused }) => refused), [null, null]);
    assert.ok(requests[1].body.includes(RESULT));
  });

  test(`ai, ${title}: a structured answer`, async () => {
    await answer(FORECAST);
    const output = Output.object({ schema: Forecast });
    const made = await generateText({ model: model(), prompt: "Oslo?", output, maxRetries: 0 });
    assert.deepEqual(made.output, { city: "Oslo", days: 3 });
  });
}

test("ai: a wrong key is told by its status", async () => {
  for (const model of [anthropic("openai", "x"), openai("claude-console", "x")("gpt-5"), google("openai", "x")]) {
    await assert.rejects(generateText({ model, prompt: "Hello!", maxRetries: 0 }), (error) => {
      assert.ok(APICallError.isInstance(error));
      assert.equal(error.statusCode, 401);
      return true;
    });
  }
});
