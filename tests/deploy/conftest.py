"""Who types what the pages say: an operator, in front of a product that answers."""

from __future__ import annotations

import datetime as dt
import os
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.wsgi import get_wsgi_application

from rupaya.core import clock
from rupaya.embedded import binaries


@pytest.fixture
def address(committed):
    """Where the product answers, from a thread of this process."""
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{web.server_port}"
        web.shutdown()
        thread.join()


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def operator(address, asha, admin_url, tmp_path, monkeypatch):
    """What an operator has: the three logins, an administrator's, and the values of the page."""
    now = clock.now()
    psql = str(binaries.wheel_program(binaries.POSTGRES).parent)
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{psql}")
    return {
        "URL": address,
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "DATABASE_OWNER_URL": os.environ["DATABASE_OWNER_URL"],
        "DATABASE_SEALER_URL": os.environ["DATABASE_SEALER_URL"],
        "ADMIN_URL": admin_url,
        "OWNER_PASSWORD": "rupaya_owner",
        "USER_PASSWORD": "rupaya_user",
        "SEALER_PASSWORD": "rupaya_sealer",
        "BACKUP_PASSWORD": "rupaya_backup",
        "EVIDENCE": str(tmp_path),
        "BOOK": str(asha.book.pk),
        "ACTOR": str(asha.user.pk),
        "EMAIL": asha.user.email,
        "SINCE": (now - dt.timedelta(hours=1)).isoformat(),
        "UNTIL": (now + dt.timedelta(hours=1)).isoformat(),
        "SLOT": "nobody",
        "PID": "0",
    }
