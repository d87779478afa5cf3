// Google's Gen AI SDK for Node, on its own platform and on foreign ones.

import { ApiError, FunctionCallingConfigMode, GoogleGenAI } from "@google/genai";
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import {
  answer, baseUrl, CALLS, Forecast, FORECAST, only, place, prompt, refuse, RESULT, seen, SLOW_DOWN, TEXTS, TOOL_SAYS,
  TOOL_SCHEMA, WAIT_S,
} from "./stage.mjs";

const client = (name, apiKey = place(name).key) =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl: `${baseUrl}/gemini` } });

async function collected(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const PLACES = [
  "gemini", "code-assist", "claude-console", "openai",
  "openai-responses", "bedrock-claude", "bedrock-nova",
];

for (const name of PLACES) {
  const { model } = place(name);

  test(`gemini on ${name}: plain and streamed`, async () => {
    for (const streamed of [false, true]) {
      const before = await answer({ texts: TEXTS, output: 40, cache_read: 30 });
      const { models } = client(name);
      const fields = { model, contents: "Hello!" };
      const chunks = streamed
        ? await collected(await models.generateContentStream(fields))
        : [await models.generateContent(fields)];
      assert.equal(chunks.map((chunk) => chunk.text ?? "").join(""), TEXTS.join(""));
      const last = chunks.at(-1);
      assert.equal(last.candidates[0].finishReason, "STOP");
      const { promptTokenCount, cachedContentTokenCount, candidatesTokenCount } = last.usageMetadata;
      const request = await only(before);
      assert.deepEqual([promptTokenCount, cachedContentTokenCount, candidatesTokenCount], [prompt(request), 30, 40]);
    }
  });

  test(`gemini on ${name}: a tool and its result, streamed`, async () => {
    const declaration = { name: "weather", description: TOOL_SAYS, parametersJsonSchema: TOOL_SCHEMA };
    const config = {
      tools: [{ functionDeclarations: [declaration] }],
      toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.AUTO } },
    };
    await answer({ texts: [], calls: CALLS });
    const asked = await client(name).models.generateContentStream({ model, contents: "Weather?", config });
    const parts = (await collected(asked)).flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
    const call = parts.find((part) => part.functionCall).functionCall;
    assert.deepEqual([call.name, call.args], [CALLS[0].name, CALLS[0].input]);
    const functionResponse = { id: call.id, name: call.name, response: { output: RESULT } };
    const contents = [
      { role: "user", parts: [{ text: "Weather?" }] },
      { role: "model", parts },
      { role: "user", parts: [{ functionResponse }] },
    ];
    const before = await answer({ texts: TEXTS });
    const second = await client(name).models.generateContent({ model, contents, config });
    assert.equal(second.text, TEXTS.join(""));
    assert.ok((await only(before)).body.includes(RESULT));
  });

  test(`gemini on ${name}: a structured answer`, async () => {
    await answer(FORECAST);
    const config = { responseMimeType: "application/json", responseJsonSchema: z.toJSONSchema(Forecast) };
    const response = await client(name).models.generateContent({ model, contents: "Oslo?", config });
    assert.deepEqual(Forecast.parse(JSON.parse(response.text)), { city: "Oslo", days: 3 });
  });
}

test("gemini: refusals have the SDK's class and the status", async () => {
  for (const name of ["gemini", "claude-console"]) {
    const { model } = place(name);
    const before = await answer({});
    const refused = (asked, status) =>
      assert.rejects(asked, (error) => error instanceof ApiError && error.status === status);
    await refused(client(name, "nonsense").models.generateContent({ model, contents: "Hello!" }), 401);
    await refused(client(name).models.generateContent({ model: "model-of-tomorrow", contents: "Hello!" }), 404);
    assert.deepEqual(await seen(before), []);
    const contents = [{ role: "wizard", parts: [{ text: "Hello!" }] }];
    await refused(client(name).models.generateContent({ model, contents }), 400);
  }
});

test("gemini: how long to wait is told as Google tells it", async () => {
  const name = "node gemini";
  const { model } = place(name);
  await answer({ texts: TEXTS });
  await refuse(SLOW_DOWN);
  const ask = () => client(name).models.generateContent({ model, contents: "Hello!" });
  await assert.rejects(ask(), (error) => {
    assert.equal(error.status, 429);
    const info = JSON.parse(error.message).error.details.find((one) => one["@type"].endsWith("google.rpc.RetryInfo"));
    assert.match(info.retryDelay, /^[12]s$/);
    return true;
  });
  await new Promise((done) => setTimeout(done, WAIT_S * 1000 + 500));
  assert.equal((await ask()).text, TEXTS.join(""));
});
