"""What Sentry is sent, read at the other end of the wire."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest

ROOT = Path(__file__).parent.parent.parent.parent
ACCOUNT, EMAIL, WORD = "50100123456789", "kanari@example.in", "kanarienvogel"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJrYW5hcmkifQ.c2lnbmF0dXJl"
SCRIPT = f"""
import logging
import django; django.setup()
import sentry_sdk, structlog
from django.db import connection
from django.test import Client
from django.test import override_settings
client = Client(raise_request_exception=False)
headers = {{"X-Request-ID": "phone-request-1", "Authorization": "Bearer {JWT}", "Cookie": "sessionid={WORD}"}}
with override_settings(ROOT_URLCONF="tests.rupaya.core.probe_urls"):
    client.get("/probe/fault?q={WORD}", headers=headers)
    client.post("/v1/open/fault", '{{"password": "{WORD}"}}', content_type="application/json", headers=headers)
def inner(pin):
    raise ValueError("refused {ACCOUNT} of {EMAIL} with {JWT}")
try:
    inner("{WORD}")
except ValueError:
    logging.getLogger("some.library").exception("said {EMAIL}", extra={{"password": "{WORD}"}})
    structlog.get_logger("rupaya.test").exception("some.event", token="{WORD}", account_number="{ACCOUNT}")
try:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO accounts_user (id, email) VALUES (%s, %s)", ["{ACCOUNT}", "{EMAIL}"])
except Exception as error:
    sentry_sdk.capture_exception(error)
sentry_sdk.flush(10)
"""


_UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}


class Door(HTTPServer):
    """Where Sentry listens, and what came."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.sent: list[str] = []


class Collector(BaseHTTPRequestHandler):
    """Keeps what is posted."""

    server: Door

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.sent.append(_UNPACK[self.headers.get("Content-Encoding")](body).decode())
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture(scope="module")
def sent():
    with Door(("127.0.0.1", 0), Collector) as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        dsn = f"http://{'a' * 32}@127.0.0.1:{collector.server_port}/1"
        subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=os.environ | {"SENTRY_DSN": dsn, "SENTRY_ENVIRONMENT": ""},
        )  # fmt: skip
        collector.shutdown()
        yield "\n".join(collector.sent)


class TestSentry:
    def test_is_told_of_faults_with_the_requests_id(self, sent):
        assert '"RuntimeError"' in sent
        assert '"ValueError"' in sent
        assert "phone-request-1" in sent

    @pytest.mark.parametrize("value", [ACCOUNT, EMAIL, WORD, JWT])
    def test_is_told_no_value(self, sent, value):
        assert sent
        assert value not in sent
