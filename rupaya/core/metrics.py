"""What Prometheus reads: `/metrics` on a port of its own, which no load balancer forwards to.

Each process counts into files of its own below PROMETHEUS_MULTIPROC_DIR, and whichever answers adds them up. What
only the database knows is asked at the moment of reading.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from rupaya.core.db import Actor, acting_as, rows_as_dicts

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = structlog.get_logger("rupaya.metrics")

_requests = Counter("rupaya_requests", "Requests answered.", ("method", "route", "status"))
_durations = Histogram(
    "rupaya_request_duration_seconds",
    "From a request's first line to its answer.",
    ("route",),
    buckets=_SECONDS,
)
_limited = Counter("rupaya_requests_limited", "Requests refused by a limit.", ("limit",))
_slow = Counter("rupaya_slow_queries", "Statements that took longer than SLOW_QUERY_MS.")
_replica = Counter("rupaya_replica_reads", "What came of reads that the replica may serve.", ("came",))


def request_counted(request: HttpRequest, *, status: int, seconds: float) -> None:
    """Will count an answer. Its route is the pattern, never the path: an id in a label is a new series each time."""
    match = request.resolver_match
    route = f"/{match.route}" if match else "none"
    method = request.method if request.method in _METHODS else "other"
    _requests.labels(method, route, str(status)).inc()
    _durations.labels(route).observe(seconds)


def limit_counted(limit: str) -> None:
    """Will count a request that a limit of that name refused."""
    _limited.labels(limit).inc()


def slow_query_counted() -> None:
    """Will count a statement that took too long."""
    _slow.inc()


def replica_read_counted(came: str) -> None:
    """Will count a read that the replica served, or why it did not."""
    _replica.labels(came).inc()


class MetricsMiddleware:
    """Answers everything that comes to the port of metrics, and nothing that comes to another."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.port = settings.METRICS_BIND.rpartition(":")[2]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Will give the metrics at /metrics; the port is the socket's own, which no header can forge."""
        if not self.port or request.META.get("SERVER_PORT") != self.port:
            return self.get_response(request)
        if request.path != "/metrics" or request.method not in {"GET", "HEAD"}:
            return HttpResponse(status=404)
        return HttpResponse(metrics_text(), content_type=CONTENT_TYPE_LATEST)


def metrics_text() -> bytes:
    """Everything that is counted, in Prometheus's text format."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        for own in (_requests, _durations, _limited, _slow, _replica):
            registry.register(own)
    registry.register(_Gauges())
    return generate_latest(registry)


@dataclass(frozen=True, slots=True)
class Gauge:
    """A figure that goes up and down, with its unit in its name."""

    name: str
    what: str
    samples: Sequence[tuple[Mapping[str, str], float]]


_readers: list[Callable[[], Iterable[Gauge]]] = []


def gauges_register(read: Callable[[], Iterable[Gauge]]) -> None:
    """Will have gauges read whenever somebody asks for the metrics; an app calls it when it is ready."""
    if read not in _readers:
        _readers.append(read)


def gauges_read() -> list[Gauge]:
    """Every figure that only the database knows. A reader that fails is left out, and how many did is a figure too.

    One transaction a reader. Raises nothing.
    """
    failed = 0
    found: list[Gauge] = []
    for read in [_queue, *_readers]:
        try:
            with acting_as(Actor(user_id=None, kind="system")):
                found += list(read())
        except Exception as error:  # noqa: BLE001  # whatever it is, the other figures are still worth reading
            _log.warning("metrics.unread", error_type=type(error).__name__)
            failed += 1
    return [
        *found,
        Gauge("rupaya_metrics_unread", "Groups of figures that could not be read.", [({}, failed)]),
    ]


def gauges_flat(gauges: Iterable[Gauge]) -> dict[str, float]:
    """Each figure under one name: the gauge's, and its labels' values behind it, as rupaya_queue_jobs_todo."""
    return {
        "_".join([gauge.name, *labels.values()]): value for gauge in gauges for labels, value in gauge.samples
    }


class _Gauges(Collector):
    """What only the database knows, for the registry."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        return map(_family, gauges_read())


_JOBS_SQL: Final = """
SELECT wanted.status, count(job.id) AS jobs,
       coalesce(extract(epoch FROM now() - min(coalesce(job.scheduled_at, deferred.at))), 0)::float AS oldest_s
  FROM (VALUES ('todo'), ('doing'), ('failed')) AS wanted (status)
  LEFT JOIN procrastinate_jobs job
         ON job.status = wanted.status::procrastinate_job_status AND coalesce(job.scheduled_at, now()) <= now()
  LEFT JOIN LATERAL (
         SELECT min(event.at) AS at FROM procrastinate_events event WHERE event.job_id = job.id) deferred ON true
 GROUP BY wanted.status
"""


def _queue() -> Iterable[Gauge]:
    """Jobs that are due, and how long the oldest of them has waited. One query."""
    rows = rows_as_dicts(_JOBS_SQL, {})
    yield Gauge(
        "rupaya_queue_jobs", "Jobs that are due.", [({"status": row["status"]}, row["jobs"]) for row in rows]
    )
    oldest_s = max(row["oldest_s"] for row in rows if row["status"] == "todo")
    yield Gauge("rupaya_queue_oldest_seconds", "How long the oldest waiting job is due.", [({}, oldest_s)])


def _family(gauge: Gauge) -> GaugeMetricFamily:
    family = GaugeMetricFamily(gauge.name, gauge.what)
    for labels, value in gauge.samples:
        family.add_sample(gauge.name, dict(labels), value)
    return family
