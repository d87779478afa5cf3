"""What OpenAI's SDK has beside conversations, and what a user of it may ask for on a platform that is not OpenAI's.

    python test_openai.py STAGE_JSON

Called by run.py, in an environment that has the SDK."""

import asyncio
import sys

import openai

from as_chat import Chat
from as_responses import Responses
from places import MATRIX
from said import TOOL, TOOL_SCHEMA, Ask
from staged import Staged, main

HELLO = [{"role": "user", "content": "Hello!"}]
API_VERSION = "2024-10-21"


def vector(index: int, dimensions: int = 8) -> list[float]:
    """The scripted upstream's embedding of the input with this number."""
    return [(n + index * 3) % 64 / 64 - 0.5 for n in range(dimensions)]


class OpenAi(Staged):
    def sdk(self, place: str, **options) -> openai.OpenAI:
        return self.stage.client(Chat, place, **options).sdk

    def azure(self, place: str) -> openai.AzureOpenAI:
        base_url, key, _ = self.place(place)
        return openai.AzureOpenAI(
            azure_endpoint=f"{base_url}/azure", api_key=key, api_version=API_VERSION, max_retries=0
        )

    def test_models_are_listed(self):
        for place in ("openai", "claude-console", "gemini", "bedrock-nova"):
            model = self.place(place)[2]
            listed = list(self.sdk(place).models.list())
            self.assertIn(model, [one.id for one in listed])
            self.assertEqual({one.object for one in listed}, {"model"})
            self.assertEqual(self.sdk(place).models.retrieve(model).id, model)

    def test_embeddings_come_in_either_encoding(self):
        before = self.upstream.answer(input=12)
        for encoding in ({}, {"encoding_format": "float"}, {"encoding_format": "base64"}):
            made = self.sdk("openai").embeddings.create(
                model="text-embedding-3-small", input=["one", "two"], dimensions=4, **encoding
            )
            self.assertEqual((made.usage.prompt_tokens, len(made.data)), (12, 2))
            if encoding.get("encoding_format") != "base64":
                self.assertEqual([one.embedding for one in made.data], [vector(0, 4), vector(1, 4)])
        self.assertEqual(len(self.upstream.seen(before)), 3)

    def test_embeddings_of_a_gemini_account(self):
        self.upstream.answer()
        made = self.sdk("gemini").embeddings.create(model="gemini-embedding-001", input=["one", "two"])
        self.assertEqual([one.embedding for one in made.data], [vector(0), vector(1)])

    def test_azures_client_reaches_a_deployment(self):
        """Azure's paths, header and version; both ways in which an account of Azure can be set up."""
        for place in ("azure", "azure-deployments"):
            model = self.place(place)[2]
            sdk = self.azure(place)
            for stream in (False, True):
                before = self.upstream.answer(texts=["From ", "Azure"], output=9)
                said = Chat("", "", sdk=sdk).say(model, Ask("Where are you?", stream=stream))
                self.assertEqual((said.text, said.stop, said.output), ("From Azure", "end", 9))
                self.assertIn("/openai/", self.upstream.only(before)["target"])
            before = self.upstream.answer()
            made = sdk.embeddings.create(model="text-embedding-3-small", input="one")
            self.assertEqual(made.data[0].embedding, vector(0))

    def test_azures_client_reaches_responses(self):
        for stream in (False, True):
            before = self.upstream.answer(texts=["From ", "Azure"], output=9)
            said = Responses("", "", sdk=self.azure("azure")).say("gpt-5-mini", Ask("Where are you?", stream=stream))
            self.assertEqual((said.text, said.stop, said.output), ("From Azure", "end", 9))
            self.upstream.only(before)

    def test_figures_that_were_not_asked_for_are_not_shown(self):
        """They are asked for upstream all the same; the matrix looks at what is booked."""
        for place in ("openai", "claude-console", "gemini", "bedrock-claude", "bedrock-nova", "azure"):
            before = self.upstream.answer(texts=["One ", "two"], output=5)
            model = self.place(place)[2]
            chunks = list(self.sdk(place).chat.completions.create(model=model, messages=HELLO, stream=True))
            self.assertEqual([chunk.usage for chunk in chunks if chunk.usage], [], place)
            chosen = [chunk.choices[0] for chunk in chunks if chunk.choices]
            self.assertEqual("".join(choice.delta.content or "" for choice in chosen), "One two")
            self.assertEqual([choice.finish_reason for choice in chosen if choice.finish_reason], ["stop"])
            self.assertIsNotNone(self.upstream.only(before)["told"])

    def test_several_choices_come_where_the_platform_has_them(self):
        for place in ("openai", "gemini"):
            self.upstream.answer(texts=["One ", "two"])
            model = self.place(place)[2]
            completion = self.sdk(place).chat.completions.create(model=model, messages=HELLO, n=2)
            self.assertEqual([choice.index for choice in completion.choices], [0, 1])
            self.assertEqual({choice.message.content for choice in completion.choices}, {"One two"})
        self.assert_refused("claude-console", "n", n=2)

    def test_what_a_platform_can_not_do_is_refused_by_its_name(self):
        for field, value in (("logprobs", True), ("logit_bias", {"7": 1}), ("frequency_penalty", 0.5)):
            self.assert_refused("claude-console", field, **{field: value})

    def assert_refused(self, place: str, field: str, **fields):
        before = self.upstream.answer()
        with self.assertRaises(openai.BadRequestError) as caught:
            self.sdk(place).chat.completions.create(model=self.place(place)[2], messages=HELLO, **fields)
        error = caught.exception
        self.assertEqual((error.param, error.type), (field, "invalid_request_error"))
        self.assertIn(field, error.message)
        self.assertEqual(self.upstream.seen(before), [])

    def test_what_clients_send_beside_the_question_is_taken_everywhere(self):
        messages = [
            {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
            *HELLO,
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "name": "bob", "content": [{"type": "text", "text": text} for text in ("One.", "Two.")]},
            {"role": "system", "content": "Now be verbose."},
            {"role": "user", "content": "Three."},
        ]
        labels = {"user": "u-1", "metadata": {"team": "one"}, "store": False, "service_tier": "auto", "seed": 7}
        for place in MATRIX:
            with self.subTest(place):
                before = self.upstream.answer(texts=["Yes."])
                model = self.place(place)[2]
                completion = self.sdk(place).chat.completions.create(model=model, messages=messages, **labels)
                self.assertEqual(completion.choices[0].message.content, "Yes.")
                body = self.upstream.only(before)["body"]
                for text in ("Be brief.", "Hello!", "One.", "Two.", "Now be verbose.", "Three."):
                    self.assertIn(text, body)

    def test_tools_as_coding_agents_offer_them_are_taken_everywhere(self):
        """Free-text tools become ordinary ones where a platform has none, and calls of them texts again; a search that
        the model need not take up is left out."""
        tools = [
            {"type": "function", "name": "shell", "parameters": {"type": "object", "properties": {}}, "strict": False},
            {"type": "custom", "name": "apply_patch", "description": "Applies a patch."},
            {"type": "web_search"},
        ]
        call = {"name": "apply_patch", "input": {"input": "*** Begin"}}
        for place in MATRIX:
            with self.subTest(place):
                before = self.upstream.answer(texts=[], calls=[call])
                response = self.sdk(place).responses.create(
                    model=self.place(place)[2],
                    input=[{"role": "developer", "content": "You write code."}, *HELLO],
                    tools=tools,
                    store=False,
                    include=["reasoning.encrypted_content"],
                    prompt_cache_key="a-thread",
                    reasoning={"effort": "medium", "summary": "auto"},
                    text={"verbosity": "low"},
                )
                calls = [item for item in response.output if item.type == "custom_tool_call"]
                self.assertEqual([(call.name, call.input) for call in calls], [("apply_patch", "*** Begin")])
                self.assertIn("Applies a patch.", self.upstream.only(before)["body"])

    def test_a_tool_that_must_be_called_is_demanded(self):
        tool = {"type": "function", "function": {"name": TOOL, "parameters": TOOL_SCHEMA}}
        for place in ("openai", "claude-console", "gemini", "bedrock-claude", "bedrock-nova"):
            before = self.upstream.answer(texts=[], calls=[{"name": TOOL, "input": {"city": "Oslo", "days": 1}}])
            completion = self.sdk(place).chat.completions.create(
                model=self.place(place)[2],
                messages=HELLO,
                tools=[tool],
                tool_choice={"type": "function", "function": {"name": TOOL}},
            )
            self.assertEqual(completion.choices[0].message.tool_calls[0].function.name, TOOL)
            self.assertRegex(self.upstream.only(before)["body"], "tool_?choice|functionCallingConfig|toolChoice")

    def test_logprobs_come_from_openai(self):
        self.upstream.answer(texts=["One ", "two"])
        completion = self.sdk("openai").chat.completions.create(
            model="gpt-4.1-mini", messages=HELLO, logprobs=True, top_logprobs=2
        )
        tokens = completion.choices[0].logprobs.content
        self.assertEqual([token.token for token in tokens], ["One ", "two"])
        self.assertEqual(len(tokens[0].top_logprobs), 2)

    def test_legacy_completions_answer(self):
        for place in ("openai", "claude-console"):
            self.upstream.answer(texts=["One ", "two"], output=5)
            sdk, model = self.sdk(place), self.place(place)[2]
            completion = sdk.completions.create(model=model, prompt="Count:", max_tokens=50)
            self.assertEqual((completion.choices[0].text, completion.usage.completion_tokens), ("One two", 5))
            chunks = sdk.completions.create(model=model, prompt="Count:", max_tokens=50, stream=True)
            self.assertEqual("".join(chunk.choices[0].text for chunk in chunks if chunk.choices), "One two")

    def test_responses_go_on_from_an_earlier_one_at_openai_alone(self):
        before = self.upstream.answer(texts=["Yes."])
        sdk = self.sdk("openai-responses")
        first = sdk.responses.create(model="gpt-5", input="Hello!")
        second = sdk.responses.create(model="gpt-5", input="And now?", previous_response_id=first.id)
        self.assertEqual(second.output_text, "Yes.")
        self.assertIn(first.id, self.upstream.seen(before)[1]["body"])
        with self.assertRaises(openai.BadRequestError) as caught:
            self.sdk("claude-console").responses.create(
                model="claude-sonnet-4-5", input="And now?", previous_response_id=first.id
            )
        self.assertEqual(caught.exception.param, "previous_response_id")

    def test_a_history_is_compacted_at_openai(self):
        self.upstream.answer(output=9)
        compacted = self.sdk("openai-responses").responses.compact(model="gpt-5", input="A long talk.")
        self.assertEqual([item.type for item in compacted.output], ["message", "compaction"])
        self.assertEqual(compacted.usage.output_tokens, 9)

    def test_the_events_of_a_translated_response_come_in_openais_order(self):
        self.upstream.answer(texts=["One ", "two"])
        events = self.sdk("claude-console").responses.create(model="claude-sonnet-4-5", input="Count.", stream=True)
        self.assertEqual(
            [event.type.removeprefix("response.") for event in events],
            ["created", "in_progress", "output_item.added", "content_part.added"]
            + ["output_text.delta"] * 2
            + ["output_text.done", "content_part.done", "output_item.done", "completed"],
        )

    def test_the_asynchronous_client_works_as_well(self):
        base_url, key, model = self.place("claude-console")
        self.upstream.answer(texts=["One ", "two"])

        async def streamed() -> str:
            async with openai.AsyncOpenAI(base_url=f"{base_url}/openai/v1", api_key=key) as sdk:
                chunks = await sdk.chat.completions.create(model=model, messages=HELLO, stream=True)
                return "".join([chunk.choices[0].delta.content or "" async for chunk in chunks if chunk.choices])

        self.assertEqual(asyncio.run(streamed()), "One two")


if __name__ == "__main__":
    sys.exit(main(f"openai {openai.__version__}", OpenAi))
