"""What Anthropic's SDK has beside conversations, on platforms that are not Anthropic's; test_relay.py has the rest.

    python test_claude.py STAGE_JSON

Called by run.py, in an environment that has the SDK."""

import base64
import sys

import anthropic
from anthropic import beta_tool

from as_claude import Claude
from places import MATRIX
from said import PNG, Ask
from staged import Staged, main

HELLO = [{"role": "user", "content": "Hello!"}]
PDF = base64.b64encode(b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n%%EOF").decode()


class Foreign(Staged):
    def sdk(self, place: str, **options) -> anthropic.Anthropic:
        return self.stage.client(Claude, place, **options).sdk

    def test_models_are_listed(self):
        for place in ("claude-official", "openai", "gemini", "bedrock-claude"):
            model = self.place(place)[2]
            self.assertIn(model, [one.id for one in self.sdk(place).models.list()])
            self.assertEqual(self.sdk(place).models.retrieve(model).type, "model")

    def test_tokens_are_counted(self):
        """By the vendor where it counts in this format; else they are estimated, and the answer says so. The scripted
        upstream does not count for Bedrock."""
        for place in ("claude-console", "claude-official", "ccr", "bedrock-claude", "gemini", "openai", "bedrock-nova"):
            before = self.upstream.answer(input=77)
            count = self.sdk(place).messages.with_raw_response.count_tokens
            answer = count(model=self.place(place)[2], messages=HELLO)
            if "x-tollgate-estimated" in answer.headers:
                self.assertIn(place, ("bedrock-claude", "gemini", "openai", "bedrock-nova"))
                self.assertIn(answer.parse().input_tokens, range(1, 100))
            else:
                self.assertEqual(answer.parse().input_tokens, 77, place)
                self.upstream.only(before)

    def test_the_other_mount_answers(self):
        for place in ("claude-console", "gemini"):
            self.upstream.answer(texts=["Here."])
            said = self.stage.client(Claude, place, mount="/claude").say(self.place(place)[2], Ask("Where?"))
            self.assertEqual(said.text, "Here.")

    def test_the_sdk_runs_a_tool_by_itself(self):
        """It sends the call and its result back without being told. At first it asks for a thread, which Anthropic
        alone keeps; told so in Anthropic's words, it goes on without one."""

        @beta_tool
        def weather(city: str) -> str:
            """Tells the weather of a city.

            Args:
                city: Its name.
            """
            self.upstream.answer(texts=["Take ", "a coat."])
            return f"Rain in {city}."

        for place in ("claude-console", "openai", "openai-responses", "gemini", "bedrock-claude", "bedrock-nova"):
            with self.subTest(place):
                before = self.upstream.answer(texts=[], calls=[{"name": "weather", "input": {"city": "Oslo"}}])
                threads = {"thread": False} if place == "claude-console" else {}
                runner = self.sdk(place).beta.messages.tool_runner(
                    model=self.place(place)[2], max_tokens=500, tools=[weather], messages=HELLO, **threads
                )
                self.assertEqual(runner.until_done().content[0].text, "Take a coat.")
                seen = self.upstream.seen(before)
                self.assertEqual([one["refused"] for one in seen], [None, None])
                self.assertIn("Rain in Oslo.", seen[1]["body"])

    def test_a_thread_is_anthropics_own_business(self):
        before = self.upstream.answer(texts=["Hello."])
        said = self.sdk("claude-console").beta.messages.create(
            model=self.place("claude-console")[2],
            max_tokens=500,
            messages=HELLO,
            thread={"type": "create"},
            betas=["message-threads-2026-08-12"],
        )
        self.assertEqual(said.content[0].text, "Hello.")
        seen = self.upstream.only(before)
        self.assertIn('"thread":{"type":"create"}', seen["body"])
        self.assertIn(["anthropic-beta", "message-threads-2026-08-12"], seen["headers"])

    def test_a_document_arrives(self):
        source = {"type": "base64", "media_type": "application/pdf", "data": PDF}
        content = [{"type": "document", "source": source, "title": "paper"}, {"type": "text", "text": "Summarise."}]
        for place in ("claude-console", "openai", "openai-responses", "gemini", "bedrock-claude", "bedrock-nova"):
            before = self.upstream.answer(texts=["In short."])
            messages = [{"role": "user", "content": content}]
            said = self.sdk(place).messages.create(model=self.place(place)[2], max_tokens=500, messages=messages)
            self.assertEqual(said.content[0].text, "In short.")
            self.assertIn(PDF, self.upstream.only(before)["body"], place)

    def test_what_clients_send_beside_the_question_is_taken_everywhere(self):
        """A search that the model need not take up is left out where there is none; a tool's result may hold a
        picture."""
        tools = [
            {"type": "web_search_20250305", "name": "web_search"},
            {"name": "look", "input_schema": {"type": "object"}},
        ]
        source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(PNG).decode()}
        result = [{"type": "text", "text": "A picture."}, {"type": "image", "source": source}]
        messages = [
            *HELLO,
            {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": result}]},
        ]
        for place in MATRIX:
            with self.subTest(place):
                before = self.upstream.answer(texts=["Yes."])
                said = self.sdk(place).messages.create(
                    model=self.place(place)[2],
                    max_tokens=500,
                    messages=messages,
                    system="Be brief.",
                    tools=tools,
                    metadata={"user_id": "u-1"},
                    service_tier="auto",
                    thinking={"type": "disabled"},
                )
                self.assertEqual(said.content[0].text, "Yes.")
                body = self.upstream.only(before)["body"]
                for text in ("Be brief.", "A picture.", source["data"]):
                    self.assertIn(text, body)

    def test_marks_for_the_cache_do_no_harm(self):
        system = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
        for place in ("openai", "gemini", "bedrock-claude", "bedrock-nova"):
            before = self.upstream.answer(texts=["Yes."], cache_read=40, cache_write=50, input=10)
            said = self.sdk(place).messages.create(
                model=self.place(place)[2], max_tokens=500, messages=HELLO, system=system
            )
            told = self.upstream.only(before)["told"]
            usage = said.usage
            self.assertEqual((usage.input_tokens, usage.cache_read_input_tokens), (told["input"], told["cache_read"]))
            self.assertEqual(usage.cache_creation_input_tokens or 0, told["cache_write"], place)

    def test_a_stop_sequence_is_sent_on(self):
        for place in ("openai", "gemini", "bedrock-claude", "bedrock-nova"):
            before = self.upstream.answer(texts=["One"])
            self.sdk(place).messages.create(
                model=self.place(place)[2] if place != "openai" else "gpt-4.1-mini",
                max_tokens=500,
                messages=HELLO,
                stop_sequences=["STOP-HERE"],
                extra_body={"temperature": 0.5},
            )
            self.assertIn("STOP-HERE", self.upstream.only(before)["body"])


if __name__ == "__main__":
    sys.exit(main(f"anthropic {anthropic.__version__}", Foreign))
