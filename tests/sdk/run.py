#!/usr/bin/env python3
"""Runs real clients against `tollgate dev`, and verifies the books at the end.

    python3 tests/sdk/run.py target/debug/tollgate

First test_relay.py with two versions of Anthropic's SDK against the built-in demo upstream; between them the gateway is
stopped and started again: the second must find the first one's data. Then the clients of every format, Python's and
Node's, against accounts of every platform on the scripted upstream, whose binary lies beside the gateway's.

Packages are pinned in requirements/ and node/, and installed into .venv and node/node_modules. Never in here: what the
clients are expected to see."""

import hashlib
import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

from gateway import Gateway
from places import connect, places, quarrels
from upstream import UpstreamProcess

HERE = Path(__file__).resolve().parent
# By how they send their key.
RELAY = ("bearer", "x-api-key")
SUITES = ("matrix", "claude", "openai", "gemini", "refusals", "langchain", "websocket")
# What these say to clients in the environment of whoever runs the tests must not matter.
FOREIGN = re.compile(r"^(ANTHROPIC|AZURE|GEMINI|GOOGLE|LANGCHAIN|LANGSMITH|OPENAI)_|_proxy$", re.IGNORECASE)
# What Node's test runner says at its end.
TAP = re.compile(r"^# (pass|fail|cancelled|skipped) (\d+)$", re.MULTILINE)


def environment(requirements: Path) -> Path:
    """The Python of a virtual environment with exactly these packages."""
    folder = HERE / ".venv" / requirements.stem
    python = folder / "bin" / "python"
    with Installed(folder, requirements) as installed:
        if not installed.already:
            venv.create(folder, clear=True, with_pip=True)
            pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "--requirement", requirements], check=True)
    return python


def install_node():
    """The packages of node/."""
    with Installed(HERE / "node" / "node_modules", HERE / "node" / "package-lock.json") as installed:
        if not installed.already:
            npm = ["npm", "ci", "--prefix", HERE / "node", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(npm, check=True)


class Installed:
    """Whether a folder already holds what a list says; at the end of the block it does."""

    def __init__(self, folder: Path, wanted: Path):
        self.marker = folder / "installed"
        self.wanted = hashlib.sha256(wanted.read_bytes()).hexdigest()
        self.already = self.marker.exists() and self.marker.read_text() == self.wanted
        if not self.already:
            print(f"installing {wanted.relative_to(HERE)}", flush=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None and not self.already:
            self.marker.write_text(self.wanted)


class Run:
    """What came of all of it."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.env = {name: value for name, value in os.environ.items() if not FOREIGN.search(name)}

    def suite(self, title: str, gateway: Gateway, command: list, **more: str):
        """Runs a program of tests, with more in its environment, and adds what it says of itself. One that says nothing
        has failed."""
        print(f"--- {title}", flush=True)
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env=self.env | more)
        passed, failed, skipped = counts(done.stdout)
        if passed + failed == 0 or (done.returncode != 0 and failed == 0):
            failed += 1
        self.passed, self.failed, self.skipped = self.passed + passed, self.failed + failed, self.skipped + skipped
        print(done.stdout, flush=True)
        if failed:
            print(f"--- the gateway's log\n{gateway.log()[-8000:]}", flush=True)

    def check(self, what: str, so: bool):
        print(f"{'ok' if so else 'FAILED'}: {what}")
        self.passed, self.failed = self.passed + so, self.failed + (not so)


def counts(said: str) -> tuple[int, int, int]:
    """Succeeded, failed, skipped: as staged.py and test_relay.py say it, or Node."""
    ours = re.search(r"^(\d+) succeeded, (\d+) failed, (\d+) skipped$", said, re.MULTILINE)
    if ours:
        return tuple(int(count) for count in ours.groups())
    tap = {word: int(count) for word, count in TAP.findall(said)}
    return tap.get("pass", 0), tap.get("fail", 0) + tap.get("cancelled", 0), tap.get("skipped", 0)


def relay(run: Run, gateway: Gateway):
    """Anthropic's SDK and the demo upstream."""
    keys = set()
    for credential in RELAY:
        python = environment(HERE / "requirements" / f"{credential}.txt")
        keys.add(gateway.start()["api_key"])
        run.suite(f"key as {credential}", gateway, [python, HERE / "test_relay.py", gateway.card, credential])
        gateway.stop()
    run.check("the second start finds the first one's key", len(keys) == 1)


def clients(run: Run, gateway: Gateway, upstream_binary: Path):
    """The clients of every format and the scripted upstream."""
    python = environment(HERE / "requirements" / "clients.txt")
    install_node()
    with UpstreamProcess(str(upstream_binary)) as upstream:
        card = gateway.start()
        told = {"base_url": card["base_url"], "upstream": upstream.url, "control": upstream.control}
        told["places"] = {place.name: connect(place, gateway, card, upstream.url) for place in [*places(), *quarrels()]}
        stage = gateway.folder / "stage.json"
        stage.write_text(json.dumps(told))
        for suite in SUITES:
            run.suite(suite, gateway, [python, HERE / f"test_{suite}.py", stage])
        # One after the other: they share the upstream.
        node = ["node", "--test", "--test-concurrency=1", "--test-reporter=tap"]
        for file in sorted((HERE / "node").glob("*.test.mjs")):
            run.suite(f"node: {file.name}", gateway, [*node, file], STAGE=str(stage))
        gateway.stop()


def exports(run: Run, gateway: Gateway):
    """Files of what was used until now, opened by other software."""
    python = environment(HERE / "requirements" / "exports.txt")
    gateway.start()
    run.suite("exports", gateway, [python, HERE / "test_exports.py", gateway.card])
    gateway.stop()


def main() -> int:
    binary = Path(sys.argv[1]).resolve()
    run = Run()
    with Gateway(str(binary)) as gateway:
        relay(run, gateway)
        clients(run, gateway, binary.with_name("scripted-upstream"))
        exports(run, gateway)
        try:
            print(gateway.verify())
            run.check("the books agree", True)
        except RuntimeError as error:
            print(error)
            run.check("the books agree", False)
    print(f"{run.passed} passed, {run.failed} failed, {run.skipped} skipped")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
