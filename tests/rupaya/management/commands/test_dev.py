"""`manage.py dev`: what it says, and that nothing of it stays behind."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management.base import CommandError

from rupaya import embedded
from rupaya.embedded.process import wait_until
from rupaya.management.commands import dev

ROOT = Path(__file__).resolve().parents[4]
SLEEP = "import time; time.sleep(60)"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((dev.HOST, 0))
        return int(probe.getsockname()[1])


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def health_server(status: int) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args):
            """Says nothing."""

    server = http.server.HTTPServer((dev.HOST, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def in_root(monkeypatch):
    monkeypatch.setattr(dev, "settings", SimpleNamespace(BASE_DIR=ROOT))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


class TestPortCheck:
    def test_passes_a_free_port(self):
        dev.port_check(port=free_port())

    def test_names_the_way_out_when_the_port_is_taken(self):
        with socket.socket() as other:
            other.bind((dev.HOST, 0))
            other.listen()
            port = other.getsockname()[1]

            with pytest.raises(CommandError, match=f"Port {port} cannot be used .* make run PORT={port + 1}"):
                dev.port_check(port=port)


class TestHealthIsOk:
    @pytest.mark.parametrize(("status", "expected"), [(200, True), (503, False)])
    def test_believes_only_a_200(self, status, expected):
        with health_server(status) as port:
            assert dev.health_is_ok(port=port) is expected

    def test_is_false_where_nobody_listens(self):
        assert dev.health_is_ok(port=free_port()) is False


class TestStart:
    def test_starts_it_out_of_reach_of_ctrl_c(self, in_root):
        child = dev._start("-c", SLEEP)

        assert os.getsid(child.pid) == child.pid
        dev._stop({"child": child})

    @pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="only Linux tells a child of its parent's death"
    )
    def test_leaves_nobody_behind_when_the_command_is_killed(self):
        script = (
            "import sys, time\nfrom types import SimpleNamespace\nfrom rupaya.management.commands import dev\n"
            f"dev.settings = SimpleNamespace(BASE_DIR='.')\nchild = dev._start('-c', {SLEEP!r})\n"
            "print(child.pid, flush=True)\ntime.sleep(60)\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as parent:
            assert parent.stdout
            child = int(parent.stdout.readline())
            # The child must have come as far as what it is to run, past the words that bind it to its parent.
            assert wait_until(
                lambda: b"getppid" not in Path(f"/proc/{child}/cmdline").read_bytes(), timeout_s=20
            )

            parent.kill()

        assert wait_until(lambda: not is_running(child), timeout_s=10)


class TestCheckAlive:
    def test_says_which_one_ended_and_how(self, in_root):
        child = dev._start("-c", "raise SystemExit(3)")
        child.wait()

        with pytest.raises(CommandError, match="The worker ended by itself with exit code 3"):
            dev._check_alive({"worker": child})


class TestStop:
    def test_kills_with_its_children_what_does_not_stop_by_itself(self, in_root, monkeypatch, tmp_path):
        monkeypatch.setattr(dev, "STOP_S", 0.5)
        note = tmp_path / "pid"
        child = dev._start(
            "-c",
            "import signal, subprocess, sys, pathlib, time\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            f"inner = subprocess.Popen([sys.executable, '-c', {SLEEP!r}])\n"
            f"pathlib.Path({str(note)!r}).write_text(f'{{inner.pid}}\\n')\n"
            "time.sleep(60)\n",
        )
        assert wait_until(lambda: note.exists() and note.read_text().endswith("\n"), timeout_s=20)

        dev._stop({"child": child})

        assert child.returncode == -signal.SIGKILL
        assert wait_until(lambda: not is_running(int(note.read_text())), timeout_s=10)


@pytest.mark.slow
class TestCommand:
    def test_serves_until_ctrl_c_and_then_leaves_nothing(self):
        home = Path(tempfile.mkdtemp(prefix="rupaya-test-", dir="/tmp"))
        home.chmod(0o755)
        engines = embedded.engines_ensure(home=home, durable=False)
        port = free_port()
        environment = {
            **os.environ,
            "APP_ENV": "development",
            "PORT": str(port),
            "STATIC_ROOT": str(home / "static"),  # other tests' is read while this one collects
            "DATABASE_URL": str(engines.database_url),
            "DATABASE_OWNER_URL": str(engines.owner_url),
            "DATABASE_SEALER_URL": str(engines.sealer_url),
            "REDIS_URL": str(engines.redis_url),
        }
        try:
            with subprocess.Popen(
                [sys.executable, "manage.py", "dev"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ) as command:
                assert command.stdout
                said = command.stdout.readline()
                is_healthy = dev.health_is_ok(port=port)
                asked_at = time.monotonic()
                command.send_signal(signal.SIGINT)
                rest, talk = command.communicate(timeout=60)

            assert said == f"RUPAYA runs at http://localhost:{port}\n", talk
            assert is_healthy
            assert (command.returncode, rest) == (0, ""), talk
            assert "The data is kept" in talk
            assert time.monotonic() - asked_at < 30
            with pytest.raises(OSError, match="refused"):
                http.client.HTTPConnection(dev.HOST, port).connect()
        finally:
            embedded.engines_release(home=home)
            shutil.rmtree(home)
