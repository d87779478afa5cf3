"""What Google's Gen AI SDK has beside conversations, and its own way to call tools.

    python test_gemini.py STAGE_JSON

Called by run.py, in an environment that has the SDK."""

import asyncio
import sys

from google import genai
from google.genai import types

from as_gemini import Gemini
from places import MATRIX
from said import Ask
from staged import Staged, main
from test_openai import vector


class GenAi(Staged):
    def sdk(self, place: str, **options) -> genai.Client:
        return self.stage.client(Gemini, place, **options).sdk

    def test_models_are_listed(self):
        for place in ("gemini", "claude-console", "openai", "bedrock-nova"):
            model = self.place(place)[2]
            self.assertIn(f"models/{model}", [one.name for one in self.sdk(place).models.list()])
            one = self.sdk(place).models.get(model=model)
            self.assertEqual(one.name, f"models/{model}")
            self.assertGreater(one.output_token_limit, 0)

    def test_tokens_are_counted(self):
        """By the vendor where it counts in this format; else they are estimated, and the answer says so."""
        for place in ("gemini", "code-assist", "claude-console", "openai", "bedrock-claude"):
            with self.subTest(place):
                before = self.upstream.answer(input=77)
                model = self.place(place)[2]
                counted = self.sdk(place).models.count_tokens(model=model, contents="How long is this?")
                if "x-tollgate-estimated" in counted.sdk_http_response.headers:
                    self.assertIn(place, ("claude-console", "openai", "bedrock-claude"))
                    self.assertIn(counted.total_tokens, range(1, 100))
                else:
                    self.assertEqual(counted.total_tokens, 77)
                    self.upstream.only(before)

    def test_embeddings_come(self):
        for contents, number in (("one", 1), (["one", "two"], 2)):
            before = self.upstream.answer()
            made = self.sdk("gemini").models.embed_content(model="gemini-embedding-001", contents=contents)
            self.assertEqual([one.values for one in made.embeddings], [vector(n) for n in range(number)])
            self.upstream.only(before)

    def test_the_older_version_of_the_api_answers_as_well(self):
        for place in ("gemini", "openai"):
            for stream in (False, True):
                self.upstream.answer(texts=["Still ", "here."])
                client = self.stage.client(Gemini, place, api_version="v1beta")
                self.assertEqual(client.say(self.place(place)[2], Ask("Hello!", stream=stream)).text, "Still here.")

    def test_the_sdk_calls_a_function_by_itself(self):
        """It sends the call and its result back without being told."""

        def weather(city: str) -> str:
            """Tells the weather of a city."""
            self.upstream.answer(texts=["Take ", "a coat."])
            return f"Rain in {city}."

        for place in ("gemini", "claude-console", "openai", "bedrock-claude", "bedrock-nova"):
            before = self.upstream.answer(texts=[], calls=[{"name": "weather", "input": {"city": "Oslo"}}])
            said = self.sdk(place).models.generate_content(
                model=self.place(place)[2],
                contents="What is the weather in Oslo?",
                config=types.GenerateContentConfig(tools=[weather]),
            )
            self.assertEqual(said.text, "Take a coat.", place)
            seen = self.upstream.seen(before)
            self.assertEqual([one["refused"] for one in seen], [None, None])
            self.assertIn("Rain in Oslo.", seen[1]["body"])

    def test_what_clients_send_beside_the_question_is_taken_everywhere(self):
        """Schemas in Google's own words among it."""
        form = {
            "type": "OBJECT",
            "properties": {"mood": {"type": "STRING", "enum": ["good", "bad"], "nullable": True}},
            "required": ["mood"],
            "propertyOrdering": ["mood"],
        }
        config = types.GenerateContentConfig(
            system_instruction="Be brief.",
            max_output_tokens=500,
            safety_settings=[types.SafetySetting(category="HARM_CATEGORY_HARASSMENT", threshold="BLOCK_NONE")],
            response_mime_type="application/json",
            response_schema=form,
        )
        for place in MATRIX:
            with self.subTest(place):
                before = self.upstream.answer(texts=['{"mood": ', '"good"}'])
                model = self.place(place)[2]
                said = self.sdk(place).models.generate_content(model=model, contents="How are you?", config=config)
                self.assertEqual(said.parsed, {"mood": "good"})
                body = self.upstream.only(before)["body"]
                self.assertIn("Be brief.", body)
                self.assertIn("mood", body)

    def test_a_chat_remembers(self):
        for place in ("gemini", "claude-console", "openai-responses"):
            chat = self.sdk(place).chats.create(model=self.place(place)[2])
            for turn in ("first", "second"):
                before = self.upstream.answer(texts=[f"The {turn}", " answer."])
                pieces = [chunk.text or "" for chunk in chat.send_message_stream(f"The {turn} question.")]
                self.assertEqual("".join(pieces), f"The {turn} answer.")
            body = self.upstream.only(before)["body"]
            for part in ("The first question.", "The first", "The second question."):
                self.assertIn(part, body)

    def test_the_asynchronous_client_works_as_well(self):
        self.upstream.answer(texts=["One ", "two"])

        async def streamed() -> str:
            ask = self.sdk("claude-console").aio.models.generate_content_stream
            chunks = await ask(model=self.place("claude-console")[2], contents="Count.")
            return "".join([chunk.text or "" async for chunk in chunks])

        self.assertEqual(asyncio.run(streamed()), "One two")


if __name__ == "__main__":
    sys.exit(main(f"google-genai {genai.__version__}", GenAi))
