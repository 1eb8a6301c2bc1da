"""gunicorn's settings, for development and production alike. The address comes with --bind."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Any

from gunicorn.http import wsgi

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 30  # seconds until a silent worker is replaced
graceful_timeout = 25  # seconds that running requests get at a stop
keepalive = 65  # seconds: longer than a load balancer keeps its side open
max_requests = 20_000
max_requests_jitter = 2_000
limit_request_line = 8190
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108  # heartbeats stay off the disk
control_socket_disable = True
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
accesslog = None  # the application writes one line a request, with the request id
loglevel = "warning"

METRICS_BIND = os.environ.get("METRICS_BIND", "")
if METRICS_BIND:  # before anything is counted: the library looks for it when it is imported
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="rupaya-metrics-")


def on_starting(server: Any) -> None:
    """Will listen for the readers of metrics too, at an address of their own."""
    if METRICS_BIND:
        server.cfg.set("bind", [*server.cfg.settings["bind"].get(), METRICS_BIND])


def child_exit(server: Any, worker: Any) -> None:  # noqa: ARG001  # gunicorn's own hook
    """What a worker counted stays in the sums; its gauges, of processes alive, go."""
    if METRICS_BIND:
        from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415  # loads it where it is used

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:  # noqa: ARG001  # gunicorn's own hook
    """Will take the counting files away."""
    if METRICS_BIND:
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)


BODY_READ_S = 15  # seconds that a client may pause while it sends a body or takes an answer


def pre_request(worker: Any, request: Any) -> None:  # noqa: ARG001  # gunicorn's own hook
    """A client that stops halfway through its body gives its thread back; gunicorn itself would wait for ever."""
    request.unreader.sock.settimeout(BODY_READ_S)


_headers_with_banner = wsgi.Response.default_headers


def _headers_without_banner(response: wsgi.Response) -> list[str]:
    """What gunicorn adds by itself, less the name of the software."""
    return [header for header in _headers_with_banner(response) if not header.startswith("Server:")]


wsgi.Response.default_headers = _headers_without_banner
