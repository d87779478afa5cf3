// Anthropic's SDK for Node, on its own platform and on foreign ones.

import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import {
  answer, baseUrl, CALLS, Forecast, FORECAST, only, place, prompt, refuse, RESULT, seen, SLOW_DOWN, TEXTS, TOOL_SAYS,
  TOOL_SCHEMA, WAIT_S,
} from "./stage.mjs";

const client = (name, options = {}) =>
  new Anthropic({ baseURL: `${baseUrl}/api`, apiKey: place(name).key, maxRetries: 0, ...options });
const ask = (name, fields = {}) => ({
  model: place(name).model,
  max_tokens: 4000,
  messages: [{ role: "user", content: "Hello!" }],
  ...fields,
});
const tools = [{ name: "weather", description: TOOL_SAYS, input_schema: TOOL_SCHEMA }];

const PLACES = [
  "claude-console", "claude-official", "openai", "openai-responses",
  "gemini", "bedrock-claude", "bedrock-nova",
];

for (const name of PLACES) {
  const told = (message, request) => {
    const { input_tokens: input, cache_read_input_tokens: read, output_tokens: output } = message.usage;
    assert.deepEqual([input + read, read, output], [prompt(request), request.told.cache_read, request.told.output]);
  };

  test(`claude on ${name}: plain and streamed`, async () => {
    for (const streamed of [false, true]) {
      const before = await answer({ texts: TEXTS, output: 40, cache_read: 30 });
      const messages = client(name).messages;
      const message = await (streamed ? messages.stream(ask(name)).finalMessage() : messages.create(ask(name)));
      assert.deepEqual(message.content.map((block) => block.text), [TEXTS.join("")]);
      assert.equal(message.stop_reason, "end_turn");
      told(message, await only(before));
    }
  });

  test(`claude on ${name}: a tool and its result, streamed`, async () => {
    await answer({ texts: [], calls: CALLS });
    const first = await client(name).messages.stream(ask(name, { tools })).finalMessage();
    assert.equal(first.stop_reason, "tool_use");
    const [call] = first.content;
    assert.deepEqual([call.name, call.input], [CALLS[0].name, CALLS[0].input]);
    const messages = [
      { role: "user", content: "Hello!" },
      { role: "assistant", content: first.content },
      { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: RESULT }] },
    ];
    const before = await answer({ texts: TEXTS });
    const second = await client(name).messages.create(ask(name, { tools, messages }));
    assert.equal(second.content[0].text, TEXTS.join(""));
    assert.ok((await only(before)).body.includes(RESULT));
  });

  test(`claude on ${name}: a structured answer`, async () => {
    await answer(FORECAST);
    const fields = { output_config: { format: zodOutputFormat(Forecast) } };
    const message = await client(name).messages.parse(ask(name, fields));
    assert.deepEqual(message.parsed_output, { city: "Oslo", days: 3 });
  });
}

test("claude: the SDK runs a tool by itself", async () => {
  for (const name of ["claude-console", "openai", "gemini"]) {
    const weather = betaZodTool({
      name: "weather",
      description: TOOL_SAYS,
      inputSchema: z.object({ city: z.string(), days: z.number() }),
      run: async ({ city }) => {
        await answer({ texts: TEXTS });
        return `Rain in ${city}.`;
      },
    });
    const before = await answer({ texts: [], calls: CALLS });
    // The scripted upstream keeps no threads.
    const threads = name === "claude-console" ? { thread: false } : {};
    const runner = client(name).beta.messages.toolRunner({ ...ask(name), tools: [weather], ...threads });
    const message = await runner.runUntilDone();
    assert.equal(message.content[0].text, TEXTS.join(""));
    const requests = await seen(before);
    assert.deepEqual(requests.map(({ refused }) => refused), [null, null]);
    assert.ok(requests[1].body.includes(RESULT));
  }
});

test("claude: refusals have the SDK's classes", async () => {
  for (const name of ["claude-console", "openai"]) {
    const before = await answer({});
    const create = (fields, options) => client(name, options).messages.create(ask(name, fields));
    await assert.rejects(create({}, { apiKey: "sk-nonsense" }), Anthropic.AuthenticationError);
    await assert.rejects(create({ max_tokens: -5 }), (error) => {
      assert.ok(error instanceof Anthropic.BadRequestError);
      assert.match(error.message, /max_tokens/);
      return true;
    });
    await assert.rejects(create({ model: "model-of-tomorrow" }), Anthropic.NotFoundError);
    assert.deepEqual(await seen(before), []);
  }
});

test("claude: a wait that the client keeps", async () => {
  const name = "node claude-console";
  await answer({ texts: TEXTS });
  for (const retries of [0, 1]) {
    const before = await refuse(SLOW_DOWN);
    const began = performance.now();
    const asked = client(name, { maxRetries: retries }).messages.create(ask(name));
    if (retries === 0) {
      await assert.rejects(asked, Anthropic.RateLimitError);
      await new Promise((done) => setTimeout(done, WAIT_S * 1000 + 500));
    } else {
      assert.equal((await asked).content[0].text, TEXTS.join(""));
      assert.ok(performance.now() - began > (WAIT_S - 0.5) * 1000);
      assert.equal((await seen(before)).length, 2);
    }
  }
});
