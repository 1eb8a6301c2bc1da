"""gunicorn's settings, for development and production alike: from the environment, or `.env` as the settings read it.

Without --bind it listens to this machine alone, at PORT.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

# gunicorn's own script does not look for modules where it was started; `python -m gunicorn` does.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from django.core.exceptions import ImproperlyConfigured  # after the line above

from rupaya.dotenv import variables_read  # likewise

try:
    environ = variables_read()
except ImproperlyConfigured as error:
    sys.exit(str(error))

METRICS_BIND = environ.get("METRICS_BIND", "")
if METRICS_BIND:  # before anything is counted: the library looks for it when it is imported
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="rupaya-metrics-")

from rupaya import server  # noqa: E402  # after PROMETHEUS_MULTIPROC_DIR is set

server.install()

bind = f"127.0.0.1:{environ.get('PORT', '8000')}"
worker_class = server.Worker
workers = int(environ.get("WEB_CONCURRENCY", "2"))
threads = int(environ.get("WEB_THREADS", "4"))
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
forwarded_allow_ips = environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
accesslog = None  # the application writes one line a request, with the request id
loglevel = "warning"
pre_request = server.request_begin


def on_starting(arbiter: Any) -> None:
    """Will listen for the readers of metrics too, at an address of their own."""
    if METRICS_BIND:
        arbiter.cfg.set("bind", [*arbiter.cfg.settings["bind"].get(), METRICS_BIND])


def child_exit(arbiter: Any, worker: Any) -> None:  # noqa: ARG001  # gunicorn's own hook
    """What a worker counted stays in the sums; its gauges, of processes alive, go."""
    if METRICS_BIND:
        from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415  # loads it where it is used

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(arbiter: Any) -> None:  # noqa: ARG001  # gunicorn's own hook
    """Will take the counting files away."""
    if METRICS_BIND:
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
