"""What reaches the server's socket before it is a request: never a fault, never a banner."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from rupaya import server

pytestmark = pytest.mark.slow

HEADERS = {
    "content-security-policy", "cross-origin-embedder-policy", "cross-origin-opener-policy",
    "cross-origin-resource-policy", "x-content-type-options", "x-frame-options", "referrer-policy",
    "permissions-policy", "x-dns-prefetch-control", "x-xss-protection", "reporting-endpoints", "x-request-id",
}  # fmt: skip
TLS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 60 + b"\r\n\r\n"
LOGIN = b"POST /v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
GET = b"GET /v1/nothing HTTP/1.1\r\nHost: localhost\r\n"

REFUSED = {
    "no request at all": (b"nonsense\r\n\r\n", 400, "invalid"),
    "a handshake of TLS": (TLS, 400, "invalid"),
    "a version that is none": (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", 400, "invalid"),
    "an address that is too long": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414, "address_too_long"),
    "a header that is too long": (GET + b"X-Long: " + b"a" * 9000 + b"\r\n\r\n", 431, "headers_too_large"),
    "too many headers": (GET + b"".join(b"X-%d: a\r\n" % n for n in range(150)) + b"\r\n", 431, "headers_too_large"),
    "a header without a name": (GET + b": a\r\n\r\n", 400, "invalid"),
    "a folded header": (GET + b"X-A: a\r\n b\r\n\r\n", 400, "invalid"),
    "NUL in a header": (GET + b"X-A: a\x00b\r\n\r\n", 400, "invalid"),
    "a length that is no number": (LOGIN + b"Content-Length: abc\r\n\r\n", 400, "invalid"),
    "a length below zero": (LOGIN + b"Content-Length: -1\r\n\r\n", 400, "invalid"),
    "a length with a sign": (LOGIN + b"Content-Length: +2\r\n\r\n{}", 400, "invalid"),
    "two lengths": (LOGIN + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, "invalid"),
    "length and chunks": (LOGIN + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "invalid"),
    "an encoding that is unknown": (LOGIN + b"Transfer-Encoding: br\r\n\r\n", 501, "not_implemented"),
    "chunks": (LOGIN + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 411, "length_required"),
    "chunks that are none": (LOGIN + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 411, "length_required"),
    "an expectation": (GET + b"Expect: a miracle\r\n\r\n", 417, "expectation_unmet"),
    "two hosts": (GET + b"Host: evil.example\r\n\r\n", 400, "invalid"),
    "another host": (b"GET /v1/nothing HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400, "invalid"),
    "a host that is none": (b"GET /v1/nothing HTTP/1.1\r\nHost: a b/c\r\n\r\n", 400, "invalid"),
    "a method that is unknown": (b"BREW /v1/books HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "method_not_allowed"),
    "TRACE": (b"TRACE /v1/categories HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "method_not_allowed"),
    "a body of 20 MB": (LOGIN + b"Content-Length: 20000000\r\n\r\n" + b" " * 1_200_000, 413, "body_too_large"),
}  # fmt: skip
ODD = {
    "no host": b"GET /v1/nothing HTTP/1.1\r\n\r\n",
    "an absolute address": b"GET http://evil.example/v1/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no path": b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "bytes that are no UTF-8": b"GET /v1/%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "NUL in the path": b"GET /v1/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "dots": b"GET /static/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "dots that are hidden": b"GET /static/..%2f..%2fetc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "half a percent": b"GET /%e0%a4%a HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a lone surrogate": b"GET /transactions?q=%ed%a0%80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "another scheme": GET + b"X-Forwarded-Proto: gopher\r\n\r\n",
    "a forwarded crowd": GET + b"X-Forwarded-For: " + b"1.2.3.4, " * 800 + b"\r\n\r\n",
    "a cookie that is none": GET + b"Cookie: \xff=\xfe; ;;; =; sessionid=\x80\r\n\r\n",
}


def exchange(live, raw, *, timeout_s=20):
    """(status, headers in lower case, body) of the answer to these bytes."""
    parts = urlsplit(live)
    with socket.create_connection((parts.hostname, parts.port), timeout=timeout_s) as connection:
        with suppress(
            BrokenPipeError, ConnectionResetError
        ):  # it may answer and close before everything was sent
            connection.sendall(raw)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, answer.read()


def check_headers(headers):
    assert sorted(HEADERS - set(headers)) == []
    assert {"server", "x-powered-by"}.isdisjoint(headers)
    assert re.fullmatch(r"[0-9a-f-]{36}", headers["x-request-id"])


class TestRefusals:
    @pytest.mark.parametrize("what", REFUSED)
    def test_are_problem_details_with_all_headers(self, live, what):
        raw, status, code = REFUSED[what]

        got, headers, body = exchange(live, raw)

        problem = json.loads(body)
        assert (got, problem["code"]) == (status, code)
        assert headers["content-type"] == "application/problem+json"
        assert problem["request_id"] == headers["x-request-id"]
        assert problem["error"] == problem["detail"]
        check_headers(headers)

    @pytest.mark.parametrize("what", ODD)
    def test_never_become_a_fault(self, live, what):
        status, headers, body = exchange(live, ODD[what])

        assert status in {200, 302, 400, 404}
        assert b"root:" not in body
        check_headers(headers)

    def test_repeat_nothing_of_what_was_sent(self, live):
        _, _, body = exchange(live, b"<script>alert(1)</script>\r\n\r\n")

        assert b"script" not in body


class TestSlowness:
    def test_of_headers_ends_and_gives_the_thread_back(self, live):
        parts = urlsplit(live)
        slow = []
        for _ in range(3):  # of the four threads
            connection = socket.create_connection((parts.hostname, parts.port))
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
            slow.append(connection)
        started = time.monotonic()

        answers = []
        for connection in slow:
            with connection:
                connection.settimeout(server.HEADERS_S + 10)
                answers.append(connection.recv(100))

        assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in answers)
        assert time.monotonic() - started < server.HEADERS_S + 5
        assert exchange(live, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")[0] == 200

    def test_of_a_body_ends_with_a_sentence(self, live):
        status, headers, body = exchange(
            live, LOGIN + b"Content-Length: 100\r\n\r\n{", timeout_s=server.PAUSE_S + 15
        )

        assert (status, json.loads(body)["code"]) == (408, "request_timeout")
        check_headers(headers)


class TestKeptConnections:
    def test_serve_one_request_after_another(self, live):
        parts = urlsplit(live)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)

        statuses = []
        for _ in range(3):
            connection.request("GET", "/health/live")
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        connection.close()

        assert statuses == [200, 200, 200]

    def test_serve_what_was_sent_ahead(self, live):
        parts = urlsplit(live)
        one = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n%b\r\n"
        with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
            connection.sendall(one % b"" + one % b"Connection: close\r\n")
            received = b"".join(iter(lambda: connection.recv(65536), b""))

        assert received.count(b"HTTP/1.1 200 ") == 2
