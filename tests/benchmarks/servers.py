"""A web server, gunicorn with the settings of deploy/ unless another is named, around the product or around a floor."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.benchmarks.cluster import ROOT, processes_busy_s
from tests.benchmarks.http_client import HOST

PRODUCT: Final = "rupaya.wsgi:application"
FLOOR: Final = "tests.benchmarks.floor.wsgi:application"
_READY_S: Final = 60
_STOP_S: Final = 30


@dataclass(frozen=True, slots=True)
class Server:
    """A web server that answers."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """Its first process."""
        return self.process.pid

    def busy_s(self) -> float:
        """Seconds of a core that it and its workers have taken so far; the database is not in it."""
        return processes_busy_s(self.pid)


def gunicorn(application: str, port: int, *, settings: str = "deploy/gunicorn.conf.py") -> list[str]:
    """Python's arguments for gunicorn around an application."""
    return ["-m", "gunicorn", "-c", settings, "--bind", f"{HOST}:{port}", application]


@contextmanager
def server(
    application: str,
    *,
    environment: Mapping[str, str],
    log: Path,
    root: Path = ROOT,
    program: Callable[[str, int], list[str]] = gunicorn,
) -> Iterator[Server]:
    """Will serve the code under `root` on a free port, and be gone afterwards, which it checks.

    program: Python's arguments, of an application and a port. Raises RuntimeError, also for a server that ended with
    another code than 0, which is what one says that was told to stop.
    """
    port = _free_port()
    command = [sys.executable, *program(application, port)]
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, cwd=root, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
    try:
        _wait(process, port, log)
        yield Server(port, process)
        if process.poll():
            raise RuntimeError(f"the server ended by itself; its log is {log}")
    finally:
        _stop(process)
    if _answers(port):
        raise RuntimeError(f"something still listens on port {port}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ends = time.monotonic() + _READY_S
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > ends:
            raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request(
            "GET", "/health", headers={"Host": "bench.example.in", "X-Forwarded-Proto": "https"}
        )
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
