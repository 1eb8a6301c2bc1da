"""servers: the product's own endpoints whole, under each web server, with so many processes and threads.

All sides serve the same application on the same database, so a ratio is the server's and its threads' alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.benchmarks.api import BareList, ProductList, ProductPost, api_database, tokens_of
from tests.benchmarks.cluster import environment
from tests.benchmarks.figures import Figure, interleaved, pair
from tests.benchmarks.http_client import HOST, Answered, Requests, load
from tests.benchmarks.run import Run
from tests.benchmarks.servers import PRODUCT, gunicorn, server

USUAL: Final = "gthread 2x4"  # what deploy/gunicorn.conf.py says; everything else is measured against it
_THREADED: Final = ((2, 2), (2, 4), (2, 8), (4, 2), (4, 4))  # processes, threads of each
_WARM_REQUESTS: Final = 200  # of each process: its plans are kept, its code has run
_WARM_S: Final = 1.5  # at a time
_MEASURES: Final = (
    ("requests", "req/s"), ("p99", "ms"), ("CPU of web", "ms/req"), ("CPU in all", "ms/req"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """A web server with so many processes, and threads in each."""

    program: Callable[[str, int], list[str]]
    processes: int
    threads: int
    application: str = PRODUCT


def granian(application: str, port: int, *, processes: int, threads: int) -> list[str]:
    """Python's arguments for granian around an application."""
    return [
        "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port), "--no-ws", "--http", "1",
        "--workers", str(processes), "--blocking-threads", str(threads), "--log-level", "warning", application,
    ]  # fmt: skip


def ways() -> dict[str, Way]:
    """What is measured, by name."""
    sync = functools.partial(gunicorn, settings="tests/benchmarks/sync_conf.py")
    found = {f"gthread {many}x{threads}": Way(gunicorn, many, threads) for many, threads in _THREADED}
    found |= {f"sync {many}": Way(sync, many, 1) for many in (2, 4)}
    for many, threads in _THREADED:
        program = functools.partial(granian, processes=many, threads=threads)
        found[f"granian {many}x{threads}"] = Way(
            program, many, threads, "tests.benchmarks.granian_side:application"
        )
    return found


@dataclass(slots=True)
class _Side:
    """Starts its server, drives each endpoint, stops it, each round; keeps what was measured in their order."""

    run: Run
    way: Way
    wishes: dict[str, tuple[Requests, int]]  # by endpoint: what is sent, and the status that must come
    measured: dict[str, list[tuple[float, float, float, float]]] = field(default_factory=dict)

    def __call__(self, number: int) -> float:
        """Requests a second of the first endpoint."""
        variables = environment(self.run.cluster, api_database(self.run)) | {
            "WEB_CONCURRENCY": str(self.way.processes),
            "WEB_THREADS": str(self.way.threads),
        }
        log = self.run.cluster.home / "servers.log"
        with server(self.way.application, environment=variables, log=log, program=self.way.program) as served:
            for name, (requests, status) in self.wishes.items():
                warmed = 0
                while warmed < _WARM_REQUESTS * self.way.processes:
                    warmed += self._load(served.port, requests, _WARM_S, status).count
                web_s, database_s = served.busy_s(), self.run.cluster.busy_s()
                answered = self._load(served.port, requests, self.run.seconds, status)
                web_ms = 1000 * (served.busy_s() - web_s) / answered.count
                in_all_ms = web_ms + 1000 * (self.run.cluster.busy_s() - database_s) / answered.count
                self.measured.setdefault(name, []).append((answered.rate, answered.p99_ms, web_ms, in_all_ms))
        return next(iter(self.measured.values()))[number][0]

    def _load(self, port: int, requests: Requests, seconds: float, status: int) -> Answered:
        most = round((seconds + 1) * 8000)  # more than a quiet machine answers of next to nothing
        return load(port=port, requests=requests, count=most, seconds=seconds, status=status)


def servers(run: Run) -> list[Figure]:
    """Each way against the usual one: rate, p99, and CPU of a posting, of a page of fifty, and of next to nothing."""
    tokens = tokens_of(run)
    wishes: dict[str, tuple[Requests, int]] = {
        "POST": (ProductPost(tokens), 201),
        "GET": (ProductList(tokens), 200),
        "live": (BareList("/health/live"), 200),  # hardly more than the server itself
    }
    sides = {name: _Side(run, way, wishes) for name, way in ways().items()}
    interleaved(sides, rounds=run.rounds, bench="servers")
    usual = sides[USUAL].measured
    return [
        pair(
            "servers",
            f"{wish}, {name}: {measure}",
            unit,
            ours=[taken[number] for taken in side.measured[wish]],
            floor=[taken[number] for taken in usual[wish]],
        )
        for wish in wishes
        for number, (measure, unit) in enumerate(_MEASURES)
        for name, side in sides.items()
        if name != USUAL
    ]
