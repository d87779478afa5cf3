"""OpenAI's Responses over a WebSocket: by hand with `websockets`, and by OpenAI's SDK.

    python test_websocket.py STAGE_JSON

Called by run.py, in an environment that has both."""

import json
import sys
from importlib.metadata import version

from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from as_chat import Chat
from staged import Staged, main


class Socket(Staged):
    def open(self, place: str, key: str = ""):
        base_url, own_key, _ = self.place(place)
        url = f"{base_url.replace('http', 'ws', 1)}/openai/v1/responses"
        return connect(url, additional_headers={"Authorization": f"Bearer {key or own_key}"})

    def create(self, socket, place: str, **fields) -> list[dict]:
        """Asks for a response; gives its events."""
        socket.send(json.dumps({"type": "response.create", "model": self.place(place)[2], "input": "Count."} | fields))
        events = []
        while not events or events[-1]["type"] not in ("response.completed", "response.failed", "error"):
            events.append(json.loads(socket.recv(timeout=20)))
        return events

    def test_events_come_one_a_message(self):
        for place in ("openai-responses", "azure", "claude-console", "gemini", "bedrock-nova"):
            with self.subTest(place), self.open(place) as socket:
                before = self.upstream.answer(texts=["One ", "two"], output=9)
                events = self.create(socket, place)
                self.assertEqual((events[0]["type"], events[-1]["type"]), ("response.created", "response.completed"))
                pieces = [event["delta"] for event in events if event["type"] == "response.output_text.delta"]
                self.assertEqual(pieces, ["One ", "two"])
                numbers = [event["sequence_number"] for event in events]
                self.assertEqual(numbers, sorted(set(numbers)))
                told = self.upstream.only(before)["told"]
                usage = events[-1]["response"]["usage"]
                self.assertEqual((usage["input_tokens"], usage["output_tokens"]), (told["input"], told["output"]))

    def test_one_connection_serves_many_responses(self):
        with self.open("openai-responses") as socket:
            for turn in ("first", "second"):
                self.upstream.answer(texts=[f"The {turn}", "."])
                last = self.create(socket, "openai-responses", input=f"The {turn} question")[-1]
                self.assertEqual(last["response"]["output"][0]["content"][0]["text"], f"The {turn}.")

    def test_a_fault_is_told_and_the_connection_stays(self):
        with self.open("claude-console") as socket:
            before = self.upstream.answer(texts=["Still here."])
            [event] = self.create(socket, "claude-console", logit_bias={"7": 1})
            self.assertEqual((event["type"], event["status"]), ("error", 400), event)
            self.assertEqual(self.upstream.seen(before), [])
            self.assertEqual(self.create(socket, "claude-console")[-1]["type"], "response.completed")

    def test_a_wrong_key_gets_no_connection(self):
        with self.assertRaises(InvalidStatus) as caught, self.open("openai-responses", "cr_" + "0" * 40):
            self.fail("it was let in")
        self.assertEqual(caught.exception.response.status_code, 401)

    def test_openais_sdk_speaks_it(self):
        for place in ("openai-responses", "claude-console"):
            self.upstream.answer(texts=["One ", "two"], output=9)
            with self.stage.client(Chat, place).sdk.responses.connect() as connection:
                connection.response.create(model=self.place(place)[2], input="Count.")
                pieces = []
                for event in connection:
                    if event.type == "response.output_text.delta":
                        pieces.append(event.delta)
                    if event.type == "response.completed":
                        break
                self.assertEqual((pieces, event.response.usage.output_tokens), (["One ", "two"], 9))


if __name__ == "__main__":
    sys.exit(main(f"websockets {version('websockets')}", Socket))
