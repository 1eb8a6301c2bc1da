"""gunicorn's settings of deploy/, with its plain worker: one request at a time, a connection for each.

Our bounds for slow clients are the threaded worker's, so this one does without.
"""

from __future__ import annotations

from runpy import run_path
from typing import Any, Final

_OURS: Final = run_path("deploy/gunicorn.conf.py")
globals().update({name: value for name, value in _OURS.items() if not name.startswith("_")})
worker_class = "sync"


def pre_request(worker: Any, request: Any) -> None:
    """Nothing to bound."""
