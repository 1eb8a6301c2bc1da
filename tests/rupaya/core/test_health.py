"""`GET /health`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings as project
from django.db import connections
from django.test import Client

from rupaya.core import health as module
from rupaya.core.health import health

ROOT = Path(__file__).parent.parent.parent.parent
CLOSED = "redis://:hidden-password@127.0.0.1:1/0"
SCRIPT = """
import django; django.setup()
from django.test import Client
answer = Client().get("/health")
print(answer.status_code); print(answer.content.decode())
"""


@pytest.fixture
def cache_down(settings):
    settings.CACHES = {"default": {**project.CACHES["default"], "LOCATION": CLOSED}}


class TestHealthMiddleware:
    def test_says_ok(self, committed):
        response = Client().get("/health")

        body = response.json()
        assert response.status_code == 200
        assert response["Content-Type"] == "application/json"
        assert body["status"] == "ok"
        assert body["checks"] == {"database": "ok", "cache": "ok"}
        assert body["version"] == project.APP_VERSION
        assert "error" not in body

    def test_answers_any_host_without_a_cookie(self, committed):
        response = Client().get("/health", headers={"Host": "10.0.3.7:8000"})

        assert response.status_code == 200
        assert not response.cookies

    def test_answers_head_without_a_body(self, committed):
        response = Client().head("/health")

        assert response.status_code == 200
        assert response.content == b""

    @pytest.mark.parametrize("method", ["post", "put", "delete"])
    def test_takes_no_other_method(self, method):
        response = getattr(Client(), method)("/health")

        assert response.status_code == 405
        assert response["Allow"] == "GET, HEAD"
        assert response["Content-Type"] == "application/problem+json"

    def test_is_unavailable_and_names_the_cache(self, committed, cache_down):
        response = Client().get("/health")

        assert response.status_code == 503
        assert response.json()["status"] == "unavailable"
        assert response.json()["checks"] == {"database": "ok", "cache": "down"}
        assert response.json()["error"] == "Down: cache."
        assert b"hidden-password" not in response.content

    def test_is_unavailable_and_names_the_database_before_a_load_balancer_gives_up(self):
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True,
            env=os.environ | {"DATABASE_URL": "postgresql://rupaya_user:hidden-password@127.0.0.1:1/rupaya"},
        )  # fmt: skip

        status, body = done.stdout.strip().splitlines()[-2:]
        assert status == "503"
        assert json.loads(body)["checks"] == {"database": "down", "cache": "ok"}
        assert "hidden-password" not in done.stdout + done.stderr
        assert time.monotonic() - started < module.PROBE_TIMEOUT_S + 6  # starting Python takes its share


class TestHealth:
    def test_gives_its_connection_back(self, committed):
        pool = connections["default"].pool  # type: ignore[attr-defined]
        health()
        before = pool.get_stats().get("pool_available")

        for _ in range(20):
            health()

        assert pool.get_stats().get("pool_available") == before >= 1
