"""A whole RUPAYA of a test's own, whose parts can be killed, stopped and frozen."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
import redis

from rupaya.embedded.place import place_find
from rupaya.embedded.postgres import postgres_ensure
from rupaya.embedded.valkey import valkey_ensure
from tests.benchmarks.cluster import ROOT, Cluster, Database, environment
from tests.benchmarks.servers import PRODUCT, Server, server

HOST: Final = "127.0.0.1"
ANSWER_S: Final = 40  # longer than any answer may take


@dataclass(frozen=True, slots=True)
class House:
    """Engines of its own, durable, and what runs on them."""

    engines: Cluster
    database: Database

    def environment(self, **more: str) -> dict[str, str]:
        """What its processes are given."""
        usual = {"WEB_CONCURRENCY": "2", "WEB_THREADS": "4", "DATABASE_OWNER_URL": ""}
        usual |= {
            "RATE_LIMIT_LOGIN": "5/15m",
            "RATE_LIMIT_LOGIN_ADDRESS": "300/15m",
        }  # the tests' own are wide
        return environment(self.engines, self.database) | usual | more

    @contextmanager
    def web(self, application: str = PRODUCT, **more: str) -> Iterator[Server]:
        """gunicorn, as in production."""
        with server(application, environment=self.environment(**more), log=self.log) as served:
            yield served

    def sealing(self, **more: str) -> dict[str, str]:
        """What a process is given that seals the audit log."""
        sealer = f"{self.database.sealer_url} password=Zb7-bench-only"
        key = base64.b64encode(bytes(range(32))).decode()
        return self.environment(DATABASE_SEALER_URL=sealer, AUDIT_SIGNING_KEY=key, **more)

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """The worker, as in production."""
        with self.log.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "procrastinate", "worker"],
                cwd=ROOT, env={**os.environ, **self.sealing()}, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(40)
            process.kill()
            process.wait()

    @property
    def log(self) -> Path:
        """What all of it wrote."""
        return self.engines.home / "chaos.log"

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`manage.py …` as an operator runs it."""
        owner_url = f"{self.database.owner_url} password=Zb7-bench-only"
        env = {**os.environ, **self.sealing(DATABASE_OWNER_URL=owner_url)}
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )

    def postmaster(self) -> int:
        """PostgreSQL's first process."""
        with self.database.as_admin() as admin:
            row = admin.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
        assert row is not None
        return int(row[0].split()[0])

    def database_start(self) -> None:
        """Will start PostgreSQL again after it was killed; it recovers from its log."""
        postgres_ensure(place=place_find(home=self.engines.home, durable=True), durable=True)

    def valkey(self) -> redis.Redis:
        """A client of its Valkey."""
        return redis.Redis.from_url(self.engines.redis_url)

    def valkey_pid(self) -> int:
        """Valkey's process."""
        return int(self.valkey().info("server")["process_id"])

    def valkey_start(self) -> None:
        """Will start Valkey again, empty or as it was."""
        valkey_ensure(place=place_find(home=self.engines.home, durable=True))

    @contextmanager
    def frozen(self, pid: int) -> Iterator[None]:
        """Will keep a process from doing anything, without ending it."""
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def locked(self, statement: str) -> Iterator[psycopg.Connection[Any]]:
        """Will hold what a statement locks until the end."""
        with psycopg.connect(self.database.admin_url) as holder:
            holder.execute(statement)
            yield holder
            holder.rollback()


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, or none (status 0)."""

    status: int
    body: Any
    headers: dict[str, str]
    seconds: float


@dataclass(slots=True)
class Phone:
    """Somebody's device. Each lives at an address of its own, as far as the trusted proxy says."""

    port: int
    number: int
    token: str = ""
    password: str = "Zb7-kanari-only"

    @property
    def email(self) -> str:
        """Whose it is."""
        return f"phone-{self.number}@example.in"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Said:
        """One request on a connection of its own; never raises."""
        sent = {
            "Host": "bench.example.in",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": f"203.0.113.{self.number % 250}",
            "User-Agent": "Phone/1",
        }
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        content = None
        if body is not None:
            content, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        started = time.monotonic()
        connection = http.client.HTTPConnection(HOST, self.port, timeout=ANSWER_S)
        try:
            connection.request(method, path, content, sent | headers)
            answer = connection.getresponse()
            read = answer.read()
        except (OSError, http.client.HTTPException):
            return Said(0, None, {}, time.monotonic() - started)
        finally:
            connection.close()
        took = time.monotonic() - started
        try:
            said = json.loads(read)
        except ValueError:
            said = read
        return Said(answer.status, said, {name.lower(): value for name, value in answer.getheaders()}, took)

    def sign_up(self) -> Phone:
        """Will make the person."""
        said = self.ask(
            "POST", "/v1/auth/signup", {"email": self.email, "password": self.password, "full_name": "Kanari"}
        )
        assert said.status == 201, said
        self.token = said.body["access_token"]
        return self

    def sign_in(self, password: str = "") -> Said:
        """A sign-in."""
        return self.ask(
            "POST", "/v1/auth/login", {"email": self.email, "password": password or self.password}
        )

    def spend(self, wish: str) -> Said:
        """Will record an expense that has its wish as description, once however often it is sent."""
        body = {"type": "expense", "amount": 500, "description": wish}
        return self.ask("POST", "/v1/transactions", body, **{"Idempotency-Key": wish})

    def spent(self) -> list[tuple[str, str]]:
        """Everything that was recorded: description and id."""
        found: list[tuple[str, str]] = []
        path: str | None = "/v1/transactions?limit=200"
        while path:
            said = self.ask("GET", path)
            assert said.status == 200, said
            found += [(item["description"], item["id"]) for item in said.body["results"]]
            path = said.body["next"]
            path = path and "/v1/" + path.split("/v1/", 1)[1]
        return found


@dataclass(slots=True)
class Writers:
    """Phones that record one wish after another, and repeat each until it is acknowledged."""

    phones: list[Phone]
    acknowledged: dict[str, str] = field(default_factory=dict)  # wish to id
    statuses: dict[int, int] = field(default_factory=dict)
    _ends: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    @contextmanager
    def writing(self) -> Iterator[Writers]:
        """Will write until the end."""
        self._threads = [threading.Thread(target=self._write, args=[phone]) for phone in self.phones]
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self.end()

    def end(self) -> None:
        """Will let each finish the wish it is at."""
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def _write(self, phone: Phone) -> None:
        number = 0
        while not self._ends.is_set():
            number += 1
            wish = f"wish-{phone.number}-{number}"
            ends = time.monotonic() + 90
            while time.monotonic() < ends:
                said = phone.spend(wish)
                with self._lock:
                    self.statuses[said.status] = self.statuses.get(said.status, 0) + 1
                    if said.status in {200, 201}:
                        self.acknowledged[wish] = said.body["id"]
                        break
                time.sleep(0.1)

    def has_more_than(self, count: int) -> bool:
        """Whether so many wishes were acknowledged, and one more."""
        return len(self.acknowledged) > count

    def told(self) -> str:
        """What was counted."""
        statuses = ", ".join(
            f"{count} × {status or 'no answer'}" for status, count in sorted(self.statuses.items())
        )
        return f"{len(self.acknowledged)} wishes acknowledged; answers: {statuses}"


def wait_until(check: Callable[[], bool], *, seconds: float = 60) -> float:
    """Will wait for it and return how long that took; fails the test where it never came."""
    started = time.monotonic()
    while not check():
        assert time.monotonic() - started < seconds, "it never came"
        time.sleep(0.1)
    return time.monotonic() - started


def tell(sentence: str) -> None:
    """What a scenario counted, for whoever ran it."""
    sys.stderr.write(f"\n  {sentence}\n")
    sys.stderr.flush()
