"""Anthropic's SDK against a running gateway: by a change of base URL and key alone, everything works as with Claude.

    python test_relay.py DEMO_JSON bearer|x-api-key

Called by run.py, in an environment that has the SDK."""

import asyncio
import json
import sys
import time
import unittest
import uuid
from pathlib import Path

import anthropic

from manage import Manage

MODEL = "claude-haiku-4-5"
CARD: dict = {}
CREDENTIAL = ""
WEATHER = {
    "name": "weather",
    "description": "Tells the weather of a city.",
    "input_schema": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        },
        "required": ["city", "days", "unit"],
    },
}


def minute(requests: int) -> dict:
    """Rules of a key that takes so many requests a minute."""
    return {"windows": [{"span": "minute", "requests": requests}]}


def client(**options) -> anthropic.Anthropic:
    """The SDK as its users set it up; tests that want a refusal at once change the retries."""
    return anthropic.Anthropic(**({"base_url": f"{CARD['base_url']}/api", "api_key": CARD["api_key"]} | options))


def ask(text: str = "Hello there", **fields) -> dict:
    return {"model": MODEL, "max_tokens": 300, "messages": [{"role": "user", "content": text}]} | fields


def attempts(error: anthropic.APIStatusError) -> int:
    """How often the SDK has sent the request that failed."""
    return int(error.response.request.headers["x-stainless-retry-count"]) + 1


class Relay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = client()
        cls.manage = Manage.sign_in(CARD)

    def assert_booked(self, request_id, usage, streamed: bool) -> dict:
        """The request log has exactly the figures that the SDK was told, and the charge is their arithmetic."""
        line = self.manage.booked(request_id)
        self.assertEqual((line["status"], line["http_status"], line["quality"]), ("ok", 200, "exact"), line)
        self.assertEqual((line["model"], line["streamed"]), (MODEL, streamed), line)
        self.assertEqual((line["input_tokens"], line["output_tokens"]), (usage.input_tokens, usage.output_tokens))
        written = line["cache_write_5m_tokens"] + line["cache_write_1h_tokens"]
        self.assertEqual(
            (written, line["cache_read_tokens"]),
            (usage.cache_creation_input_tokens or 0, usage.cache_read_input_tokens or 0),
        )
        tokens = 0
        for meter in line["price_lines"]:
            nano = meter["quantity"] * float(meter["unit_price"]) * 1_000
            self.assertAlmostEqual(int(meter["amount_nano"]), nano, delta=1, msg=meter)
            tokens += meter["quantity"]
        self.assertEqual(tokens, line["input_tokens"] + line["output_tokens"] + written + line["cache_read_tokens"])
        self.assertEqual(int(line["charge_nano"]), sum(int(meter["amount_nano"]) for meter in line["price_lines"]))
        self.assertGreater(int(line["charge_nano"]), 0)
        return line

    def test_the_key_goes_in_this_sdks_own_header(self):
        headers = self.client.messages.with_raw_response.create(**ask()).http_request.headers
        expected = {"bearer": ("authorization", f"Bearer {CARD['api_key']}"), "x-api-key": ("x-api-key", CARD["api_key"])}
        name, value = expected[CREDENTIAL]
        self.assertEqual(headers.get(name), value)

    def test_a_plain_message_is_answered_and_booked(self):
        message = self.client.messages.create(**ask("What is a tollgate?"))
        self.assertEqual((message.type, message.role, message.model), ("message", "assistant", MODEL))
        self.assertEqual(message.stop_reason, "end_turn")
        self.assertIn("What is a tollgate?", message.content[0].text)
        # The demo counts a token per four characters.
        self.assertEqual(message.usage.input_tokens, 5)
        self.assertEqual(message.usage.output_tokens, -(-len(message.content[0].text) // 4))
        self.assert_booked(message._request_id, message.usage, streamed=False)

    def test_both_mounts_answer(self):
        other = client(base_url=f"{CARD['base_url']}/claude")
        message = other.messages.create(**ask())
        line = self.assert_booked(message._request_id, message.usage, streamed=False)
        self.assertEqual(line["path"], "/claude/v1/messages")

    def test_a_streamed_message_arrives_in_pieces_and_is_booked(self):
        begun, pieces = time.monotonic(), []
        with self.client.messages.stream(**ask("Tell me something")) as stream:
            for text in stream.text_stream:
                pieces.append((time.monotonic() - begun, text))
            message = stream.get_final_message()
            request_id = stream.response.headers["request-id"]
        self.assertGreater(len(pieces), 5)
        # The demo pauses between its events: an answer that was held back would come all at once.
        self.assertGreater(pieces[-1][0] - pieces[0][0], 0.1)
        self.assertEqual("".join(text for _, text in pieces), message.content[0].text)
        self.assertIn("Tell me something", message.content[0].text)
        self.assert_booked(request_id, message.usage, streamed=True)

    def test_the_events_of_a_stream_come_in_claudes_order(self):
        with self.client.messages.create(**ask(), stream=True) as events:
            kinds = [event.type for event in events if event.type != "ping"]
        self.assertEqual(kinds[:2], ["message_start", "content_block_start"])
        self.assertEqual(set(kinds[2:-3]), {"content_block_delta"})
        self.assertEqual(kinds[-3:], ["content_block_stop", "message_delta", "message_stop"])

    def test_a_tool_is_called_and_its_result_taken(self):
        tools = {"tools": [WEATHER], "tool_choice": {"type": "any"}}
        first = self.client.messages.create(**ask("Weather in Oslo?", **tools))
        self.assertEqual(first.stop_reason, "tool_use")
        call = first.content[0]
        self.assertEqual((call.type, call.name), ("tool_use", "weather"))
        self.assertEqual(set(call.input), {"city", "days", "unit"})
        self.assert_booked(first._request_id, first.usage, streamed=False)
        talk = [
            {"role": "user", "content": "Weather in Oslo?"},
            {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in first.content]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "Rain."}]},
        ]
        second = self.client.messages.create(model=MODEL, max_tokens=300, messages=talk, tools=[WEATHER])
        self.assertEqual(second.stop_reason, "end_turn")
        self.assertGreater(second.usage.input_tokens, first.usage.input_tokens)
        self.assert_booked(second._request_id, second.usage, streamed=False)

    def test_a_tools_input_is_streamed(self):
        tools = {"tools": [WEATHER], "tool_choice": {"type": "tool", "name": "weather"}}
        with self.client.messages.stream(**ask("Weather in Oslo?", **tools)) as stream:
            parts = [event.partial_json for event in stream if event.type == "input_json"]
            message = stream.get_final_message()
            request_id = stream.response.headers["request-id"]
        self.assertGreater(len(parts), 1)
        self.assertEqual(json.loads("".join(parts)), message.content[0].input)
        self.assertEqual(message.content[0].input["unit"], "celsius")
        self.assert_booked(request_id, message.usage, streamed=True)

    def test_cached_prompts_are_written_read_and_priced_as_such(self):
        text = f"{uuid.uuid4()} and so on. " * 40
        for control in ({"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}):
            system = [{"type": "text", "text": f"{control}{text}", "cache_control": control}]
            first = self.client.messages.create(**ask(system=system))
            again = self.client.messages.create(**ask(system=system))
            self.assertGreater(first.usage.cache_creation_input_tokens, 400)
            self.assertEqual(again.usage.cache_read_input_tokens, first.usage.cache_creation_input_tokens)
            written = self.assert_booked(first._request_id, first.usage, streamed=False)
            read = self.assert_booked(again._request_id, again.usage, streamed=False)
            name = "cache_write_1h_tokens" if "ttl" in control else "cache_write_5m_tokens"
            self.assertEqual(written[name], first.usage.cache_creation_input_tokens)
            self.assertLess(int(read["charge_nano"]), int(written["charge_nano"]))

    def test_an_answer_cut_short_by_max_tokens_says_so(self):
        message = self.client.messages.create(**ask(max_tokens=3))
        self.assertEqual((message.stop_reason, message.usage.output_tokens), ("max_tokens", 3))

    def test_the_asynchronous_client_works_as_well(self):
        async def streamed():
            options = {"base_url": f"{CARD['base_url']}/api", "api_key": CARD["api_key"]}
            async with anthropic.AsyncAnthropic(**options) as other, other.messages.stream(**ask()) as stream:
                return "".join([text async for text in stream.text_stream])

        self.assertIn("demo upstream", asyncio.run(streamed()))

    def test_models_are_listed(self):
        names = [model.id for model in self.client.models.list()]
        self.assertIn(MODEL, names)
        self.assertEqual(len(names), len(set(names)))

    def test_a_wrong_key_fails_at_once(self):
        for key in ("cr_" + "0" * 40, "sk-ant-nonsense", CARD["api_key"][:-1] + "!"):
            with self.assertRaises(anthropic.AuthenticationError) as caught:
                client(api_key=key, max_retries=3).messages.create(**ask())
            self.assertEqual(attempts(caught.exception), 1)
            self.assertEqual(caught.exception.body["error"]["type"], "authentication_error")
            self.assertNotIn(key, str(caught.exception))

    def test_a_fault_in_the_body_is_named(self):
        for fields, name in (({"max_tokens": 0}, "max_tokens"), ({"max_tokens": -5}, "max_tokens")):
            with self.assertRaises(anthropic.BadRequestError) as caught:
                self.client.messages.create(**ask(**fields))
            self.assertEqual(caught.exception.body["error"]["type"], "invalid_request_error")
            self.assertIn(name, caught.exception.body["error"]["message"])
            self.assertEqual(attempts(caught.exception), 1)

    def test_an_unknown_model_is_refused_and_not_booked(self):
        with self.assertRaises(anthropic.APIStatusError) as caught:
            self.client.messages.create(**ask(model="claude-of-tomorrow"))
        self.assertIn(caught.exception.status_code, (400, 403, 404))
        self.assertEqual(attempts(caught.exception), 1)
        lines = self.manage.call("GET", "/requests?model=claude-of-tomorrow")
        self.assertEqual(lines["items"], [])

    def test_a_full_window_is_a_rate_limit_with_a_short_wait(self):
        limited = client(api_key=self.manage.key(rules=minute(2))["secret"], max_retries=0)
        for _ in range(2):
            limited.messages.create(**ask())
        with self.assertRaises(anthropic.RateLimitError) as caught:
            limited.messages.create(**ask())
        self.assertEqual(caught.exception.body["error"]["type"], "rate_limit_error")
        self.assertIn(int(caught.exception.response.headers["retry-after"]), range(1, 62))

    def test_a_full_window_ends_a_stream_before_it_begins(self):
        limited = client(api_key=self.manage.key(rules=minute(1))["secret"], max_retries=0)
        limited.messages.create(**ask())
        with self.assertRaises(anthropic.RateLimitError), limited.messages.stream(**ask()) as stream:
            stream.until_done()

    def test_an_empty_wallet_is_refused_for_good(self):
        stranger = Manage.sign_up(CARD)
        with self.assertRaises(anthropic.APIStatusError) as caught:
            client(api_key=stranger.key()["secret"], max_retries=3).messages.create(**ask())
        self.assertEqual(caught.exception.status_code, 402)
        self.assertEqual(attempts(caught.exception), 1)

    def test_a_deleted_key_is_refused_soon(self):
        made = self.manage.key()
        once = client(api_key=made["secret"], max_retries=0)
        once.messages.create(**ask())
        self.manage.call("DELETE", f"/keys/{made['key']['id']}")
        deadline = time.monotonic() + 10
        with self.assertRaises(anthropic.AuthenticationError):
            while time.monotonic() < deadline:
                once.messages.create(**ask())
                time.sleep(0.1)


def main() -> int:
    global CREDENTIAL
    CARD.update(json.loads(Path(sys.argv[1]).read_text()))
    CREDENTIAL = sys.argv[2]
    print(f"anthropic {anthropic.__version__}", flush=True)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(
        unittest.defaultTestLoader.loadTestsFromTestCase(Relay)
    )
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"{result.testsRun - failed - skipped} succeeded, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
