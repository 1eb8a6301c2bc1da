"""Spans, and what never leaves with them."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.benchmarks.servers import PRODUCT, server

ROOT = Path(__file__).parent.parent.parent.parent
ACCOUNT, EMAIL, WORD = "50100123456789", "kanari@example.in", "kanarienvogel"
PASSWORD = "Zb7-lantern-wheat"
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


class Collector:
    """Whoever takes traces: an endpoint of OTLP over HTTP that knows the protocol by its published definition alone."""

    def __init__(self):
        self.paths: list[str] = []
        self.types: list[str] = []
        self.bodies: list[bytes] = []
        collector = self

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.paths.append(self.path)
                collector.types.append(self.headers["Content-Type"])
                collector.bodies.append(body)
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def taking(self):
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def spans(self):
        """Each span, with what its resource says of the service."""
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        yield span, said_of(resource.resource)


def said_of(described):
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in described.attributes}


def use(port):
    """Somebody signs up and records an expense; every value of theirs is a canary."""

    def ask(path, body=None, *, status=201, **headers):
        method = "GET" if body is None else "POST"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"} | headers)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        connection.close()
        assert answer.status == status, said
        return said

    person = {"email": EMAIL, "password": PASSWORD, "full_name": WORD}
    token = ask("/v1/auth/signup", person)["access_token"]
    ask(
        "/v1/transactions",
        {"type": "expense", "amount": 500, "description": WORD, "notes": ACCOUNT},
        **{"Authorization": f"Bearer {token}", "X-Request-ID": "phone-request-2"},
    )
    ask(f"/v1/transactions?q={WORD}", status=200, Authorization=f"Bearer {token}")


@pytest.fixture(scope="module")
def collector(django_db_setup, tmp_path_factory):
    """What a real server sent while it was used."""
    with Collector().taking() as taking:
        env = os.environ | {
            "OTEL_EXPORTER_OTLP_ENDPOINT": taking.url, "APP_ENV": "test", "LOG_LEVEL": "warning",
            "APP_VERSION": "7.8.9", "WEB_CONCURRENCY": "1", "DATABASE_OWNER_URL": "", "DATABASE_SEALER_URL": "",
        }  # fmt: skip
        with server(PRODUCT, environment=env, log=tmp_path_factory.mktemp("traced") / "log") as served:
            use(served.port)
        yield taking  # the server has ended: what it still held was sent


class TestExported:
    """What leaves a real server for a real socket, under the variables that the README names."""

    def test_is_one_trace_of_the_request_and_all_it_asked_for(self, collector):
        spans = list(collector.spans())

        (request,) = (
            span for span, _ in spans if said_of(span).get("rupaya.request_id") == "phone-request-2"
        )
        its_own = [span for span, _ in spans if span.trace_id == request.trace_id]
        below = {span.span_id: span for span in its_own}
        systems = {said_of(span).get("db.system") for span in its_own}

        assert set(collector.paths) == {"/v1/traces"}
        assert set(collector.types) == {"application/x-protobuf"}
        assert (request.kind, request.parent_span_id) == (Span.SPAN_KIND_SERVER, b"")
        assert request.name == "POST v1/transactions"
        assert said_of(request)["http.status_code"] == 201
        assert systems == {None, "postgresql", "redis"}
        assert all(span is request or span.parent_span_id in below for span in its_own)
        assert any("ledger_post" in said_of(span).get("db.statement", "") for span in its_own)
        for span in its_own:
            assert request.start_time_unix_nano <= span.start_time_unix_nano <= request.end_time_unix_nano
        for _, service in spans:
            assert service["service.name"] == "rupaya"
            assert service["service.version"] == "7.8.9"
            assert service["deployment.environment.name"] == "test"

    def test_holds_no_value_in_any_byte(self, collector):
        sent = b"".join(collector.bodies)

        assert b"phone-request-2" in sent
        for value in (WORD, ACCOUNT, EMAIL, PASSWORD, "Bearer", "eyJ"):
            assert value.encode() not in sent
