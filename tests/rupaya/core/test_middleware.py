"""Around every request: its id, its log line, and refusals as pages."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from tests.rupaya.core.probe_urls import SECRET

ROOT = Path(__file__).parent.parent.parent.parent
SCRIPT = """
import django; django.setup()
from django.test import Client
client = Client(raise_request_exception=False)
for path in ("/v1/nothing?password=geheim", "/health", "/static/rupaya.css"):
    client.get(path, headers={"X-Request-ID": "phone-request-1"})
"""


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


class TestRequestMiddleware:
    def test_gives_each_request_an_id_of_its_own(self, client):
        first, second = client.get("/v1/nothing"), client.get("/v1/nothing")

        assert first["X-Request-ID"] != second["X-Request-ID"]
        assert first.json()["request_id"] == first["X-Request-ID"]

    @pytest.mark.parametrize("given", ["phone-request-1", "019ab1c2-0000-7000-8000-0123456789ab", "a.b_c-D1"])
    def test_keeps_a_callers_id_that_is_well_formed(self, client, given):
        assert client.get("/v1/nothing", headers={"X-Request-ID": given})["X-Request-ID"] == given

    @pytest.mark.parametrize(
        "given",
        [
            "",
            "short",
            "x" * 65,
            "two words",
            "a\tb-cdefgh",
            "<script>12",
            "नमस्ते-नमस्ते",
            'say "hello"',
            "line\\nbreak",
        ],
    )
    def test_replaces_one_that_is_not(self, client, given):
        made = client.get("/v1/nothing", headers={"X-Request-ID": given.encode().decode("latin-1")})[
            "X-Request-ID"
        ]

        assert re.fullmatch(r"[0-9a-f-]{36}", made)

    def test_logs_one_line_a_request_without_its_query(self):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True,
            env=os.environ | {"LOG_LEVEL": "info"},
        )  # fmt: skip

        lines = [line for line in done.stdout.splitlines() if "request.finished" in line]
        assert len(lines) == 1
        for word in ("phone-request-1", "GET", "/v1/nothing", "404", "duration_ms"):
            assert word in lines[0]
        assert "geheim" not in done.stdout + done.stderr


@pytest.mark.urls("tests.rupaya.core.probe_urls")
class TestRefusalPageMiddleware:
    @pytest.mark.parametrize(
        ("name", "status", "words"),
        [("domain", 422, "March is shut."), ("missing", 404, ""), ("denied", 403, ""), ("suspicious", 400, ""),
         ("operational", 503, ""), ("pool", 503, ""), ("fault", 500, "")],
    )  # fmt: skip
    def test_answers_with_a_page_in_our_look(self, client, name, status, words):
        response = client.get(f"/probe/{name}")

        page = response.content.decode()
        assert response.status_code == status
        assert response["Content-Type"].startswith("text/html")
        assert words in page
        assert response["X-Request-ID"] in page
        for leak in (SECRET, "Traceback", "RuntimeError", "probe_urls"):
            assert leak not in page

    def test_answers_with_problem_details_under_v1(self, client):
        response = client.get("/v1/open/fault")

        assert response.status_code == 500
        assert json.loads(response.content)["code"] == "internal_error"
