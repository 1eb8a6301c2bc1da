"""What bounds a client's bytes, and whom the server believes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from gunicorn.config import Config
from gunicorn.http import RequestParser

from rupaya import server
from rupaya.core.middleware import ANNOUNCED_BYTES_MAX
from rupaya.server import BoundedUnreader, HeadersTooSlow, request_begin
from tests.support.engines import ROOT

FORWARDED = (
    b"X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nForwarded: for=6.6.6.6\r\nX-Other: kept\r\n"
)


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def parsed(pair, head, *, peer="10.0.0.9", trusted="127.0.0.1"):
    """A request as gunicorn reads it from the wire."""
    ours, theirs = pair
    theirs.sendall(b"GET / HTTP/1.1\r\nHost: a.in\r\n" + head + b"\r\n")
    config = Config()
    config.set("forwarded_allow_ips", trusted)
    parser = RequestParser(config, ours, (peer, 4000))
    parser.unreader = BoundedUnreader(ours)
    return next(parser)


def drip(theirs, *, every_s, for_s):
    """Will send a byte now and then, as somebody does who wants to hold a thread."""
    ends = time.monotonic() + for_s
    while time.monotonic() < ends:
        try:
            theirs.sendall(b"a")
        except OSError:
            return
        time.sleep(every_s)


class TestBoundedUnreader:
    def test_gives_what_came(self, pair):
        ours, theirs = pair
        theirs.sendall(b"hello")

        assert BoundedUnreader(ours).read(5) == b"hello"

    @pytest.mark.parametrize("every_s", [0.05, 9.0], ids=["dripping", "silent"])
    def test_ends_headers_that_take_too_long(self, pair, monkeypatch, every_s):
        monkeypatch.setattr(server, "HEADERS_S", 0.4)
        ours, theirs = pair
        reader = BoundedUnreader(ours)
        dripping = threading.Thread(
            target=drip, args=(theirs,), kwargs={"every_s": every_s, "for_s": 2}, daemon=True
        )
        started = time.monotonic()
        dripping.start()

        with pytest.raises(HeadersTooSlow):
            reader.read(1000)

        assert 0.3 < time.monotonic() - started < 1.5

    def test_ends_a_body_that_pauses_too_long(self, pair, monkeypatch):
        monkeypatch.setattr(server, "PAUSE_S", 0.2)
        reader = BoundedUnreader(pair[0])
        reader.body_begin()

        with pytest.raises(TimeoutError):
            reader.read(1000)

    def test_ends_a_body_that_drips(self, pair, monkeypatch):
        monkeypatch.setattr(server, "PAUSE_S", 0.4)
        ours, theirs = pair
        reader = BoundedUnreader(ours)
        reader.body_begin()
        dripping = threading.Thread(
            target=drip, args=(theirs,), kwargs={"every_s": 0.05, "for_s": 2}, daemon=True
        )
        dripping.start()

        with pytest.raises(TimeoutError):
            reader.read(1000)

    def test_lets_a_slow_body_through_that_keeps_coming(self, pair, monkeypatch):
        monkeypatch.setattr(server, "PAUSE_S", 0.3)
        ours, theirs = pair
        reader = BoundedUnreader(ours)
        reader.body_begin()

        def send():
            for _ in range(8):
                theirs.sendall(b"a" * 512)
                time.sleep(0.1)

        sending = threading.Thread(target=send, daemon=True)
        sending.start()

        assert len(reader.read(8 * 512)) == 8 * 512


class TestRequestBegin:
    @pytest.mark.parametrize("trusted", ["127.0.0.1", "10.1.0.0/16"])
    def test_leaves_out_what_a_stranger_says_of_who_asks(self, pair, trusted):
        request = parsed(pair, FORWARDED, trusted=trusted)

        request_begin(None, request)

        assert [name for name, _ in request.headers] == ["HOST", "X-OTHER"]

    @pytest.mark.parametrize("trusted", ["10.0.0.9", "10.0.0.0/24", "*"])
    def test_keeps_what_a_proxy_of_ours_says(self, pair, trusted):
        request = parsed(pair, FORWARDED, trusted=trusted)

        request_begin(None, request)

        assert ("X-FORWARDED-FOR", "6.6.6.6") in request.headers
        assert request.scheme == "https"


SLEEPY = """
import time

def application(environ, start_response):
    time.sleep(float(environ["QUERY_STRING"]))
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""


class TestSkippedBytesMax:
    def test_is_all_that_the_application_lets_anybody_announce(self):
        assert server.SKIPPED_BYTES_MAX >= ANNOUNCED_BYTES_MAX


class TestWorker:
    @pytest.fixture
    def sleepy(self, tmp_path, monkeypatch):
        """A server whose answers take as long as the query says; gives its process and port."""
        (tmp_path / "sleepy.py").write_text(SLEEPY)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        env = os.environ | {"PYTHONPATH": str(tmp_path), "WEB_CONCURRENCY": "2", "WEB_THREADS": "2"}
        command = ["-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "--bind", f"127.0.0.1:{port}", "sleepy"]
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=env)
        try:
            ends = time.monotonic() + 30
            while not self.is_answered(port):
                assert time.monotonic() < ends
                time.sleep(0.05)
            yield process, port
        finally:
            process.kill()
            process.wait()

    @staticmethod
    def is_answered(port):
        try:
            return TestWorker.answer(TestWorker.ask(port, 0)) == b"HTTP/1.1 200"
        except OSError:
            return False

    @staticmethod
    def answer(line):
        """The first words, or what became of them."""
        with line:
            try:
                return line.recv(12, socket.MSG_WAITALL)
            except OSError as error:
                return type(error).__name__

    @staticmethod
    def ask(port, seconds):
        line = socket.create_connection(("127.0.0.1", port), timeout=20)
        line.sendall(f"GET /?{seconds} HTTP/1.1\r\nHost: a.in\r\nConnection: close\r\n\r\n".encode())
        return line

    def test_answers_everybody_the_kernel_had_greeted(self, sleepy):
        process, port = sleepy
        workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for worker in workers:  # so that nobody is let in before they are told to stop
            os.kill(int(worker), signal.SIGSTOP)
        lines = [self.ask(port, 0.1) for _ in range(12)]
        process.terminate()
        time.sleep(0.5)
        for worker in workers:
            os.kill(int(worker), signal.SIGCONT)

        said = [self.answer(line) for line in lines]

        assert said == [b"HTTP/1.1 200"] * 12
        assert process.wait(25) == 0

    def test_refuses_at_once_who_comes_later_and_answers_who_is_being_served(self, sleepy):
        process, port = sleepy
        served = self.ask(port, 3)
        time.sleep(0.3)
        process.terminate()
        time.sleep(0.7)

        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=2)
        assert self.answer(served) == b"HTTP/1.1 200"
        assert process.wait(25) == 0

    @pytest.mark.parametrize("mib", [0.3, 12])
    def test_keeps_a_connection_whose_body_nobody_read(self, sleepy, mib):
        said = []
        with closing(HTTPConnection("127.0.0.1", sleepy[1], timeout=20)) as line:
            for _ in range(3):
                line.request("POST", "/?0", body=b"x" * int(mib * 2**20))
                answer = line.getresponse()
                said.append((answer.status, answer.read(), answer.getheader("Connection")))

        assert said == [(200, b"ok", "keep-alive")] * 3

    def test_says_that_it_ends_where_the_body_is_too_much_to_skip(self, sleepy):
        with closing(HTTPConnection("127.0.0.1", sleepy[1], timeout=20)) as line:
            line.putrequest("POST", "/?0")
            line.putheader("Content-Length", str(server.SKIPPED_BYTES_MAX + 1))
            line.endheaders(b"x")

            assert line.getresponse().getheader("Connection") == "close"

    def test_is_not_held_up_by_somebody_who_says_nothing(self, sleepy):
        process, port = sleepy
        with socket.create_connection(("127.0.0.1", port)):
            time.sleep(6)  # until gunicorn puts the silent aside
            process.terminate()

            assert process.wait(10) == 0
