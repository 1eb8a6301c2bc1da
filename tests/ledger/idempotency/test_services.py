"""Claiming a key, keeping its answer, forgetting it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, OperationalError, connection

from ledger.idempotency.rules import BODY_BYTES_MAX, Answer
from ledger.idempotency.services import KeyInUse, KeyReused, key_answer, key_claim, keys_purge
from rupaya.core import clock
from rupaya.core.db import Actor, acting_as, constraint_name, undo
from tests.ledger.idempotency.keys import NOW, OTHER_PRINT, PRINT, keys_of

DONE = Answer(201, {"Content-Type": "application/json", "Location": "/v1/x"}, b'{"id":1}')
DAY = dt.timedelta(hours=24)
JOB = Actor(user_id=None, kind="job")


def claim(person, key="k", *, fingerprint=PRINT, now=NOW):
    with acting_as(person.actor):
        return key_claim(key=key, fingerprint=fingerprint, now=now)


def do_once(person, key="k", *, now=NOW, answer=DONE):
    """A whole request: None where it was the first."""
    with acting_as(person.actor):
        earlier = key_claim(key=key, fingerprint=PRINT, now=now)
        if earlier is None:
            key_answer(key=key, fingerprint=PRINT, answer=answer, now=now)
        return earlier


class TestKeyClaim:
    def test_gives_the_key_to_the_first_and_the_answer_to_the_next(self, asha):
        assert do_once(asha) is None
        assert do_once(asha) == do_once(asha) == DONE

    def test_keeps_every_byte(self, asha):
        answer = Answer(200, {"Content-Type": "application/json", "ETag": '"x"'}, bytes(range(256)))
        do_once(asha, answer=answer)

        assert do_once(asha) == answer

    def test_refuses_a_key_that_was_used_for_another_request(self, asha):
        do_once(asha)

        with pytest.raises(KeyReused) as raised:
            claim(asha, fingerprint=OTHER_PRINT)

        assert (raised.value.status, raised.value.code) == (422, "idempotency_key_reused")
        assert do_once(asha) == DONE

    def test_tells_keys_apart_by_every_character(self, asha):
        do_once(asha, "Key-1")

        assert claim(asha, "key-1") is None
        assert claim(asha, "Key-10") is None

    def test_takes_the_same_key_of_two_people_for_two(self, asha, bala):
        do_once(asha)

        assert do_once(bala) is None
        assert claim(bala, "k") == DONE

    def test_leaves_the_key_free_where_the_transaction_was_undone(self, asha):
        with acting_as(asha.actor):
            key_claim(key="k", fingerprint=PRINT, now=NOW)
            undo()

        assert claim(asha, fingerprint=OTHER_PRINT) is None

    def test_gives_the_answer_for_24_hours_and_then_the_key(self, asha):
        """The clock is an argument; the row's own day must also be over by the database's."""
        begun = clock.now() - 3 * DAY
        do_once(asha, now=begun)

        assert claim(asha, now=begun + DAY - dt.timedelta(microseconds=1)) == DONE
        assert claim(asha, fingerprint=OTHER_PRINT, now=begun + DAY) is None

    def test_takes_over_a_day_old_key_as_if_it_were_new(self, asha):
        begun, newer = clock.now() - 2 * DAY, Answer(200, {"Content-Type": "application/json"}, b"{}")
        do_once(asha, now=begun)

        assert do_once(asha, now=begun + DAY, answer=newer) is None
        assert do_once(asha, now=begun + 2 * DAY - dt.timedelta(seconds=1)) == newer

    def test_does_not_believe_a_clock_that_runs_ahead(self, asha):
        do_once(asha, now=clock.now())

        assert claim(asha, now=clock.now() + 2 * DAY) == DONE

    def test_leaves_nothing_behind_without_an_answer(self, asha):
        claim(asha)

        assert claim(asha, fingerprint=OTHER_PRINT) is None
        assert keys_of(asha) == []

    def test_passes_on_another_fault_of_the_database(self, committed, asha, monkeypatch):
        monkeypatch.setattr(
            "ledger.idempotency.services._CLAIM", "SELECT pg_terminate_backend(pg_backend_pid())"
        )

        with pytest.raises(OperationalError), acting_as(asha.actor):
            key_claim(key="k", fingerprint=PRINT, now=NOW)

    def test_bounds_its_own_wait_and_leaves_the_transactions_alone(self, asha):
        with acting_as(asha.actor), connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            before = cursor.fetchone()
            key_claim(key="k", fingerprint=PRINT, now=NOW)
            cursor.execute("SHOW lock_timeout")

            assert cursor.fetchone() == before == ("5s",)

    def test_wants_a_transaction(self, committed):
        with pytest.raises(RuntimeError):
            key_claim(key="k", fingerprint=PRINT, now=NOW)

    def test_asks_once(self, asha, django_assert_num_queries):
        with acting_as(asha.actor), django_assert_num_queries(1):
            key_claim(key="k", fingerprint=PRINT, now=NOW)


class TestKeyAnswer:
    def test_asks_once(self, asha, django_assert_num_queries):
        with acting_as(asha.actor):
            key_claim(key="k", fingerprint=PRINT, now=NOW)
            with django_assert_num_queries(1):
                key_answer(key="k", fingerprint=PRINT, answer=DONE, now=NOW)

    def test_refuses_a_second_answer(self, asha):
        do_once(asha)

        with pytest.raises(KeyInUse), acting_as(asha.actor):
            key_answer(key="k", fingerprint=PRINT, answer=Answer(200, {}, b"other"), now=NOW)

        assert do_once(asha) == DONE

    @pytest.mark.parametrize(
        ("answer", "constraint"),
        [
            (Answer(404, {}, b""), "ledger_idempotency_key_answer_is_success"),
            (Answer(302, {}, b""), "ledger_idempotency_key_answer_is_success"),
            (Answer(200, {}, b"x" * (BODY_BYTES_MAX + 1)), "ledger_idempotency_key_body_fits"),
        ],
    )
    def test_refuses_an_answer_that_is_none(self, asha, answer, constraint):
        claim(asha)

        with pytest.raises(IntegrityError) as raised, acting_as(asha.actor):
            key_answer(key="k", fingerprint=PRINT, answer=answer, now=NOW)

        assert constraint_name(raised.value) == constraint

    def test_takes_the_largest_answer(self, asha):
        largest = Answer(200, {}, b"x" * BODY_BYTES_MAX)
        do_once(asha, answer=largest)

        assert do_once(asha) == largest

    def test_wants_a_transaction(self, committed, asha):
        with pytest.raises(RuntimeError):
            key_answer(key="k", fingerprint=PRINT, answer=DONE, now=NOW)


def names_of(person):
    return [row.key for row in keys_of(person)]


def purge(rows_max=1000):
    with acting_as(JOB):
        return keys_purge(rows_max=rows_max)


class TestKeysPurge:
    @pytest.fixture(autouse=True)
    def _nothing_old_is_left_by_other_tests(self, asha):
        while purge():
            pass

    def test_forgets_anybodys_keys_after_a_day_and_none_before(self, asha, bala):
        old, young = clock.now() - DAY, clock.now() - DAY + dt.timedelta(minutes=1)
        for person in (asha, bala):
            do_once(person, "old", now=old - dt.timedelta(seconds=1))
            do_once(person, "young", now=young)

        assert purge() == 2
        assert names_of(asha) == names_of(bala) == ["young"]

    def test_takes_no_more_than_it_is_told_and_the_oldest_first(self, asha):
        for hours in (30, 28, 26):
            do_once(asha, f"{hours}h", now=clock.now() - dt.timedelta(hours=hours))

        assert purge(rows_max=2) == 2
        assert names_of(asha) == ["26h"]
        assert purge(rows_max=2) == 1
        assert purge(rows_max=2) == 0

    def test_passes_by_a_key_that_is_being_taken_over(self, raw, asha):
        do_once(asha, "busy", now=clock.now() - 2 * DAY)
        do_once(asha, "old", now=clock.now() - 2 * DAY)
        raw.execute("SELECT set_config('app.current_user_id', %s, true)", [str(asha.id)])
        raw.execute("UPDATE ledger_idempotency_key SET created_at = now() WHERE key = 'busy'")

        purge()

        assert names_of(asha) == ["busy"]

    def test_wants_a_transaction(self, committed):
        with pytest.raises(RuntimeError):
            keys_purge(rows_max=1)
