"""What bounds a client's bytes, and whom the server believes."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from gunicorn.config import Config
from gunicorn.http import RequestParser

from rupaya import server
from rupaya.server import BoundedUnreader, HeadersTooSlow, request_begin

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
