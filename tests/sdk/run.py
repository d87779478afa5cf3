#!/usr/bin/env python3
"""Runs test_relay.py with each SDK of requirements/ against `tollgate dev`, and verifies the books at the end.

    python3 tests/sdk/run.py target/debug/tollgate

Each SDK gets a virtual environment of its own in .venv. Between two SDKs the gateway is stopped and started again: the
second must find the first one's data. Never in here: what the SDKs are expected to see."""

import hashlib
import re
import subprocess
import sys
import venv
from pathlib import Path

from gateway import Gateway

HERE = Path(__file__).resolve().parent


def environment(requirements: Path) -> Path:
    """The Python of a virtual environment with exactly these packages."""
    folder = HERE / ".venv" / requirements.stem
    python = folder / "bin" / "python"
    marker = folder / "installed"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not (marker.exists() and marker.read_text() == wanted):
        print(f"installing {requirements.name}", flush=True)
        venv.create(folder, clear=True, with_pip=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements]
        subprocess.run(pip, check=True)
        marker.write_text(wanted)
    return python


def main() -> int:
    binary = str(Path(sys.argv[1]).resolve())
    sums = [0, 0, 0]
    keys = set()
    environments = [(file.stem, environment(file)) for file in sorted((HERE / "requirements").glob("*.txt"))]
    with Gateway(binary) as gateway:
        for credential, python in environments:
            keys.add(gateway.start()["api_key"])
            print(f"--- key as {credential}", flush=True)
            command = [python, HERE / "test_relay.py", gateway.card, credential]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
            said = re.search(r"^(\d+) succeeded, (\d+) failed, (\d+) skipped$", done.stdout, re.MULTILINE)
            counts = [int(count) for count in said.groups()] if said else [0, 1, 0]
            sums = [one + other for one, other in zip(sums, counts)]
            print(done.stdout, flush=True)
            if counts[1]:
                print(f"--- the gateway's log\n{gateway.log()[-8000:]}", flush=True)
            gateway.stop()
        checks = {"the second start finds the first one's key": len(keys) == 1}
        try:
            print(gateway.verify())
            checks["the books agree"] = True
        except RuntimeError as error:
            print(error)
            checks["the books agree"] = False
    for what, so in checks.items():
        print(f"{'ok' if so else 'FAILED'}: {what}")
        sums[0 if so else 1] += 1
    print("{} passed, {} failed, {} skipped".format(*sums))
    return 1 if sums[1] else 0


if __name__ == "__main__":
    sys.exit(main())
