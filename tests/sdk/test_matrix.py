"""Every client format on every platform, with real clients: whatever the upstream speaks, the SDK's objects say the
same.

    python test_matrix.py STAGE_JSON [WORD…]

Words choose among the cells by their titles. Called by run.py, in an environment that has the SDKs."""

import sys
import unittest
from datetime import UTC, datetime

from pydantic import BaseModel

from as_chat import Chat
from as_claude import Claude
from as_gemini import Gemini
from as_responses import Responses
from manage import Manage
from places import MATRIX
from said import PNG, TOOL, Ask, Said
from staged import Stage, Staged, run

CLIENTS = (Claude, Chat, Responses, Gemini)
TEXTS = ["Hel", "lo! ", "Grüß dich, ", "你好, ", "𝄞 — that is all."]
THOUGHTS = ["First I ", "weigh it. ", "Then I decide."]
SIGNATURE = "c2lnbmF0dXJlLW9mLXRob3VnaHRz"
CALLS = [{"name": TOOL, "input": {"city": "Oslo", "days": 3}}, {"name": TOOL, "input": {"city": "Bergen", "days": 1}}]
RESULTS = ("Rain in Oslo.", "Sun in Bergen.")

# By the ends of the upstream's paths, as far as cases differ.
PROTOCOLS = {
    "chat": ("/chat/completions",),
    "converse": ("/converse", "/converse-stream"),
    "claude": ("/messages", "/invoke", "/invoke-with-response-stream"),
}


class Forecast(BaseModel):
    """What a structured answer is to fit."""

    city: str
    days: int


class Cell(Staged):
    """One case of one client on one platform, plain or streamed."""

    def __init__(self, where: str, client, case: str, stream: bool, tally: dict):
        super().__init__("runTest")
        self.where, self.client, self.case, self.stream, self.tally = where, client, case, stream, tally

    def __str__(self):
        return f"{self.client.name} on {self.where}: {self.case}{', streamed' if self.stream else ''}"

    def runTest(self):
        getattr(self, self.case)()

    # --- the cases ---

    def text(self):
        script = {"texts": TEXTS, "output": 40, "cache_read": 30}
        said, seen = self.ask(Ask("What is a tollgate?", system="Answer in one word."), script)
        self.assertEqual((said.text, said.stop, said.calls), ("".join(TEXTS), "end", []))
        self.assertIn("What is a tollgate?", seen["body"])
        self.assertIn("Answer in one word.", seen["body"])

    def tools(self):
        question = Ask("What is the weather?", tools=True)
        first, seen = self.ask(question, {"texts": [], "calls": CALLS, "output": 30})
        self.assertEqual((first.text, first.stop), ("", "calls"))
        self.assertEqual(first.calls, [(call["name"], call["input"]) for call in CALLS])
        self.assertIn("Tells the weather of a city.", seen["body"])
        self.answer_with_results(question, first)

    def thinking(self):
        script = {"texts": TEXTS, "thinking": THOUGHTS, "signature": SIGNATURE, "reasoning": 25, "output": 60}
        said, seen = self.ask(Ask("Think hard.", thinking=True), script)
        self.assertEqual((said.text, said.stop), ("".join(TEXTS), "end"))
        self.assert_thinking(said, seen, 25)

    def thinking_with_tools(self):
        """What the model thought and signed comes back to it with the tool's result, as its vendor demands."""
        question = Ask("Think, then look it up.", tools=True, thinking=True)
        script = {"texts": [], "thinking": THOUGHTS, "signature": SIGNATURE, "reasoning": 25, "output": 60}
        first, seen = self.ask(question, script | {"calls": CALLS})
        self.assertEqual((first.stop, [name for name, _ in first.calls]), ("calls", [TOOL, TOOL]))
        self.assert_thinking(first, seen, 25)
        again = self.answer_with_results(question, first)
        # Chat has no place for it.
        if protocol(seen) not in ("chat", "converse") and self.client is not Chat:
            self.assertIn(SIGNATURE, again["body"])

    def structure(self):
        pieces = ['{"city": "Os', 'lo", ', '"days": 3}']
        said, seen = self.ask(Ask("Forecast for Oslo as JSON.", form=Forecast), {"texts": pieces, "output": 12})
        self.assertEqual(Forecast.model_validate_json(said.text), Forecast(city="Oslo", days=3))
        if said.parsed is not None or not (self.stream and self.client is Gemini):
            self.assertEqual(said.parsed, Forecast(city="Oslo", days=3))
        self.assertIn("What a structured answer is to fit.", seen["body"])

    def image(self):
        said, seen = self.ask(Ask("What is in the picture?", image=PNG), {"texts": TEXTS})
        self.assertEqual((said.text, said.stop), ("".join(TEXTS), "end"))
        self.assertIn("iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB", seen["body"])

    def length(self):
        said, _ = self.ask(Ask("Tell me all."), {"texts": TEXTS[:2], "stop": "length", "output": 7})
        self.assertEqual((said.text, said.stop), ("Hello! ", "length"))

    def refusal(self):
        said, _ = self.ask(Ask("Tell me what you must not."), {"texts": TEXTS[:2], "stop": "refused", "output": 7})
        self.assertEqual((said.text, said.stop), ("Hello! ", "refused"))

    # --- what they share ---

    def ask(self, ask: Ask, script: dict) -> tuple[Said, dict]:
        """Asks; what the client is told of usage has to be what the upstream told."""
        client, model = self.stage.client(self.client, self.where), self.place(self.where)[2]
        ask.stream = self.stream
        before = self.upstream.answer(**script)
        try:
            said = client.say(model, ask)
        finally:
            seen = self.upstream.seen(before)
            self.tally_up(seen)
        seen = self.upstream.only(before)
        told = seen["told"]
        prompt = told["input"] + told["cache_read"] + told["cache_write"]
        self.assertEqual((said.prompt, said.cached, said.output), (prompt, told["cache_read"], told["output"]))
        if not ask.thinking:
            self.assertEqual((said.reasoning, said.thinking), (0, ""))
        return said, seen

    def answer_with_results(self, question: Ask, first: Said) -> dict:
        ask = Ask(question.text, tools=True, thinking=question.thinking, after=first, results=RESULTS)
        second, seen = self.ask(ask, {"texts": TEXTS, "output": 20})
        self.assertEqual((second.text, second.stop, second.calls), ("".join(TEXTS), "end", []))
        for result in RESULTS:
            self.assertIn(result, seen["body"])
        return seen

    def assert_thinking(self, said: Said, seen: dict, reasoning: int):
        """Chat Completions can't ask for thoughts (Claude tells them all the same) and has no place to tell them; Nova
        has none."""
        told = protocol(seen)
        shown = told == "claude" or (told == "other" and self.client is not Chat)
        self.assertEqual(said.thinking, "".join(THOUGHTS) if shown else "")
        self.assertEqual(said.reasoning, 0 if told == "converse" else reasoning)

    def tally_up(self, seen: list[dict]):
        for told in filter(None, (one["told"] for one in seen)):
            for meter, tokens in told.items():
                self.tally[meter] = self.tally.get(meter, 0) + tokens
            self.tally["requests"] = self.tally.get("requests", 0) + 1


class Books(Staged):
    """At the end: what was booked for an organisation is what its upstream told, over all clients."""

    def __init__(self, where: str, tally: dict, began: str):
        super().__init__("runTest")
        self.where, self.tally, self.began = where, tally, began

    def __str__(self):
        return f"all clients on {self.where}: booked as told"

    def runTest(self):
        owner = Manage(self.stage.base_url)
        owner.token = self.stage.places[self.where]["owner"]
        lines = owner.settled(self.tally["requests"], self.began)
        booked = {
            "requests": len(lines),
            "input": sum(line["input_tokens"] for line in lines),
            "output": sum(line["output_tokens"] for line in lines),
            "cache_read": sum(line["cache_read_tokens"] for line in lines),
            "cache_write": sum(line["cache_write_5m_tokens"] + line["cache_write_1h_tokens"] for line in lines),
        }
        self.assertEqual(booked, self.tally)
        self.assertEqual({line["quality"] for line in lines}, {"exact"})
        self.assertTrue(all(int(line["charge_nano"]) > 0 for line in lines))


def protocol(seen: dict) -> str:
    """What the upstream was spoken to in."""
    path = seen["target"].split("?")[0]
    for name, ends in PROTOCOLS.items():
        if path.endswith(ends):
            return name
    return "other"


CASES = ("text", "tools", "thinking", "thinking_with_tools", "structure", "image", "length", "refusal")


def cells(words: list[str]) -> unittest.TestSuite:
    began, suite = datetime.now(UTC).isoformat(), unittest.TestSuite()
    for place in MATRIX:
        tally = {}
        ways = ((client, case, stream) for client in CLIENTS for case in CASES for stream in (False, True))
        of_place = [Cell(place, *way, tally) for way in ways]
        of_place = [cell for cell in of_place if all(word in str(cell) for word in words)]
        suite.addTests(of_place)
        if of_place:
            suite.addTest(Books(place, tally, began))
    return suite


def main() -> int:
    Staged.stage = Stage(sys.argv[1])
    versions = ", ".join(f"{client.name} {client.version}" for client in CLIENTS)
    return run(versions, cells(sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(main())
