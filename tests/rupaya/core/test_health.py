"""`GET /health`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as project
from django.db import connections
from django.test import Client

from rupaya.core import health as module
from rupaya.core.health import health
from rupaya.core.replica import Standing
from tests.support.replica import replica_named

LOAD_BALANCER_WAITS_S = 3
ROOT = Path(__file__).parent.parent.parent.parent
CLOSED = "redis://:hidden-password@127.0.0.1:1/0"
SCRIPT = """
import sys, time
import django; django.setup()
from django.test import Client
started = time.monotonic()
answer = Client().get(sys.argv[1])
print(time.monotonic() - started); print(answer.status_code); print(answer.content.decode())
"""


@pytest.fixture
def cache_down(settings):
    settings.CACHES = {"default": {**project.CACHES["default"], "LOCATION": CLOSED}}


def without_database(path):
    """(status, body) of an answer while nothing listens where the database should be.

    It comes before a load balancer gives up, and nothing names the password.
    """
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, path], cwd=ROOT, capture_output=True, text=True, check=True,
        env=os.environ | {"DATABASE_URL": "postgresql://rupaya_user:hidden-password@127.0.0.1:1/rupaya"},
    )  # fmt: skip
    assert "hidden-password" not in done.stdout + done.stderr
    took_s, status, body = done.stdout.strip().splitlines()[-3:]
    assert float(took_s) < LOAD_BALANCER_WAITS_S
    return status, json.loads(body)


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
        status, body = without_database("/health")

        assert status == "503"
        assert body["checks"] == {"database": "down", "cache": "ok"}


class TestLive:
    def test_says_that_the_process_answers_and_asks_nobody(self, cache_down):
        response = Client().get("/health/live", headers={"Host": "10.0.3.7:8000"})

        assert response.status_code == 200
        assert response.json().keys() == {"status", "version", "time"}

    def test_stays_ok_while_the_database_is_away(self):
        status, body = without_database("/health/live")

        assert (status, body["status"]) == ("200", "ok")


class TestReady:
    @pytest.fixture(autouse=True)
    def worker(self, committed, admin_url):
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
            yield admin
            admin.execute("DELETE FROM procrastinate_workers")

    def test_says_what_it_looked_at(self):
        response = Client().get("/health/ready")

        assert response.status_code == 200
        assert response.json()["checks"] == dict.fromkeys(("database", "cache", "migrations", "queue"), "ok")
        assert response.json()["version"] == project.APP_VERSION

    def test_waits_for_a_migration_that_is_not_applied(self, monkeypatch):
        monkeypatch.setattr(module, "_own_migrations", lambda: frozenset({("ledger", "9999_next")}))

        response = Client().get("/health/ready")

        assert response.status_code == 503
        assert response.json()["error"] == "Down: migrations."

    def test_is_content_with_a_database_that_is_ahead(self, monkeypatch):
        monkeypatch.setattr(module, "_own_migrations", lambda: frozenset({("ledger", "0001_initial")}))

        assert Client().get("/health/ready").status_code == 200

    def test_says_that_no_worker_attends_the_queue_and_serves_all_the_same(self, worker):
        worker.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 minutes'")

        response = Client().get("/health/ready")

        assert (response.status_code, response.json()["checks"]["queue"]) == (200, "unattended")

    @pytest.mark.parametrize(
        ("stands", "said"), [(Standing("level"), "ok"), (Standing("behind"), "behind"), (None, "unknown")]
    )
    def test_says_how_the_replica_stands_and_serves_all_the_same(self, committed, monkeypatch, stands, said):
        monkeypatch.setattr(module, "standing_at", lambda _place: stands)
        with replica_named(monkeypatch):
            response = Client().get("/health/ready")

        assert (response.status_code, response.json()["checks"]["replica"]) == (200, said)

    def test_is_unavailable_where_the_cache_is_away(self, cache_down):
        response = Client().get("/health/ready")

        assert (response.status_code, response.json()["error"]) == (503, "Down: cache.")

    def test_is_unavailable_where_the_database_is_away(self):
        status, body = without_database("/health/ready")

        assert (status, body["checks"]) == ("503", {"database": "down", "cache": "ok"})

    def test_knows_every_migration_of_ours(self):
        assert {("ledger", "0001_initial"), ("audit", "0001_initial")} <= module._own_migrations()


class TestHealth:
    def test_gives_its_connection_back(self, committed):
        pool = connections["default"].pool  # type: ignore[attr-defined]
        health()
        before = pool.get_stats().get("pool_available")

        for _ in range(20):
            health()

        assert pool.get_stats().get("pool_available") == before >= 1
