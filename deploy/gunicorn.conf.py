"""gunicorn's settings, for development and production alike. The address comes with --bind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# gunicorn's own script does not look for modules where it was started; `python -m gunicorn` does.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rupaya import server

server.install()

worker_class = server.Worker
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 30  # seconds until a silent worker is replaced
graceful_timeout = 25  # seconds that running requests get at a stop
keepalive = 65  # seconds: longer than a load balancer keeps its side open
max_requests = 20_000
max_requests_jitter = 2_000
limit_request_line = 8190  # bytes
limit_request_fields = 100  # headers
limit_request_field_size = 8190  # bytes
_MEMORY = "/dev/shm"  # noqa: S108  # heartbeats stay off the disk  # nosec B108
worker_tmp_dir = _MEMORY if Path(_MEMORY).is_dir() else None
control_socket_disable = True
# Whom X-Forwarded-For and X-Forwarded-Proto are believed from: addresses and networks, with commas between.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
accesslog = None  # the application writes one line a request, with the request id
loglevel = "warning"
pre_request = server.request_begin
