// OpenAI's SDK for Node, Chat Completions and Responses, on its own platform and on foreign ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI, { AzureOpenAI } from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import {
  answer, baseUrl, CALLS, Forecast, FORECAST, only, place, prompt, refuse, RESULT, seen, SLOW_DOWN, TEXTS, TOOL_SAYS,
  TOOL_SCHEMA, WAIT_S,
} from "./stage.mjs";

const client = (name, options = {}) =>
  new OpenAI({ baseURL: `${baseUrl}/openai/v1`, apiKey: place(name).key, maxRetries: 0, ...options });
const HELLO = [{ role: "user", content: "Hello!" }];
const definition = { name: "weather", description: TOOL_SAYS, parameters: TOOL_SCHEMA, strict: true };

const PLACES = [
  "openai", "openai-responses", "azure", "claude-console",
  "gemini", "bedrock-claude", "bedrock-nova",
];

for (const name of PLACES) {
  const { model } = place(name);

  test(`chat on ${name}: plain and streamed`, async () => {
    for (const streamed of [false, true]) {
      const before = await answer({ texts: TEXTS, output: 40, cache_read: 30 });
      const completions = client(name).chat.completions;
      const fields = { model, messages: HELLO };
      const completion = streamed
        ? await completions.stream({ ...fields, stream_options: { include_usage: true } }).finalChatCompletion()
        : await completions.create(fields);
      const [choice] = completion.choices;
      assert.deepEqual([choice.message.content, choice.finish_reason], [TEXTS.join(""), "stop"]);
      const request = await only(before);
      const { prompt_tokens: input, prompt_tokens_details: details, completion_tokens: output } = completion.usage;
      assert.deepEqual([input, details.cached_tokens, output], [prompt(request), 30, 40]);
    }
  });

  test(`chat on ${name}: a tool and its result, streamed`, async () => {
    const tools = [{ type: "function", function: definition }];
    await answer({ texts: [], calls: CALLS });
    const asked = client(name).chat.completions.stream({ model, messages: HELLO, tools });
    const [choice] = (await asked.finalChatCompletion()).choices;
    assert.equal(choice.finish_reason, "tool_calls");
    const [call] = choice.message.tool_calls;
    assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], [CALLS[0].name, CALLS[0].input]);
    // The message goes back as the SDK gave it, with what it added to OpenAI's fields.
    const messages = [...HELLO, choice.message, { role: "tool", tool_call_id: call.id, content: RESULT }];
    const before = await answer({ texts: TEXTS });
    const second = await client(name).chat.completions.create({ model, messages, tools });
    assert.equal(second.choices[0].message.content, TEXTS.join(""));
    assert.ok((await only(before)).body.includes(RESULT));
  });

  test(`chat on ${name}: a structured answer`, async () => {
    await answer(FORECAST);
    const format = zodResponseFormat(Forecast, "forecast");
    const completion = await client(name).chat.completions.parse({ model, messages: HELLO, response_format: format });
    assert.deepEqual(completion.choices[0].message.parsed, { city: "Oslo", days: 3 });
  });

  test(`responses on ${name}: plain and streamed`, async () => {
    for (const streamed of [false, true]) {
      const before = await answer({ texts: TEXTS, output: 40, cache_read: 30 });
      const responses = client(name).responses;
      const fields = { model, input: "Hello!" };
      const response = await (streamed ? responses.stream(fields).finalResponse() : responses.create(fields));
      assert.deepEqual([response.output_text, response.status], [TEXTS.join(""), "completed"]);
      const request = await only(before);
      const { input_tokens: input, input_tokens_details: details, output_tokens: output } = response.usage;
      assert.deepEqual([input, details.cached_tokens, output], [prompt(request), 30, 40]);
    }
  });

  test(`responses on ${name}: a tool and its result, streamed`, async () => {
    const tools = [{ type: "function", ...definition }];
    await answer({ texts: [], calls: CALLS });
    const first = await client(name).responses.stream({ model, input: HELLO, tools, store: false }).finalResponse();
    const call = first.output.find((item) => item.type === "function_call");
    assert.deepEqual([call.name, JSON.parse(call.arguments)], [CALLS[0].name, CALLS[0].input]);
    // The items go back as the SDK gave them, with what it added to OpenAI's fields.
    const input = [...HELLO, ...first.output, { type: "function_call_output", call_id: call.call_id, output: RESULT }];
    const before = await answer({ texts: TEXTS });
    const second = await client(name).responses.create({ model, input, tools, store: false });
    assert.equal(second.output_text, TEXTS.join(""));
    assert.ok((await only(before)).body.includes(RESULT));
  });

  test(`responses on ${name}: a structured answer`, async () => {
    await answer(FORECAST);
    const text = { format: zodTextFormat(Forecast, "forecast") };
    const response = await client(name).responses.parse({ model, input: "Hello!", text });
    assert.deepEqual(response.output_parsed, { city: "Oslo", days: 3 });
  });
}

test("openai: embeddings, which this SDK asks for in base64", async () => {
  await answer({ input: 12 });
  const made = await client("openai").embeddings.create({ model: "text-embedding-3-small", input: ["one", "two"] });
  // The scripted upstream's embedding of the input with this number.
  const vector = (index) => Array.from({ length: 8 }, (_, n) => ((n + index * 3) % 64) / 64 - 0.5);
  assert.deepEqual(made.data.map((one) => one.embedding), [vector(0), vector(1)]);
  assert.equal(made.usage.prompt_tokens, 12);
});

test("openai: Azure's client reaches deployments and responses", async () => {
  const { key, model } = place("azure");
  const azure = new AzureOpenAI({ endpoint: `${baseUrl}/azure`, apiKey: key, apiVersion: "2024-10-21", maxRetries: 0 });
  await answer({ texts: TEXTS });
  const completion = await azure.chat.completions.create({ model, messages: HELLO });
  assert.equal(completion.choices[0].message.content, TEXTS.join(""));
  const response = await azure.responses.create({ model, input: "Hello!" });
  assert.equal(response.output_text, TEXTS.join(""));
});

test("openai: models are listed", async () => {
  for (const name of ["openai", "claude-console"]) {
    const names = [];
    for await (const model of client(name).models.list()) names.push(model.id);
    assert.ok(names.includes(place(name).model));
  }
});

test("openai: refusals have the SDK's classes", async () => {
  for (const name of ["openai", "claude-console"]) {
    const { model } = place(name);
    const before = await answer({});
    const ask = (sdk, fields) => sdk.chat.completions.create({ model, messages: HELLO, ...fields });
    await assert.rejects(ask(client(name, { apiKey: "sk-nonsense" })), OpenAI.AuthenticationError);
    await assert.rejects(ask(client(name), { messages: "Hello!" }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.param, "messages");
      return true;
    });
    await assert.rejects(ask(client(name), { model: "model-of-tomorrow" }), OpenAI.NotFoundError);
    assert.deepEqual(await seen(before), []);
  }
});

test("openai: a wait that the client keeps", async () => {
  const name = "node openai";
  await answer({ texts: TEXTS });
  for (const retries of [0, 1]) {
    const before = await refuse(SLOW_DOWN);
    const began = performance.now();
    const { model } = place(name);
    const asked = client(name, { maxRetries: retries }).responses.create({ model, input: "Hello!" });
    if (retries === 0) {
      await assert.rejects(asked, OpenAI.RateLimitError);
      await new Promise((done) => setTimeout(done, WAIT_S * 1000 + 500));
    } else {
      assert.equal((await asked).output_text, TEXTS.join(""));
      assert.ok(performance.now() - began > (WAIT_S - 0.5) * 1000);
      assert.equal((await seen(before)).length, 2);
    }
  }
});
