"""OpenTelemetry: off, unless OTEL_EXPORTER_OTLP_ENDPOINT names a collector.

A span says which route was called, which statement and which command of Valkey ran, never with which values: what
leaves is cleaned like a log line, and without query strings, in which stands what a person searched for. Only who
traces imports this: the libraries take memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.http import HttpRequest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status

from rupaya.core.logging import redacted

_ADDRESSES: Final = frozenset({"http.target", "http.url", "url.full", "url.path"})
_LEFT_OUT: Final = frozenset({"url.query", "exception.stacktrace"})
_SQL_MAX: Final = 2000  # characters told


def tracing_start(
    *, service: str, version: str, environment: str, exporter: SpanExporter | None = None
) -> None:
    """Will trace requests and statements, and send the spans in the background.

    exporter: None for OTLP over HTTP, as the standard OTEL_* variables say. Django's middleware must not be loaded yet.
    """
    resource = Resource.create(
        {"service.name": service, "service.version": version, "deployment.environment.name": environment}
    )
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(Cleaning(exporter or OTLPSpanExporter())))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument(tracer_provider=provider, response_hook=_request_ended)
    RedisInstrumentor().instrument(tracer_provider=provider)  # commands with `?` for each key and value
    connection_created.connect(_watch, dispatch_uid="rupaya.tracing")


def _watch(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if _traced not in connection.execute_wrappers:  # the signal comes whenever the pool gives a connection
        connection.execute_wrappers.append(_traced)


def _traced(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001  # Django's signature
    # The driver's own instrumentation sees only cursors that its connection makes; those of rupaya.core.prepared, which
    # run what most requests ask, are none of them. A composed statement holds values in its text, so it is not told.
    text = " ".join(sql.split()) if isinstance(sql, str) else ""
    attributes = {
        "db.system": "postgresql",
        "db.name": str(context["connection"].settings_dict["NAME"]),
        "db.statement": text[:_SQL_MAX],
    }
    with trace.get_tracer(__name__).start_as_current_span(
        text.partition(" ")[0] or "SQL", kind=SpanKind.CLIENT, attributes=attributes, record_exception=False
    ):
        return execute(sql, params, many, context)


def _request_ended(span: Any, request: HttpRequest, _response: Any) -> None:
    span.set_attribute("rupaya.request_id", getattr(request, "request_id", ""))


class Cleaning(SpanExporter):
    """Hands spans on without what a log line may not hold either."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Will export cleaned copies."""
        return self._exporter.export([_cleaned(span) for span in spans])

    def shutdown(self) -> None:
        """Will shut the other one down."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Will have the other one send what it holds."""
        return self._exporter.force_flush(timeout_millis)


def _cleaned(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=redacted("", span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_attributes(span.attributes),
        events=[Event(event.name, _attributes(event.attributes), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=Status(
            span.status.status_code
        ),  # its description is the exception's words, and they quote rows
        start_time=span.start_time,
        end_time=span.end_time,
    )


def _attributes(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        name: redacted(name, urlsplit(str(value)).path if name in _ADDRESSES else value)
        for name, value in (attributes or {}).items()
        if name not in _LEFT_OUT
    }
