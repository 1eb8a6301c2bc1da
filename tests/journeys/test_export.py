"""An export on the wire: in chunks, whole or visibly not, and gone when nobody listens any more."""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import time
import urllib.request
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest

from accounts.models import User
from ledger.books.models import Book
from rupaya.core.db import Actor, acting_as
from tests.ledger.exports.taking import expenses_make, switched_on
from tests.support.cast import Person

pytestmark = pytest.mark.slow

LONG = "चाय " * 500  # 6 kB of UTF-8, so that a few thousand rows are more than all buffers between hold
ROWS = 3000
# The database's side of a file whose client has taken nothing for so many seconds.
WAITING = """
SELECT pid FROM pg_stat_activity
 WHERE usename = 'rupaya_user' AND datname = current_database() AND query LIKE 'FETCH%%'
   AND state <> 'idle' AND state_change <= clock_timestamp() - %s * interval '1 s'
"""


@pytest.fixture
def on(live, committed):
    with switched_on():
        yield


@contextmanager
def connected(live):
    """A connection that takes little at a time."""
    parts = urlsplit(live)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    connection.sock = socket.socket()
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    connection.sock.settimeout(20)
    connection.sock.connect((parts.hostname, parts.port))
    try:
        yield connection
    finally:
        connection.close()


class SignedUp:
    """Somebody whom the server itself let in, with expenses."""

    def __init__(self, live, *, count, notes=""):
        email = f"asha-{secrets.token_hex(6)}@example.in"
        body = {"email": email, "password": "monsoon-mango-42", "full_name": "Asha Rao"}
        request = urllib.request.Request(
            f"{live}/v1/auth/signup", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            self.token = json.load(response)["access_token"]
        user = User.objects.get(email=email)
        with acting_as(Actor(user_id=user.pk, kind="user")):
            book = Book.objects.get(members__user_id=user.pk)
        expenses_make(Person(user, book), count=count, notes=notes)


def asked(connection, person, ending, method="GET"):
    path = f"/v1/transactions/export?format={ending}"
    connection.request(method, path, headers={"Authorization": f"Bearer {person.token}"})
    return connection.getresponse()


def waiting(admin_url, *, seconds=0.3):
    with psycopg.connect(admin_url) as admin:
        return [pid for (pid,) in admin.execute(WAITING, [seconds])]


def soon(condition):
    """What the condition gives, once it gives something."""
    ends = time.monotonic() + 20
    while not (found := condition()):
        assert time.monotonic() < ends
        time.sleep(0.05)
    return found


class TestTheFile:
    def test_comes_whole_in_chunks_and_the_connection_stays(self, on, live):
        asha = SignedUp(live, count=300)

        with connected(live) as connection:
            first = asked(connection, asha, "ndjson")
            *lines, last = first.read().splitlines()
            again = asked(connection, asha, "csv")
            rows = again.read().splitlines()

        assert first.headers["Transfer-Encoding"] == "chunked"
        assert (len(lines), json.loads(last)) == (300, {"end": True, "count": 300})
        assert len(rows) == 301

    def test_to_head_is_its_headers(self, on, live):
        asha = SignedUp(live, count=0)

        with connected(live) as connection:
            answer = asked(connection, asha, "csv", "HEAD")
            answer.read()
            whole = asked(connection, asha, "csv")

            assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
            assert whole.read().count(b"\n") == 1

    @pytest.mark.parametrize("ending", ["csv", "ndjson"])
    def test_that_breaks_off_does_not_look_whole(self, on, live, admin_url, ending):
        asha = SignedUp(live, count=ROWS, notes=LONG)

        with connected(live) as connection:
            answer = asked(connection, asha, ending)
            begun = answer.read(10_000)
            (pid,) = soon(lambda: waiting(admin_url))
            with psycopg.connect(admin_url, autocommit=True) as admin:
                admin.execute("SELECT pg_terminate_backend(%s)", [pid])
            with pytest.raises(http.client.IncompleteRead) as broken:
                answer.read()

        assert answer.status == 200
        assert begun
        assert b'"end"' not in broken.value.partial

    def test_that_nobody_takes_any_more_gives_its_connection_back(self, on, live, admin_url):
        asha = SignedUp(live, count=ROWS, notes=LONG)

        with connected(live) as connection:
            asked(connection, asha, "csv").read(10_000)
            assert len(soon(lambda: waiting(admin_url))) == 1

        soon(lambda: not waiting(admin_url, seconds=0))
