"""`tollgate dev` as a child process: on a free port, with a data folder that is thrown away.

Never in here: what is expected of the gateway."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

# Instrumented debug builds on a busy machine are slow, and the first start makes a database.
START_LIMIT_S = 120
STOP_LIMIT_S = 60


class Gateway:
    """Starts, stops and starts again; gone with its folder at the end of the `with` block."""

    def __init__(self, binary: str):
        self.binary = binary
        self.folder = Path(tempfile.mkdtemp(prefix="tollgate-sdk-"))
        # As root PostgreSQL runs under another user, who must be able to pass.
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.process = None
        # What the person running the tests has set must not matter.
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("TOLLGATE_")}
        self.env |= {"TOLLGATE_DATA_DIR": str(self.data), "TOLLGATE_LISTEN": "127.0.0.1:0"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def card(self) -> Path:
        """Where it writes how it can be reached."""
        return self.data / "demo.json"

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> dict:
        """Starts it and gives what demo.json says."""
        self.card.unlink(missing_ok=True)
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "dev"],
                env=self.env,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A Ctrl-C in the terminal ends the tests, and these end the gateway.
                start_new_session=True,
            )
        deadline = time.monotonic() + START_LIMIT_S
        while not self.card.exists():
            if self.process.poll() is not None:
                raise RuntimeError(f"tollgate dev ended at its start:\n{self.log()}")
            if time.monotonic() > deadline:
                self.process.kill()
                raise RuntimeError(f"tollgate dev did not start within {START_LIMIT_S} s:\n{self.log()}")
            time.sleep(0.05)
        mode = self.card.stat().st_mode & 0o777
        if mode != 0o600:
            raise RuntimeError(f"demo.json can be read by others: mode {mode:o}")
        return json.loads(self.card.read_text())

    def stop(self):
        """Ctrl-C; everything that it started has to be gone."""
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise RuntimeError(f"tollgate dev did not stop within {STOP_LIMIT_S} s:\n{self.log()}") from None
        if code != 0:
            raise RuntimeError(f"tollgate dev ended with {code}:\n{self.log()}")
        left = [pid for pid in os.listdir("/proc") if pid.isdigit() and _lives_in(pid, self.folder)]
        if left:
            raise RuntimeError(f"tollgate dev left processes behind: {left}")

    def verify(self) -> str:
        """`tollgate ledger verify`; gives what it said."""
        return self.command("ledger", "verify", "--dev")

    def credit(self, slug: str, dollars: int):
        """`tollgate tenant credit`."""
        self.command("tenant", "credit", slug, str(dollars), "--reason", "for the tests", "--dev")

    def command(self, *words: str) -> str:
        """Runs a command of the binary beside the gateway; gives what it said."""
        done = subprocess.run([self.binary, *words], env=self.env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = f"{done.stdout}{done.stderr}"
            raise RuntimeError(f"tollgate {' '.join(words)} ended with {done.returncode}:\n{said}")
        return done.stdout


def _lives_in(pid: str, folder: Path) -> bool:
    try:
        return os.readlink(f"/proc/{pid}/cwd").startswith(f"{folder}/")
    except OSError:
        return False
