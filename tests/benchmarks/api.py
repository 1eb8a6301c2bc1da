"""api_post and api_list: the whole way of a request, against plain Django views around the same SQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from ledger.journal.rules import as_posted
from tests.benchmarks.bulk import as_json, items_make
from tests.benchmarks.cluster import ROOT, SQL, Database, environment
from tests.benchmarks.figures import Figure, Goal, interleaved, pair
from tests.benchmarks.http_client import Answered, Requests, answer_of, load
from tests.benchmarks.run import Run
from tests.benchmarks.seed import account, identity, seed
from tests.benchmarks.servers import FLOOR, PRODUCT, server

BOOKS: Final = 100
_SEEDED: Final = 300_000  # transactions: 3,000 a book, some years of a household
_WARM_S: Final = 1.5
_LIST_QUERY: Final = "list_query.json"
_caught: Final[dict[Path, dict[str, Any]]] = {}
_HEAD: Final = (
    "{method} {path} HTTP/1.1\r\nHost: bench.example.in\r\n"
    "X-Forwarded-Proto: https\r\nUser-Agent: Phone/1\r\n"
)


def api_post(run: Run) -> list[Figure]:
    """JWT, idempotency key, validation, row-level security, guards, audit, commit."""
    tokens = tokens_of(run)
    # A request is sent once: as many as a fast machine could take.
    most = (run.seconds + 2) * 2500
    ours = _Side(run, PRODUCT, ProductPost(tokens), count=most, status=201)
    floor = _Side(run, FLOOR, FloorPost(), count=most, status=201)
    orm = _Side(run, FLOOR, OrmPost(), count=most, status=201)
    return _figures(
        "api_post", run, ours=ours, floor=floor, orm=orm,
        goals=(Goal("≥", 0.60), Goal("≤", 2.5), Goal("≥", 2)), usual="ModelSerializer and ORM create",
    )  # fmt: skip


def api_list(run: Run) -> list[Figure]:
    """Fifty transactions with their legs: JWT, row-level security, cursor."""
    tokens = tokens_of(run)
    most = (run.seconds + 2) * 2500
    ours = _Side(run, PRODUCT, ProductList(tokens), count=most, status=200)
    floor = _Side(run, FLOOR, BareList("/list"), count=most, status=200)
    orm = _Side(run, FLOOR, BareList("/orm/transactions"), count=most, status=200)
    figures = _figures(
        "api_list", run, ours=ours, floor=floor, orm=orm,
        goals=(Goal("≥", 0.70), None, Goal("≥", 4.5)), usual="ModelViewSet",
    )  # fmt: skip
    said = [orjson.loads(side.sample)["results"] for side in (ours, floor, orm)]
    if any([sorted(row) for row in rows] != [sorted(row) for row in said[0]] for rows in said):
        raise RuntimeError("the sides do not say the same: their transactions have other fields")
    return figures


def _figures(
    bench: str,
    run: Run,
    *,
    ours: _Side,
    floor: _Side,
    orm: _Side,
    goals: tuple[Goal | None, Goal | None, Goal | None],
    usual: str,
) -> list[Figure]:
    rates = interleaved({"ours": ours, "floor": floor, "orm": orm}, rounds=run.rounds, bench=bench)
    notes = {"client's share ours": ours.answers[-1].client_share, "floor": floor.answers[-1].client_share}
    return [
        pair(
            bench, "plain view", "req/s", ours=rates["ours"], floor=rates["floor"], goal=goals[0], notes=notes
        ),
        pair(bench, "plain view, p50", "ms", ours=ours.p50(), floor=floor.p50()),
        pair(bench, "plain view, p99", "ms", ours=ours.p99(), floor=floor.p99(), goal=goals[1]),
        pair(bench, "plain view, CPU in all", "ms/req", ours=ours.cpu_ms(), floor=floor.cpu_ms()),
        pair(bench, "plain view, CPU of web", "ms/req", ours=ours.web_ms, floor=floor.web_ms),
        pair(bench, "plain view, CPU of database", "ms/req", ours=ours.database_ms, floor=floor.database_ms),
        pair(bench, usual, "req/s", ours=rates["ours"], floor=rates["orm"], goal=goals[2]),
    ]


class _Side:
    """Starts its server, warms it, loads it, and stops it, each round; keeps all answers in the order of the rounds."""

    def __init__(self, run: Run, application: str, requests: Requests, *, count: int, status: int) -> None:
        self.answers: list[Answered] = []
        self.sample = b""  # the body of one answer
        self.web_ms: list[float] = []  # CPU of the web server, a request
        self.database_ms: list[float] = []
        self._run, self._application, self._requests = run, application, requests
        self._count, self._status = count, status

    def __call__(self, number: int) -> float:
        """Requests a second."""
        database = api_database(self._run)
        variables = environment(self._run.cluster, database)
        list_query(self._run)
        variables["BENCH_LIST_QUERY"] = str(self._run.cluster.home / _LIST_QUERY)
        if self._application == FLOOR:
            variables.pop("DJANGO_SETTINGS_MODULE")
        log = self._run.cluster.home / f"{self._application.split('.')[0]}.log"
        with server(self._application, environment=variables, log=log) as served:
            self.sample = answer_of(port=served.port, request=self._requests(0, 1)[0])
            for seconds in (_WARM_S, self._run.seconds):
                web_s, database_s = served.busy_s(), self._run.cluster.busy_s()
                answered = load(
                    port=served.port,
                    requests=self._requests,
                    count=self._count,
                    seconds=seconds,
                    status=self._status,
                )
            self.web_ms.append(1000 * (served.busy_s() - web_s) / answered.count)
            self.database_ms.append(1000 * (self._run.cluster.busy_s() - database_s) / answered.count)
        self.answers.append(answered)
        return answered.rate

    def cpu_ms(self) -> list[float]:
        """Milliseconds of a core that a request takes, one a round: what other programs hardly change."""
        return [web + database for web, database in zip(self.web_ms, self.database_ms, strict=True)]

    def p50(self) -> list[float]:
        """Milliseconds, one a round."""
        return [answered.p50_ms for answered in self.answers]

    def p99(self) -> list[float]:
        """Milliseconds, one a round."""
        return [answered.p99_ms for answered in self.answers]


def api_database(run: Run) -> Database:
    """A hundred households of 3,000 transactions, each signed in once; and the floor's tables with the same rows."""

    def fill(database: Database) -> None:
        seed(database, books=BOOKS, transactions=_SEEDED, days=1095)
        with database.as_admin() as admin:
            admin.execute((SQL / "floor.sql").read_bytes())
            admin.execute((SQL / "floor_keys.sql").read_bytes())
            admin.execute("VACUUM (ANALYZE)")

    return run.cluster.database("api", fill)


def tokens_of(run: Run) -> list[str]:
    """An access token of each person, from a sign-in that really is in the database."""
    said = as_product(run, api_database(run), "tokens", str(BOOKS))
    return [str(token) for token in json.loads(said)]


def list_query(run: Run) -> dict[str, Any]:
    """What GET /v1/transactions asks for its page, caught from the product: `sql`, `parameters`, `column`.

    Caught once a run: a home that is kept may hold the statement of another day.
    """
    path = run.cluster.home / _LIST_QUERY
    if path not in _caught:
        _caught[path] = json.loads(as_product(run, api_database(run), "list_query"))
        path.write_text(json.dumps(_caught[path]))
    return dict(_caught[path])


def as_product(run: Run, database: Database, *arguments: str) -> str:
    """What product.py says, from a process of its own: Django can be set up only once in one."""
    env = os.environ | environment(run.cluster, database)
    command = [sys.executable, "-m", "tests.benchmarks.product", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout


def _request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    if method == "POST":
        headers = {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{_HEAD.format(method=method, path=path)}{lines}\r\n".encode() + body


def _as_person(book: int) -> dict[str, str]:
    return {"X-Person": str(identity(1, book)), "X-Book": str(identity(2, book))}


def _spread(make: Callable[[int, int], bytes], *, process: int, count: int) -> list[bytes]:
    """One request after another, each of another household."""
    return [make(1 + (number * 7 + process * 3) % BOOKS, number) for number in range(count)]


@dataclass(frozen=True, slots=True)
class ProductPost:
    """Expenses as a phone sends them, each with an idempotency key of its own."""

    tokens: list[str]

    def __call__(self, process: int, count: int) -> list[bytes]:
        """A process's requests."""
        once = os.urandom(8).hex()

        def make(book: int, number: int) -> bytes:
            body = orjson.dumps(
                {
                    "type": "expense",
                    "amount": 1 + number % 5000,
                    "date": "2026-11-19",
                    "description": "Meena Tiffin Service",
                    "payee": "Meena",
                    "account_id": account(book, 1 + number % 10),
                    "category_id": account(book, 21 + number % 40),
                }
            )
            headers = {
                "Authorization": f"Bearer {self.tokens[book - 1]}",
                "Idempotency-Key": f"{once}-{number}",
            }
            return _request("POST", "/v1/transactions", headers, body)

        return _spread(make, process=process, count=count)


@dataclass(frozen=True, slots=True)
class FloorPost:
    """The same expenses as ledger_post takes them."""

    def __call__(self, process: int, count: int) -> list[bytes]:
        """A process's requests."""

        def make(book: int, number: int) -> bytes:
            (item,) = items_make(book=book, count=1, seed=number)
            return _request("POST", "/post", _as_person(book), orjson.dumps([as_posted(as_json(item))]))

        return _spread(make, process=process, count=count)


@dataclass(frozen=True, slots=True)
class OrmPost:
    """The same expenses as the ModelSerializer takes them."""

    def __call__(self, process: int, count: int) -> list[bytes]:
        """A process's requests."""

        def make(book: int, number: int) -> bytes:
            (item,) = items_make(book=book, count=1, seed=number)
            whole = as_json(item)
            legs = [{"line": line, **leg} for line, leg in enumerate(whole["postings"], start=1)]
            body = {"book_id": identity(2, book), **whole, "account": item.own, "postings": legs}
            body["postings"] = [{**leg, "account": leg["account_id"]} for leg in legs]
            return _request("POST", "/orm/transactions", _as_person(book), orjson.dumps(body))

        return _spread(make, process=process, count=count)


@dataclass(frozen=True, slots=True)
class ProductList:
    """The first page of fifty."""

    tokens: list[str]

    def __call__(self, process: int, count: int) -> list[bytes]:
        """A process's requests."""

        def make(book: int, _number: int) -> bytes:
            return _request(
                "GET", "/v1/transactions?limit=50", {"Authorization": f"Bearer {self.tokens[book - 1]}"}
            )

        return _spread(make, process=process, count=count)


@dataclass(frozen=True, slots=True)
class BareList:
    """The same page from a floor."""

    path: str

    def __call__(self, process: int, count: int) -> list[bytes]:
        """A process's requests."""
        return _spread(
            lambda book, _number: _request("GET", self.path, _as_person(book)), process=process, count=count
        )
