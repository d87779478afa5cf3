"""The management API, as far as the SDK tests need it: sign-in, keys, accounts, the request log. Standard library
alone.

Never in here: what is expected of it."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid


class Manage:
    """A signed-in person's program."""

    def __init__(self, base_url: str):
        self.base_url = base_url
        self.token = None
        # Of the organisation that was signed up.
        self.slug = None

    @classmethod
    def sign_in(cls, card: dict) -> "Manage":
        """The demo tenant's owner."""
        caller = cls(card["base_url"])
        body = {"email": card["admin_email"], "password": card["admin_password"], "token_delivery": "body"}
        caller.token = caller.call("POST", "/auth/admin/login", body)["access_token"]
        return caller

    @classmethod
    def sign_up(cls, card: dict) -> "Manage":
        """The owner of a new organisation, which has nothing."""
        caller = cls(card["base_url"])
        slug = f"sdk-{uuid.uuid4().hex[:12]}"
        body = {
            "organisation": "A new organisation",
            "slug": slug,
            "name": "Olga Owner",
            "email": f"owner@{slug}.example",
            "password": "correct horse battery staple",
            "time_zone": "Europe/Berlin",
            "token_delivery": "body",
        }
        caller.token = caller.call("POST", "/tenants", body)["access_token"]
        caller.slug = slug
        return caller

    def call(self, method: str, path: str, body=None):
        """One request; an error status raises `urllib.error.HTTPError`."""
        headers = {"content-type": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base_url}/api/v2{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def key(self, **fields) -> dict:
        """A new key: `key` and `secret`."""
        return self.call("POST", "/keys", {"name": f"sdk {uuid.uuid4().hex[:8]}", **fields})

    def booked(self, request_id: str, limit_s: float = 20) -> dict:
        """A request's line in the log; waits until it is booked."""
        deadline = time.monotonic() + limit_s
        while True:
            try:
                return self.call("GET", f"/requests/{request_id}")
            except urllib.error.HTTPError as error:
                if error.code != 404 or time.monotonic() > deadline:
                    raise AssertionError(f"{request_id} is not booked: {error} {error.read()}") from error
            time.sleep(0.1)

    def settled(self, count: int, since: str, limit_s: float = 20) -> list[dict]:
        """The lines of all requests that were answered since then; waits until there are so many."""
        query = urllib.parse.urlencode({"status": "ok", "limit": 200, "from": since})
        deadline = time.monotonic() + limit_s
        while True:
            lines = self.call("GET", f"/requests?{query}")["items"]
            if len(lines) >= count or time.monotonic() > deadline:
                return lines
            time.sleep(0.1)
