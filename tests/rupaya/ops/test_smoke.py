"""Is it well, and is it that version? Against a server that speaks HTTP."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rupaya.ops.plans import OpsError
from rupaya.ops.smoke import Health, health_address, health_ask, smoke
from tests.rupaya.ops.aws import Time


class Server(ThreadingHTTPServer):
    """Answers what it was told to: status, body and headers."""

    answer: tuple[int, bytes, dict[str, str]] = 200, b"", {}

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/health"


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # http.server's name
            status, body, headers = self.server.answer  # type: ignore[attr-defined]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Quiet."""

    made = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


class TestHealthAddress:
    @pytest.mark.parametrize(
        ("url", "address"),
        [("https://api.rupaya.com/v1", "https://api.rupaya.com/health"), ("http://localhost:8000", "http://localhost:8000/health"),
         ("https://api.rupaya.com:8443/", "https://api.rupaya.com:8443/health")],
    )  # fmt: skip
    def test_is_on_the_same_server(self, url, address):
        assert health_address(url) == address

    @pytest.mark.parametrize(
        "url", ["", "api.rupaya.com", "http://api.rupaya.com", "ftp://x", "file:///etc/passwd"]
    )
    def test_refuses_what_can_not_be_asked(self, url):
        with pytest.raises(OpsError, match="is no address to ask"):
            health_address(url)


class TestHealthAsk:
    def test_reads_status_and_version(self, server):
        server.answer = 200, json.dumps({"status": "ok", "version": "1.1"}).encode(), {}

        assert health_ask(server.address) == Health(200, "ok", "1.1", "")

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"ok"', b"{}", b"\xff", b"[" * 70_000])
    def test_takes_nothing_else_for_health(self, server, body):
        server.answer = 200, body, {}

        assert health_ask(server.address).state == ""

    def test_follows_no_redirect(self, server):
        server.answer = 302, b"", {"Location": "https://elsewhere.example.in/health"}

        assert health_ask(server.address).status == 302

    def test_takes_no_answer_for_one(self):
        assert health_ask("http://127.0.0.1:1/health").status == 0


class TestSmoke:
    def ask(self, *answers):
        left = list(answers)
        return lambda _: left.pop(0) if len(left) > 1 else left[0]

    def test_wants_three_good_answers_running(self):
        well, other = Health(200, "ok", "1.1", ""), Health(200, "ok", "1.0", "")
        time = Time()

        smoke(
            address="x", version="1.1", patience=time.patience(), say=lambda _: None,
            ask=self.ask(well, well, other, well, well, well),
        )  # fmt: skip

        assert time.seconds == 25

    @pytest.mark.parametrize(
        "health",
        [Health(200, "ok", "1.0", ""), Health(503, "unavailable", "1.1", ""), Health(200, "unavailable", "1.1", ""),
         Health(0, "", "", "refused")],
    )  # fmt: skip
    def test_fails_where_they_never_come(self, health):
        with pytest.raises(OpsError, match="longer than 60 s"):
            smoke(
                address="x",
                version="1.1",
                patience=Time().patience(60),
                say=lambda _: None,
                ask=self.ask(health),
            )
