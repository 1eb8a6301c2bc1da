"""Where a request's time goes: `python -m tests.benchmarks.profile [--home DIR]`.

Runs the product's WSGI application in one thread under cProfile, with the settings of production. It counts CPU
seconds, so that other programs on the machine do not show. cProfile makes calls dearer than they are: compare lines
with each other.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import json
import os
import pstats
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tests.benchmarks import api
from tests.benchmarks.cluster import ROOT, cluster, environment
from tests.benchmarks.http_client import Requests
from tests.benchmarks.run import Run

REQUESTS: Final = 300
_LINES: Final = 25


def main() -> None:
    """Will print both profiles."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.profile", description=__doc__)
    parser.add_argument("--home", type=Path, help="keep the databases there for the next run")
    with cluster(parser.parse_args().home) as engines:
        run = Run(engines, rounds=3, seconds=1, rows=0)
        env = os.environ | environment(engines, api.api_database(run))
        tokens = api.tokens_of(run)
        for name in ("api_post", "api_list"):
            command = [sys.executable, "-m", "tests.benchmarks.profile", "--inside", name, *tokens]
            subprocess.run(command, cwd=ROOT, env=env, check=True)


def inside(name: str, tokens: list[str]) -> None:
    """The part that runs where the environment names the database."""
    from rupaya.wsgi import application

    make: Requests = api.ProductPost(tokens) if name == "api_post" else api.ProductList(tokens)
    requests = make(0, 2 * REQUESTS)
    status = {"api_post": 201, "api_list": 200}[name]
    for request in requests[:REQUESTS]:
        _ask(application, request, status)  # imports, caches, prepared plans
    half = requests[REQUESTS:]
    started, cpu = time.perf_counter(), time.thread_time()
    for request in half[: REQUESTS // 2]:
        _ask(application, request, status)
    wall_ms = 1000 * (time.perf_counter() - started) / (REQUESTS // 2)
    cpu_ms = 1000 * (time.thread_time() - cpu) / (REQUESTS // 2)
    with _statements() as seen:
        _ask(application, half[REQUESTS // 2], status)
    profile = cProfile.Profile(time.thread_time)
    profile.enable()
    for request in half[REQUESTS // 2 + 1 :]:
        _ask(application, request, status)
    profile.disable()
    _tell(name, profile, seen, wall_ms=wall_ms, cpu_ms=cpu_ms, count=REQUESTS - REQUESTS // 2 - 1)


def _tell(
    name: str,
    profile: cProfile.Profile,
    seen: list[tuple[str, float]],
    *,
    wall_ms: float,
    cpu_ms: float,
    count: int,
) -> None:
    out = io.StringIO()
    out.write(
        f"\n════ {name}: {wall_ms:.2f} ms a request, {cpu_ms:.2f} ms of them CPU in Python (not profiled)\n"
    )
    out.write(f"{len(seen)} round trips to PostgreSQL, wall:\n")
    for sql, took_ms in seen:
        out.write(f"  {took_ms:6.2f} ms  {' '.join(sql.split())[:150]}\n")
    stats = pstats.Stats(profile, stream=out)
    for order in ("tottime", "cumulative"):
        out.write(f"\nBy {order}, CPU seconds of {count} requests:\n")
        stats.sort_stats(order).print_stats(_LINES if order == "tottime" else 3 * _LINES)
    sys.stdout.write(out.getvalue())
    sys.stdout.flush()


@contextmanager
def _statements() -> Iterator[list[tuple[str, float]]]:
    """Every statement that psycopg sends meanwhile, BEGIN and COMMIT too, with its milliseconds."""
    from psycopg import Connection

    seen: list[tuple[str, float]] = []
    original = Connection.wait

    def wait(self: Connection[Any], generator: Any, **named: Any) -> Any:
        code = getattr(generator, "gi_frame", None)
        names = code.f_locals if code else {}
        query = names.get("query") or names.get("command") or getattr(generator, "__name__", "?")
        started = time.perf_counter()
        try:
            return original(self, generator, **named)
        finally:
            text = query.decode() if isinstance(query, bytes) else str(query)
            seen.append((text, 1000 * (time.perf_counter() - started)))

    Connection.wait = wait  # type: ignore[method-assign,assignment]
    try:
        yield seen
    finally:
        Connection.wait = original  # type: ignore[method-assign]


def _ask(application: Callable[..., Any], request: bytes, status: int) -> None:
    """Will hand the application a request as gunicorn does."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, target, _ = first.split(" ")
    parts = urlsplit(target)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method, "PATH_INFO": parts.path, "QUERY_STRING": parts.query, "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(body), "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr, "wsgi.version": (1, 0),
        "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
    }  # fmt: skip
    for line in lines:
        name, _, value = line.partition(": ")
        key = name.upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
    said: list[str] = []
    answer = application(environ, lambda line, _headers, *_: said.append(line))
    content = b"".join(answer)
    answer.close()
    if not said[0].startswith(str(status)):
        raise RuntimeError(f"{said[0]}: {json.dumps(content.decode()[:500])}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2], sys.argv[3:])
    else:
        main()
