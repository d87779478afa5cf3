"""What each client makes of a refusal: its own classes of errors, its own retries; on its own platform and on foreign
ones.

    python test_refusals.py STAGE_JSON

Called by run.py, in an environment that has the SDKs."""

import sys
import time
import unittest

import anthropic
import openai
from google.genai import errors

from as_chat import Chat
from as_claude import Claude
from as_gemini import Gemini
from as_responses import Responses
from said import Ask, Said
from staged import Stage, Staged, run

# How long the upstream asks to wait, in seconds.
WAIT_S = 2


class Refusals(Staged):
    """The refusals of one client with an account of one platform."""

    def __init__(self, client, where: str, test: str):
        super().__init__(test)
        self.client, self.where = client, where

    def __str__(self):
        return f"{self.client.name} on {self.where}: {self._testMethodName.removeprefix('test_')}"

    def say(self, ask: Ask | None = None, model: str = "", key: str = "", **options) -> Said:
        base_url, own_key, own_model = self.place(self.where)
        return self.client(base_url, key or own_key, **options).say(model or own_model, ask or Ask("Hello!"))

    def raises(self, status: int) -> unittest.case._AssertRaisesContext:
        """The class that the client's SDK has for this status."""
        if self.client is Gemini:
            return self.assertRaises(errors.ServerError if status >= 500 else errors.ClientError)
        sdk = anthropic if self.client is Claude else openai
        names = {
            400: "BadRequestError",
            401: "AuthenticationError",
            404: "NotFoundError",
            429: "RateLimitError",
            500: "InternalServerError",
        }
        return self.assertRaises(getattr(sdk, names[status]))

    def status(self, error) -> int:
        return error.code if self.client is Gemini else error.status_code

    def test_a_wrong_key(self):
        before = self.upstream.answer()
        for key in ("cr_" + "0" * 40, "sk-nonsense"):
            with self.raises(401) as caught:
                self.say(key=key)
            self.assertEqual(self.status(caught.exception), 401)
            self.assertNotIn(key, str(caught.exception))
        self.assertEqual(self.upstream.seen(before), [])

    def test_a_model_that_nobody_knows(self):
        before = self.upstream.answer()
        for stream in (False, True):
            with self.raises(404) as caught:
                self.say(Ask("Hello!", stream=stream), model="model-of-tomorrow")
            self.assertIn("model-of-tomorrow", str(caught.exception))
        self.assertEqual(self.upstream.seen(before), [])

    def test_what_the_vendor_refuses(self):
        """Its reason is told, since it is about what the client sent."""
        for stream in (False, True):
            self.upstream.refuse(400, "invalid_request_error", "tools.0.name: is a name too far")
            with self.raises(400) as caught:
                self.say(Ask("Hello!", stream=stream))
            self.assertIn("a name too far", str(caught.exception))

    def test_a_wait_that_the_client_keeps(self):
        """The account rests as long as its vendor says, the client waits as long and is answered then."""
        self.upstream.answer(texts=["At last."])
        before = self.upstream.refuse(429, "rate_limit_error", "Slow down.", retry_after_s=WAIT_S)
        began = time.monotonic()
        if self.client is Gemini:
            # This SDK waits for nothing by itself, but is told.
            with self.raises(429) as caught:
                self.say()
            details = caught.exception.details["error"]["details"]
            delays = [one["retryDelay"] for one in details if one["@type"].endswith("google.rpc.RetryInfo")]
            self.assertEqual(len(delays), 1, details)
            time.sleep(float(delays[0].removesuffix("s")))
            self.assertEqual(self.say().text, "At last.")
        else:
            self.assertEqual(self.say(max_retries=1).text, "At last.")
        self.assertGreater(time.monotonic() - began, WAIT_S - 0.5)
        self.assertEqual(len(self.upstream.seen(before)), 2)

    def test_zz_a_stream_that_breaks(self):
        """Comes last, since the account rests afterwards. What came before is not taken for the whole."""
        self.upstream.answer(texts=["One ", "two ", "three ", "four"], error_after=4)
        with self.assertRaises(self.client.error) as caught:
            self.say(Ask("Count.", stream=True))
        self.assertNotIn("backend-7", str(caught.exception))


def main() -> int:
    Staged.stage = Stage(sys.argv[1])
    tests = unittest.defaultTestLoader.getTestCaseNames(Refusals)
    clients = {client.name: client for client in (Claude, Chat, Responses, Gemini)}
    suite = unittest.TestSuite()
    for place in Staged.stage.places:
        # `refusals CLIENT PLATFORM`
        if place.startswith("refusals "):
            client = clients[place.split(" ")[1]]
            cases = [Refusals(client, place, test) for test in tests]
            suite.addTests(case for case in cases if all(word in str(case) for word in sys.argv[2:]))
    return run("refusals", suite)


if __name__ == "__main__":
    sys.exit(main())
