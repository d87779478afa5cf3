"""The scripted upstream (upstream.rs) as a child process, and the line by which tests tell it what to answer.

Never in here: what is expected of the gateway."""

import contextlib
import json
import socket
import subprocess
import urllib.error
import urllib.request


class UpstreamProcess:
    """Starts it; it ends with the `with` block."""

    def __init__(self, binary: str):
        self.binary = binary

    def __enter__(self):
        self.process = subprocess.Popen([self.binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        self.control = self.process.stdout.readline().strip()
        if not self.control:
            raise RuntimeError(f"{self.binary} did not start")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(20)


class Upstream:
    """Its control."""

    def __init__(self, control: str, url: str):
        self.url = url
        # How many requests were seen before the first scripted error, and how many errors there are since.
        self.before, self.errors = 0, 0
        host, port = control.split(":")
        self.socket = socket.create_connection((host, int(port)), 20)
        self.lines = self.socket.makefile("rw")

    def order(self, value: dict):
        self.lines.write(json.dumps(value) + "\n")
        self.lines.flush()
        answer = json.loads(self.lines.readline())
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def answer(self, **answer) -> int:
        """Scripts the answers from now on; gives how many requests were seen before."""
        return self.order({"always": {"answer": answer}})["count"]

    def refuse(self, status: int, kind: str, message: str, **more) -> int:
        """Scripts an error for the next request alone, named by Claude's status and word."""
        fault = {"status": status, "kind": kind, "message": message} | more
        count = self.order({"next": {"fault": fault}})["count"]
        self.before = self.before if self.errors else count
        self.errors += 1
        return count

    def forget(self):
        """Takes back the errors that no request came for, so that the next test does not get them."""
        unused = self.errors - len(self.seen(self.before)) if self.errors else 0
        for _ in range(unused):
            with contextlib.suppress(urllib.error.HTTPError):
                urllib.request.urlopen(self.url, timeout=20)
        self.errors = 0

    def seen(self, after: int) -> list[dict]:
        """The requests after so many."""
        return self.order({"seen": after})

    def only(self, after: int) -> dict:
        """The one request after so many; one that its vendor would have refused is a failure whatever came of it."""
        seen = self.seen(after)
        if len(seen) != 1:
            raise AssertionError(f"one request was to reach the upstream: {[one['target'] for one in seen]}")
        one = seen[0]
        if one["refused"]:
            raise AssertionError(f"{one['target']}: its vendor refuses it: {one['refused']}\n{one['body'][:4000]}")
        return one
