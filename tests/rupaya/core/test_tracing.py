"""Spans, and what never leaves with them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
ACCOUNT, EMAIL, WORD = "50100123456789", "kanari@example.in", "kanarienvogel"
SCRIPT = f"""
import json, os, sys
os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = ""
import django
from django.conf import settings
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from rupaya.core import tracing
exporter = InMemorySpanExporter()
tracing.tracing_start(service="rupaya", version="1", environment="test", exporter=exporter)
django.setup()
from django.db import connection
from django.test import Client
from opentelemetry import trace
client = Client(raise_request_exception=False)
client.get("/v1/nothing?q={WORD}", headers={{"X-Request-ID": "phone-request-1", "Authorization": "Bearer {WORD}"}})
client.get("/invitations/{"k" * 43}")
try:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO accounts_user (id, email) VALUES (%s, %s)", ["{ACCOUNT}", "{EMAIL}"])
except Exception:
    pass
trace.get_tracer_provider().force_flush()
print(json.dumps([json.loads(span.to_json()) for span in exporter.get_finished_spans()]))
"""


@pytest.fixture(scope="module")
def spans():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=os.environ | {"LOG_LEVEL": "critical"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


class TestTracingStart:
    def test_traces_requests_with_their_id_and_statements(self, spans):
        requests = [span for span in spans if span["attributes"].get("rupaya.request_id")]
        statements = [span for span in spans if span["attributes"].get("db.system")]

        assert requests[0]["attributes"]["rupaya.request_id"] == "phone-request-1"
        assert any("INSERT INTO accounts_user" in span["attributes"]["db.statement"] for span in statements)

    def test_lets_no_value_leave(self, spans):
        said = json.dumps(spans)

        for value in (WORD, ACCOUNT, EMAIL, "k" * 43):
            assert value not in said

    def test_costs_nothing_where_nobody_asked(self):
        done = subprocess.run(
            [sys.executable, "-c", "import django, sys; django.setup(); print('rupaya.core.tracing' in sys.modules)"],
            cwd=ROOT, env=os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, capture_output=True, text=True, check=True,
        )  # fmt: skip

        assert done.stdout.splitlines()[-1] == "False"
