"""How long single requests take: one client that sends them one after the other on one connection.

Never in here: what is compared with what."""

import re
import socket
import statistics
import time


class Line:
    """A connection to a server, and the request that is sent on it."""

    def __init__(self, url: str, path: str, body: str):
        self.host = url.removeprefix("http://")
        self.path, self.body = path, body

    def __enter__(self):
        name, port = self.host.split(":")
        self.connection = socket.create_connection((name, int(port)), timeout=30)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self

    def __exit__(self, *_):
        self.connection.close()

    def ask_ms(self, key: str) -> float:
        """One request under this key; milliseconds to the end of its answer."""
        head = f"POST {self.path} HTTP/1.1\r\nhost: {self.host}\r\nx-api-key: {key}\r\n"
        head += f"anthropic-version: 2023-06-01\r\ncontent-type: application/json\r\ncontent-length: {len(self.body)}\r\n"
        request = f"{head}\r\n{self.body}".encode()
        begun = time.perf_counter()
        self.connection.sendall(request)
        self._read_answer()
        return (time.perf_counter() - begun) * 1_000

    def steadily(self, key: str, rate_per_s: int, seconds: int) -> list:
        """Milliseconds of each of so many requests a second."""
        times = []
        due = time.perf_counter()
        for _ in range(rate_per_s * seconds):
            due += 1 / rate_per_s
            time.sleep(max(0, due - time.perf_counter()))
            times.append(self.ask_ms(key))
        return times

    def _read_answer(self):
        got = b""
        while b"\r\n\r\n" not in got:
            got += self._more()
        head, _, body = got.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if not head.startswith(b"HTTP/1.1 200") or not length:
            raise RuntimeError(f"{self.host} did not answer as it should: {got!r}")
        while len(body) < int(length[1]):
            body += self._more()

    def _more(self) -> bytes:
        piece = self.connection.recv(65_536)
        if not piece:
            raise RuntimeError(f"{self.host} closed the connection")
        return piece


def percentiles(times: list) -> tuple:
    """p50 and p99."""
    cuts = statistics.quantiles(times, n=100)
    return cuts[49], cuts[98]
