"""The servers that `scripts/bench` measures, as child processes, and the CPU time that each has used.

Never in here: what load they get, and what the figures mean."""

import http.client
import json
import os
import pwd
import re
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
START_LIMIT_S = 60


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its whole family, ended children included."""
    try:
        # After the name, which may hold anything: state is field 3, utime to cstime are 14 to 17.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        own = sum(int(ticks) for ticks in fields[11:15]) / TICKS_PER_SECOND
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return 0.0
    return own + sum(cpu_seconds(int(child)) for child in children)


def wait_for(what: str, look):
    """Looks until there is an answer."""
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {START_LIMIT_S} s in vain: {what}")
        time.sleep(0.02)


class Server:
    """A child process that ends with this program; `ending` is the signal that asks it to."""

    ending = signal.SIGTERM

    def __init__(self, folder: Path, command: list, **options):
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        self.folder, self.log = folder, folder / "log"
        options.setdefault("stdin", subprocess.DEVNULL)
        with open(self.log, "ab") as log:
            options.setdefault("stdout", log)
            # A Ctrl-C reaches this program, which ends them in order.
            self.process = subprocess.Popen(command, cwd=folder, stderr=log, start_new_session=True, **options)

    @property
    def pid(self) -> int:
        return self.process.pid

    def cpu(self) -> float:
        return cpu_seconds(self.pid)

    def check(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.process.args[0]} ended at its start:\n{self.log.read_text()}")
        return False

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(self.ending)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode


class Upstream(Server):
    """tests/src/bin/fast-upstream.rs; it ends and tells its counts when its standard input closes."""

    def __init__(self, folder: Path, program: str):
        super().__init__(folder, [Path(program).resolve()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def counts(self) -> dict:
        """Ends it; how many requests it saw."""
        said, _ = self.process.communicate(timeout=60)
        words = said.split()
        return dict(zip(words[::2], map(int, words[1::2])))

    def stop(self):
        if self.process.poll() is None:
            self.counts()


NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log warn; {user}
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  keepalive_requests 1000000000;
  upstream fast {{ server {upstream}; keepalive 64; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port};
    proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
    location /api/ {{ proxy_pass http://fast/; }}
    location /paced/api/ {{ proxy_pass http://fast/paced/{pace}/; }}
  }}
}}
"""


class Nginx(Server):
    """A bare reverse proxy with one worker."""

    ending = signal.SIGQUIT

    def __init__(self, folder: Path, upstream: Upstream, pace_ms: int):
        folder.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        text = NGINX.format(
            folder=folder,
            port=port,
            pace=pace_ms,
            upstream=upstream.url.removeprefix("http://"),
            user="user root;" if os.geteuid() == 0 else "",
        )
        (folder / "nginx.conf").write_text(text)
        super().__init__(folder, ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")])
        wait_for("nginx listens", lambda: self.check() or _connects(port))


class Postgres(Server):
    """A cluster of its own, with the settings that PostgreSQL comes with: what is committed is on the disk."""

    ending = signal.SIGINT

    def __init__(self, folder: Path, programs: str):
        folder.mkdir(mode=0o755)
        who = {}
        if os.geteuid() == 0:
            # It refuses to run as root.
            names = {user.pw_name: user for user in pwd.getpwall()}
            user = names.get("postgres") or names["nobody"]
            os.chown(folder, user.pw_uid, user.pw_gid)
            who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        data = folder / "data"
        made = subprocess.run(
            [f"{programs}/initdb", "--username=tollgate", "--auth=trust", "--encoding=UTF8", "--no-locale", "-D", data],
            cwd=folder, capture_output=True, text=True, check=False, **who,
        )
        if made.returncode:
            raise RuntimeError(f"initdb: {made.stderr}")
        command = [f"{programs}/postgres", "-D", str(data), "-k", str(folder), "-c", "listen_addresses="]
        super().__init__(folder, command, **who)
        self.programs = programs
        ready = [f"{programs}/pg_isready", "--quiet", "-h", str(folder)]
        wait_for("PostgreSQL answers", lambda: self.check() or subprocess.run(ready, check=False).returncode == 0)
        self.ask("CREATE DATABASE tollgate", "postgres")
        self.url = f"postgres://tollgate@localhost/tollgate?host={folder}"

    def ask(self, sql: str, database: str = "tollgate") -> str:
        """One value."""
        command = [f"{self.programs}/psql", "-h", self.folder, "-U", "tollgate", "-AtXc", sql, database]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


class Redis(Server):
    """For the windows: nothing is saved."""

    def __init__(self, folder: Path):
        self.path = folder / "socket"
        command = ["redis-server", "--port", "0", "--save", "", "--appendonly", "no", "--unixsocket", str(self.path)]
        super().__init__(folder, command)
        wait_for("Redis opens its socket", lambda: self.check() or self.path.exists())


class Tollgate(Server):
    """`tollgate serve` with everything on, as in production."""

    def __init__(self, folder: Path, program: str, postgres: Postgres, redis: Redis, workers: int):
        program = str(Path(program).resolve())
        self.program = program
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("TOLLGATE_")}
        self.env |= {
            "TOLLGATE_LISTEN": "127.0.0.1:0",
            "TOLLGATE_DATA_DIR": str(folder / "data"),
            "TOLLGATE_DATABASE_URL": postgres.url,
            "TOLLGATE_REDIS_URL": f"unix://{redis.path}",
            "TOLLGATE_SECRETS_MASTER_KEY": uuid.uuid4().hex * 2,
            "TOLLGATE_SECRETS_PEPPER": uuid.uuid4().hex * 2,
            "TOLLGATE_SECRETS_JWT": uuid.uuid4().hex * 2,
            "TOLLGATE_NET_ALLOW": "127.0.0.0/8",
            "TOLLGATE_WORKERS": str(workers),
            "TOLLGATE_SHUTDOWN_LAME_DUCK": "0s",
        }
        folder.mkdir()
        self.folder = folder
        self.command("migrate")
        super().__init__(folder, [program, "serve"], env=self.env)
        listening = re.compile(r"listening on (http://[0-9.]+:[0-9]+)")
        self.url = wait_for("Tollgate listens", lambda: self.check() or listening.search(self.log.read_text()))[1]

    def command(self, *words: str) -> str:
        """Another command with the same settings; gives what it said."""
        done = subprocess.run(
            [self.program, *words], env=self.env, cwd=self.folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"tollgate {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def call(self, path: str, body=None, token=None, source="127.0.0.1"):
        """The management API, or any other page."""
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        host, port = self.url.removeprefix("http://").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=30, source_address=(source, 0))
        data = None if body is None else json.dumps(body)
        connection.request("GET" if body is None else "POST", path, data, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{path}: {answer.status} {text.decode(errors='replace')}")
        return json.loads(text)

    def key(self, upstream_url: str, source="127.0.0.1", **limits) -> str:
        """A key of a new tenant that has a thousand dollars and an account on this upstream. `source` is the address it
        signs up from: each may do so only now and then."""
        slug = f"bench-{uuid.uuid4().hex[:12]}"
        body = {
            "organisation": "Bench", "slug": slug, "name": "Bench", "email": f"owner@{slug}.example",
            "password": "correct horse battery staple", "time_zone": "UTC", "token_delivery": "body",
        }
        token = self.call("/api/v2/tenants", body, source=source)["access_token"]
        self.command("tenant", "credit", slug, "1000", "--reason", "bench")
        account = {"name": "upstream", "base_url": upstream_url, "api_key": "sk-bench"}
        self.call("/api/v2/accounts/claude_console", account, token)
        return self.call("/api/v2/keys", {"name": "bench", **limits}, token)["secret"]

    def settle(self):
        """Waits until everything is booked."""
        wait_for("the journal is empty", lambda: self.call("/health")["stats"]["journal_depth"] == 0)


def _connects(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
