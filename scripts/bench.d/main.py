"""`scripts/bench`: gives nginx and Tollgate the same load in turns and prints what each request cost in CPU time, the
latency that Tollgate adds, and whether every request was booked.

    python3 scripts/bench.d/main.py TOLLGATE FAST_UPSTREAM POSTGRES_PROGRAMS

Never in here: how a server is started."""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from latency import Line, percentiles
from servers import Nginx, Postgres, Redis, Tollgate, Upstream

SECONDS = int(os.environ.get("BENCH_SECONDS", "10"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "2"))
CONNECTIONS = 32
WARM_UP_S = 2
# As many as nginx has.
WORKERS = 1
PACE_MS = 2
# Latency is measured at this rate, so that nothing waits in a queue.
RATE_PER_S = 200
RATE_S = 10
COLD_KEYS = 30

MESSAGE = {"model": "claude-haiku-4-5", "max_tokens": 100, "messages": [{"role": "user", "content": "Hello there."}]}
PLAIN = json.dumps(MESSAGE)
# fast-upstream looks for these bytes.
STREAMED = json.dumps(MESSAGE | {"stream": True}, separators=(",", ":"))


def load(url: str, key: str, body: str, seconds: int) -> int:
    """Drives a server with wrk; gives how many answers came."""
    here = Path(__file__).parent
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", here / "post.lua", url]
    env = os.environ | {"BENCH_KEY": key, "BENCH_BODY": body}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    said = re.search(r"^answers (\d+) wrong (\d+)$", done.stdout, re.MULTILINE)
    if not said or int(said[2]) or not int(said[1]):
        raise RuntimeError(f"{url} did not answer as it should:\n{done.stdout}{done.stderr}")
    return int(said[1])


# The same question in OpenAI's Chat format, which the account's upstream does not speak.
CHAT = json.dumps(
    {"model": "claude-haiku-4-5", "stream": True, "max_completion_tokens": 100, "messages": MESSAGE["messages"]}
)
# A picture of some ten megabytes, asked about in the same format.
PICTURE = "data:image/png;base64," + "iVBORw0KGgo" * 910_000
LARGE = json.dumps(
    {
        "model": "claude-haiku-4-5",
        "max_completion_tokens": 100,
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": PICTURE}},
                    {"type": "text", "text": "What is it?"},
                ],
            }
        ],
    }
)


class Bench:
    """The servers, and what was measured."""

    def __init__(self, stack: ExitStack, folder: Path, programs: list):
        tollgate, upstream, postgres = programs

        def run(server):
            stack.callback(server.stop)
            return server

        # One upstream for each, so that what came through Tollgate can be counted.
        self.upstream = run(Upstream(folder / "upstream", upstream))
        self.other = run(Upstream(folder / "other", upstream))
        self.nginx = run(Nginx(folder / "nginx", self.other, PACE_MS))
        self.postgres = run(Postgres(folder / "postgres", postgres))
        self.redis = run(Redis(folder / "redis"))
        self.tollgate = run(Tollgate(folder / "tollgate", tollgate, self.postgres, self.redis, WORKERS))
        self.limits = {"rules": {
            "windows": [{"span": "minute", "requests": 1_000_000}], "concurrency": {"limit": 1_000},
        }}
        self.key = self.tollgate.key(self.upstream.url, **self.limits)
        self.paced_key = self.tollgate.key(f"{self.upstream.url}/paced/{PACE_MS}", **self.limits)

    def cost(self, what: str, body: str, paced: bool) -> dict:
        """Microseconds of CPU per request, of each process."""
        key = self.paced_key if paced else self.key
        nginx_url = f"{self.nginx.url}{'/paced' if paced else ''}/api/v1/messages"
        tollgate_url = f"{self.tollgate.url}/api/v1/messages"
        for url in (nginx_url, tollgate_url):
            load(url, key, body, WARM_UP_S)
        self.tollgate.settle()
        spent = dict.fromkeys(("nginx", "tollgate", "postgres", "redis"), 0.0)
        answers = {"nginx": 0, "tollgate": 0}
        for _ in range(ROUNDS):
            before = self.nginx.cpu()
            answers["nginx"] += load(nginx_url, key, body, SECONDS)
            spent["nginx"] += self.nginx.cpu() - before
            house = {"tollgate": self.tollgate, "postgres": self.postgres, "redis": self.redis}
            before = {name: server.cpu() for name, server in house.items()}
            answers["tollgate"] += load(tollgate_url, key, body, SECONDS)
            # Booking is part of a request's cost.
            self.tollgate.settle()
            for name, server in house.items():
                spent[name] += server.cpu() - before[name]
        micros = {
            name: seconds * 1e6 / answers["nginx" if name == "nginx" else "tollgate"] for name, seconds in spent.items()
        }
        rate = {name: count / (ROUNDS * SECONDS) for name, count in answers.items()}
        print(
            f"{what:<28} nginx {micros['nginx']:6.1f} µs ({rate['nginx']:6.0f}/s)   Tollgate {micros['tollgate']:6.1f} µs "
            f"({rate['tollgate']:6.0f}/s)   PostgreSQL {micros['postgres']:6.1f} µs   Redis {micros['redis']:5.1f} µs",
            flush=True,
        )
        return micros

    def translated_us(self) -> float:
        """Microseconds of Tollgate's CPU per streamed request that is translated, in one burst."""
        url = f"{self.tollgate.url}/openai/v1/chat/completions"
        load(url, self.key, CHAT, WARM_UP_S)
        self.tollgate.settle()
        before = self.tollgate.cpu()
        answers = load(url, self.key, CHAT, SECONDS)
        self.tollgate.settle()
        micros = (self.tollgate.cpu() - before) * 1e6 / answers
        print(f"{'stream, one burst, translated':<60} Tollgate {micros:6.1f} µs ({answers / SECONDS:6.0f}/s)", flush=True)
        return micros

    def beside_large_ms(self) -> tuple:
        """How long small requests take while large ones are translated beside them on the same worker, p50 and p99; and
        how many large ones there were."""
        done = threading.Event()
        large = []

        def send():
            with Line(self.tollgate.url, "/openai/v1/chat/completions", LARGE) as line:
                while not done.is_set():
                    large.append(line.ask_ms(self.key))

        sender = threading.Thread(target=send)
        sender.start()
        with Line(self.tollgate.url, "/api/v1/messages", PLAIN) as line:
            times = line.steadily(self.key, RATE_PER_S, RATE_S)
        done.set()
        sender.join()
        self.tollgate.settle()
        median, high = percentiles(times)
        return median, high, len(large)

    def added_latency_ms(self) -> tuple:
        """What Tollgate adds at a moderate rate, p50 and p99: differences of the two runs' percentiles. And the p50 of
        what it adds to the first request of a new tenant's key, of which the node has nothing in memory."""
        cold = [
            self.tollgate.key(self.upstream.url, source=f"127.0.9.{n + 1}", **self.limits) for n in range(COLD_KEYS)
        ]
        with Line(self.other.url, "/v1/messages", PLAIN) as line:
            alone = line.steadily(self.key, RATE_PER_S, RATE_S)
        with Line(self.tollgate.url, "/api/v1/messages", PLAIN) as line:
            through = line.steadily(self.key, RATE_PER_S, RATE_S)
            first = [line.ask_ms(key) for key in cold]
        self.tollgate.settle()
        (median, high), (median_through, high_through) = percentiles(alone), percentiles(through)
        return median_through - median, high_through - high, percentiles(first)[0] - median

    def count(self) -> tuple:
        """Requests that the upstream saw, and events that were booked for them."""
        self.tollgate.settle()
        booked = int(self.postgres.ask("SELECT count(*) FROM usage_events WHERE attempts > 0"))
        self.tollgate.command("ledger", "verify")
        self.tollgate.stop()
        return sum(self.upstream.counts().values()), booked


def row(figure: str, value: float, bar: float, aim: float, unit: str = "") -> None:
    verdict = "reaches the aim" if value <= aim else "within the bar" if value <= bar else "OVER THE BAR"
    print(f"{figure:<62} {value:7.2f}{unit:<3}  bar {bar:4.1f}  aim {aim:4.1f}   {verdict}")


def main() -> int:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tollgate-bench-")))
        # As root PostgreSQL runs under another user, who must be able to pass.
        folder.chmod(0o755)
        bench = Bench(stack, folder, sys.argv[1:4])
        print(f"{ROUNDS} x {SECONDS} s each, {CONNECTIONS} connections, {WORKERS} worker each\n")
        plain = bench.cost("plain", PLAIN, paced=False)
        paced = bench.cost(f"stream, {PACE_MS} ms apart", STREAMED, paced=True)
        burst = bench.cost("stream, one burst", STREAMED, paced=False)
        translated = bench.translated_us()
        median, high, cold = bench.added_latency_ms()
        beside_median, beside_high, larges = bench.beside_large_ms()
        seen, booked = bench.count()
    print()
    ratio = {name: cost["tollgate"] / cost["nginx"] for name, cost in (("plain", plain), ("paced", paced), ("burst", burst))}
    whole = (plain["tollgate"] + plain["postgres"] + plain["redis"]) / plain["nginx"]
    row("CPU per plain request, Tollgate ÷ nginx", ratio["plain"], 4, 2)
    row(f"CPU per streamed request, {PACE_MS} ms apart, Tollgate ÷ nginx", ratio["paced"], 2, 1.3)
    row("CPU per streamed request, one burst, Tollgate ÷ nginx", ratio["burst"], 4, 2)
    row("CPU per translated stream ÷ per passed one, one burst", translated / burst["tollgate"], 2, 1.5)
    row("CPU per plain request, Tollgate + PostgreSQL + Redis ÷ nginx", whole, 7, 5)
    row("added to the first request of a cold key, p50", cold, 10, 4, " ms")
    row(f"added latency at {RATE_PER_S} requests/s, p50", median, 0.7, 0.3, " ms")
    row(f"added latency at {RATE_PER_S} requests/s, p99", high, 5, 2, " ms")
    print(
        f"\nbeside {larges} requests of 10 MB with a picture, translated on the same worker, small requests took "
        f"{beside_median:.2f} ms (p50) and {beside_high:.2f} ms (p99)"
    )
    print(f"\nrequests that the upstream saw: {seen}; booked: {booked}; ledger verify passed")
    if seen != booked:
        print("REQUESTS WERE LOST OR BOOKED TWICE")
        return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, KeyboardInterrupt) as error:
        sys.exit(f"scripts/bench: {error or 'interrupted'}")
