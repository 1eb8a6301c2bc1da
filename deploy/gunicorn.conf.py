"""gunicorn's settings, for development and production alike. The address comes with --bind."""

from __future__ import annotations

import os
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


BODY_READ_S = 15  # seconds that a client may pause while it sends a body or takes an answer


def pre_request(worker: Any, request: Any) -> None:  # noqa: ARG001  # gunicorn's own hook
    """A client that stops halfway through its body gives its thread back; gunicorn itself would wait for ever."""
    request.unreader.sock.settimeout(BODY_READ_S)


_headers_with_banner = wsgi.Response.default_headers


def _headers_without_banner(response: wsgi.Response) -> list[str]:
    """What gunicorn adds by itself, less the name of the software."""
    return [header for header in _headers_with_banner(response) if not header.startswith("Server:")]


wsgi.Response.default_headers = _headers_without_banner
