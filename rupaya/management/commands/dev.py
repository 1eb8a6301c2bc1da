"""`manage.py dev`: everything that a person needs to use RUPAYA on this machine, in one terminal."""

from __future__ import annotations

import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

HOST: Final = "127.0.0.1"
READY_S: Final = 60.0
STOP_S: Final = 10.0
_POLL_S: Final = 0.1

# Runs what follows its first argument, and has the kernel end it when the process of that number, its parent,
# dies: so a kill -9 of this command leaves nobody behind who holds the port. Where the kernel cannot (macOS),
# it only runs it. A program of its own, because between fork and exec a process with threads may not do it.
_WITH_PARENT: Final = """
import ctypes, os, signal, sys
if sys.platform.startswith("linux"):
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1: PR_SET_PDEATHSIG
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


class Command(BaseCommand):
    """Will migrate, collect static files, start web server and worker, and run until Ctrl-C."""

    help = "Run RUPAYA on this machine: database, web server and worker, until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--demo loads the demo household first."""
        parser.add_argument("--demo", action="store_true", help="load the demo household first")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Exits 0 after Ctrl-C or SIGTERM, 1 where something did not start or died."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        children: dict[str, subprocess.Popen[bytes]] = {}
        try:
            self._prepare(demo=options["demo"])
            children["web server"] = _start(
                "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py",
                "--bind", f"{HOST}:{settings.PORT}", "rupaya.wsgi:application",
            )  # fmt: skip
            children["worker"] = _start("manage.py", "procrastinate", "worker")
            self._wait_until_ready(children)
            self._welcome()
            while True:
                _check_alive(children)
                time.sleep(_POLL_S)
        except KeyboardInterrupt:
            self._say("\nStopping …")
        finally:
            _stop(children)
        self._say("Stopped. The data is kept; `make run` continues where you left.")

    def _prepare(self, *, demo: bool) -> None:
        port_check(port=settings.PORT)
        for notice in settings.EMBEDDED_NOTICES:
            self._say(notice)
        self._say("Bringing the database up to date …")
        call_command("migrate", verbosity=0, interactive=False)
        self._collect_static()
        if demo:
            self._say("Loading the demo household …")
            call_command("demo")

    def _collect_static(self) -> None:
        """Only where a file changed: compressing them takes seconds, and a second start should not."""
        stamp = settings.STATIC_ROOT / ".collected"
        present = static_digest()
        if stamp.exists() and stamp.read_text() == present:
            return
        self._say("Collecting static files …")
        call_command("collectstatic", verbosity=0, interactive=False)
        stamp.write_text(present)

    def _wait_until_ready(self, children: dict[str, subprocess.Popen[bytes]]) -> None:
        self._say("Starting the web server and the worker …")
        ends = time.monotonic() + READY_S
        while not health_is_ok(port=settings.PORT):
            _check_alive(children)
            if time.monotonic() > ends:
                raise CommandError(
                    f"The web server did not answer /health within {READY_S:.0f} s; its log is above."
                )
            time.sleep(_POLL_S)

    def _welcome(self) -> None:
        self.stdout.write(f"RUPAYA runs at http://localhost:{settings.PORT}")
        self.stdout.flush()
        self._say("Open it and sign up. Ctrl-C stops everything and keeps the data.")

    def _say(self, sentence: str) -> None:
        self.stderr.write(sentence, style_func=str)
        self.stderr.flush()


def static_digest() -> str:
    """A digest over every static file's path, size and time of change: equal means nothing is to be collected."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list(None), key=lambda found: found[0]):
            changed_at = storage.get_modified_time(path)
            digest.update(f"{path} {storage.size(path)} {changed_at.timestamp()}\n".encode())
    return digest.hexdigest()


def port_check(*, port: int) -> None:
    """Will raise CommandError, in one sentence with the way out, where `port` is taken on this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}); choose another: make run PORT={port % 65535 + 1}"
            ) from error


def health_is_ok(*, port: int) -> bool:
    """Does /health on this machine's `port` answer 200 within 5 s?"""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _start(*arguments: str) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C reaches only this command, which then stops the others in order."""
    parent = str(os.getpid())
    return subprocess.Popen(
        [sys.executable, "-c", _WITH_PARENT, parent, sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def _check_alive(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            raise CommandError(
                f"The {name} ended by itself with exit code {child.returncode}; its log is above."
            )


def _stop(children: dict[str, subprocess.Popen[bytes]]) -> None:
    # A second Ctrl-C would leave children behind that hold the port; they have STOP_S, then they are killed.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for child in children.values():
        child.terminate()
    ends = time.monotonic() + STOP_S
    for child in children.values():
        try:
            child.wait(timeout=max(0.0, ends - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
