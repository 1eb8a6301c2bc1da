"""What Prometheus reads, and where it may."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from rupaya.core import metrics
from rupaya.core.metrics import Gauge, MetricsMiddleware, gauges_register, limit_counted, metrics_text

ROOT = Path(__file__).parent.parent.parent.parent


def figure(text, name, **labels):
    """The value of one series; None where there is none."""
    for line in text.splitlines():
        found = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
        if found and dict(re.findall(r'(\w+)="([^"]*)"', found[1] or "")) == labels:
            return float(found[2])
    return None


def read():
    return metrics_text().decode()


class TestRequestCounted:
    def test_counts_by_route_and_never_by_path(self, db):
        labels = {"method": "GET", "route": "/v1/books/<uuid:book_id>", "status": "401"}
        before = figure(read(), "rupaya_requests_total", **labels) or 0

        for last in "12":
            Client().get(f"/v1/books/019ab1c2-0000-7000-8000-0000000000{last}0")

        assert figure(read(), "rupaya_requests_total", **labels) == before + 2
        assert "019ab1c2" not in read()

    def test_makes_no_series_of_what_a_client_invents(self, db):
        Client().generic("BREW", "/v1/no/such/address/4711")

        assert "4711" not in read()
        assert "BREW" not in read()
        assert figure(read(), "rupaya_requests_total", method="other", route="none", status="404") >= 1

    def test_measures_how_long_they_took(self, db):
        Client().get("/health")
        Client().get("/nothing")

        assert figure(read(), "rupaya_request_duration_seconds_count", route="none") >= 1


class TestLimitCounted:
    def test_counts_by_the_limits_name(self, db):
        before = figure(read(), "rupaya_requests_limited_total", limit="login") or 0

        limit_counted("login")

        assert figure(read(), "rupaya_requests_limited_total", limit="login") == before + 1


class TestMetricsText:
    def test_tells_the_depth_of_the_queue(self, db):
        assert {
            figure(read(), "rupaya_queue_jobs", status=status) is None
            for status in ("todo", "doing", "failed")
        } == {False}
        assert figure(read(), "rupaya_queue_oldest_seconds") >= 0

    def test_gives_the_rest_where_one_reader_fails(self, db, monkeypatch):
        monkeypatch.setattr(metrics, "_readers", [])
        gauges_register(lambda: [Gauge("rupaya_probe", "A probe.", [({"part": "a"}, 2)])])
        gauges_register(lambda: [Gauge("rupaya_broken", "A fault.", [({}, 1 // 0)])])

        text = read()

        assert figure(text, "rupaya_probe", part="a") == 2
        assert figure(text, "rupaya_metrics_unread") == 1

    def test_reads_each_group_once_however_often_it_was_registered(self, db, monkeypatch):
        monkeypatch.setattr(metrics, "_readers", [])
        probe = lambda: [Gauge("rupaya_probe", "A probe.", [({}, 1)])]  # noqa: E731
        gauges_register(probe)
        gauges_register(probe)

        assert read().count("\nrupaya_probe ") == 1


class TestMetricsMiddleware:
    @pytest.fixture(autouse=True)
    def _bound(self, settings):
        settings.METRICS_BIND = "127.0.0.1:9464"

    def ask(self, path="/metrics", *, port="9464", method="GET"):
        request = RequestFactory().generic(method, path, SERVER_PORT=port)
        return MetricsMiddleware(lambda _: HttpResponse("the service"))(request)

    def test_answers_at_its_own_port(self, db):
        answer = self.ask()

        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/plain; version=")
        assert b"rupaya_requests" in answer.content

    def test_answers_nothing_else_there(self):
        assert self.ask("/v1/transactions").status_code == 404
        assert self.ask(method="POST").status_code == 404

    def test_leaves_every_other_port_to_the_service(self):
        assert self.ask(port="8000").content == b"the service"

    def test_is_off_without_an_address(self, settings):
        settings.METRICS_BIND = ""

        assert self.ask(port="").content == b"the service"
        assert self.ask().content == b"the service"


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def got(port, path, **headers):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class TestGunicorn:
    @pytest.fixture
    def ports(self, committed, tmp_path):
        public, own = free_port(), free_port()
        env = os.environ | {
            "APP_ENV": "test", "LOG_LEVEL": "warning", "PORT": str(public), "METRICS_BIND": f"127.0.0.1:{own}",
            "WEB_CONCURRENCY": "2", "TMPDIR": str(tmp_path),
        }  # fmt: skip
        env.pop("DATABASE_OWNER_URL", None)
        env.pop("DATABASE_SEALER_URL", None)
        command = [
            "-m",
            "gunicorn",
            "--config",
            "deploy/gunicorn.conf.py",
            "--bind",
            f"127.0.0.1:{public}",
            "rupaya.wsgi",
        ]
        server = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=env)
        try:
            ends = time.monotonic() + 60
            while True:
                try:
                    if got(public, "/health")[0] == 200:
                        break
                except OSError:
                    assert server.poll() is None
                    assert time.monotonic() < ends
                    time.sleep(0.2)
            yield public, own
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)
        assert list(tmp_path.iterdir()) == []  # nothing is left of the counting

    def test_adds_up_what_all_workers_counted_and_tells_it_at_its_own_port_alone(self, ports):
        public, own = ports
        for _ in range(20):
            got(public, "/v1/nothing", Connection="close")

        status, text = got(own, "/metrics")

        assert status == 200
        assert figure(text, "rupaya_requests_total", method="GET", route="none", status="404") == 20
        assert got(public, "/metrics")[0] == 404
        assert got(public, "/metrics", Host=f"127.0.0.1:{own}")[0] in {400, 404}
        assert got(own, "/v1/transactions")[0] == 404
