"""A file that is written while it is read: what it asks, what it holds on to, and how it ends before its end."""

from __future__ import annotations

import json
import resource
import threading
import tracemalloc
from pathlib import Path

import psycopg
import pytest
import structlog
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from accounts.services import session_end
from ledger.exports import streams
from ledger.exports.selectors import LOT_ROWS, ExportsRunning
from ledger.exports.streams import Export, FileBroken
from ledger.journal.filters import NONE
from rupaya.core import clock
from rupaya.core.db import Actor, SessionEnded, acting_as
from tests.accounts.phone import session_new, sessions_of
from tests.ledger.books.sharing import share
from tests.ledger.desk import Api, record, refused
from tests.ledger.exports.taking import expenses_make, take
from tests.support.cast import person_make

PATH = "transactions/export"


def file_of(person, **fields):
    """The pieces of a person's file, as the server would read them."""
    said = {
        "book_id": person.book.pk,
        "user_id": person.id,
        "filters": NONE,
        "ending": "ndjson",
        "is_marked": False,
        "actor": person.actor,
    }
    return streams._pieces(Export(**(said | fields)))


def busy(admin_url):
    """How many of the product's connections are inside a transaction."""
    with psycopg.connect(admin_url) as admin:
        sql = """SELECT count(*) FROM pg_stat_activity
                  WHERE usename = 'rupaya_user' AND datname = current_database()
                    AND state LIKE 'idle in transaction%'"""
        ((count,),) = admin.execute(sql)
        return count


class TestPieces:
    def test_ask_for_each_hundred_once(self, committed, asha):
        expenses_make(asha, count=2 * LOT_ROWS + 1)

        with CaptureQueriesContext(connection) as queries:
            pieces = list(file_of(asha))

        assert [piece.count(b"\n") for piece in pieces] == [LOT_ROWS, LOT_ROWS, 1, 1]
        # BEGIN, its level, the actor, the place, the book, the cursor, COMMIT; fetches are not told of
        assert len(queries) == 7

    def test_of_csv_ask_for_the_chart_as_well(self, committed, asha):
        record(asha)

        with CaptureQueriesContext(connection) as queries:
            list(file_of(asha, ending="csv"))

        assert len(queries) == 8

    def test_write_nothing(self, committed, asha):
        record(asha)
        pieces = file_of(asha)
        next(pieces)

        with connection.cursor() as cursor, pytest.raises(Exception, match="read-only transaction"):
            cursor.execute("UPDATE ledger_book SET name = name")
        pieces.close()

    def test_give_the_connection_back_when_the_client_leaves(self, committed, asha, admin_url):
        expenses_make(asha, count=2 * LOT_ROWS)
        pieces = file_of(asha)
        next(pieces)
        during = busy(admin_url)

        with structlog.testing.capture_logs() as log:
            pieces.close()

        assert (during, busy(admin_url)) == (1, 0)
        assert not connection.in_atomic_block
        assert [entry["event"] for entry in log] == ["export.left"]

    def test_break_off_where_the_database_goes_away(self, committed, asha, admin_url):
        expenses_make(asha, count=2 * LOT_ROWS)
        pieces = file_of(asha)
        next(pieces)
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])

        with pytest.raises(FileBroken):
            list(pieces)

        assert take_again(asha)

    def test_break_off_after_a_quarter_of_an_hour(self, committed, asha, monkeypatch, admin_url):
        expenses_make(asha, count=2 * LOT_ROWS)
        pieces = file_of(asha)
        next(pieces)
        monkeypatch.setattr(streams, "SECONDS_MAX", 0)

        with pytest.raises(FileBroken):
            next(pieces)

        assert busy(admin_url) == 0

    def test_refuse_as_long_as_nothing_has_left(self, committed, asha, monkeypatch):
        def away(**_):
            raise OperationalError

        monkeypatch.setattr(streams, "export_place", away)

        with pytest.raises(OperationalError):
            next(file_of(asha))

    def test_refuse_whose_session_was_ended_meanwhile(self, committed, asha):
        session_new(asha.user)
        session_id = sessions_of(asha.id)[0].pk
        with acting_as(asha.actor):
            session_end(session_id=session_id, user_id=asha.id, now=clock.now())

        with pytest.raises(SessionEnded):
            next(file_of(asha, actor=Actor(user_id=asha.id, kind="user", session_id=session_id)))

    def test_are_two_files_of_a_person_at_once(self, committed, asha, bala):
        record(asha)
        share(asha, bala)
        begun, done = threading.Barrier(3), threading.Event()

        def hold():
            pieces = file_of(asha)
            next(pieces)
            begun.wait(10)
            done.wait(10)
            pieces.close()
            connection.close()

        holders = [threading.Thread(target=hold) for _ in range(2)]
        for holder in holders:
            holder.start()
        begun.wait(10)
        try:
            with pytest.raises(ExportsRunning):
                next(file_of(asha))
            assert len(list(file_of(bala, book_id=asha.book.pk))) == 2
        finally:
            done.set()
            for holder in holders:
                holder.join(10)
        assert len(list(file_of(asha))) == 2


class TestAnswer:
    def test_is_a_refusal_where_the_first_piece_can_not_be_had(self, on, asha, monkeypatch):
        def away(**_):
            raise OperationalError

        monkeypatch.setattr(streams, "export_place", away)

        refused(Api(asha).get(PATH), 503, "unavailable")

    def test_begins_before_the_headers_leave(self, on, asha):
        record(asha)

        response = Api(asha).get(PATH)

        assert connection.in_atomic_block
        response.close()
        assert not connection.in_atomic_block

    def test_never_begun_holds_nothing(self, on, asha):
        response = Api(asha).get(PATH)
        response.close()

        assert take(asha)


@pytest.fixture(scope="module")
def few_and_many(django_db_setup, django_db_blocker):
    """Somebody with 1,000 transactions, and somebody with 50,000."""
    with django_db_blocker.unblock():
        asha, bala = person_make("Asha"), person_make("Bala")
        expenses_make(asha, count=1000)
        expenses_make(bala, count=50_000)
        yield asha, bala


@pytest.mark.slow
class TestMemory:
    @pytest.mark.parametrize("ending", ["csv", "ndjson"])
    def test_is_the_same_for_fifty_times_as_many(self, committed, few_and_many, ending):
        asha, bala = few_and_many
        peaks_of(asha, ending)  # what is loaded once

        few, many = peaks_of(asha, ending), peaks_of(bala, ending)

        assert (few[0], many[0]) == (1000, 50_000)
        assert many[1] < 1.5 * few[1]
        assert many[2] < 10_000_000  # the file has 48 MB as NDJSON


def peaks_of(person, ending):
    """(lines of the file, the most bytes of Python's while it was made, by how many bytes the process grew)."""
    tracemalloc.start()
    try:
        lines, before, most = -1, resident_bytes(), 0
        for piece in file_of(person, ending=ending):
            lines += piece.count(b"\n")
            most = max(most, resident_bytes())
        return lines, tracemalloc.get_traced_memory()[1], most - before
    finally:
        tracemalloc.stop()


def resident_bytes() -> int:
    """What the process has, and so what the database's library keeps for it; 0 where the system does not tell."""
    told = Path("/proc/self/statm")
    return int(told.read_text().split()[1]) * resource.getpagesize() if told.exists() else 0


def take_again(person):
    """Whether the next file is whole, after whatever happened to the one before."""
    lines = b"".join(file_of(person)).splitlines()
    return json.loads(lines[-1]) == {"end": True, "count": len(lines) - 1}
