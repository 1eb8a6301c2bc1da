"""The database's promises about keys, attacked in raw SQL as the role that web and worker log in as."""

from __future__ import annotations

import datetime as dt

import psycopg
import pytest
from psycopg import errors
from psycopg.types.json import Json

from rupaya.core import clock
from tests.ledger.idempotency.keys import ANSWER, PRINT, act

DAY = dt.timedelta(hours=24)
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def answer(raw, key="k", *, at=None, fingerprint=PRINT, status=200, headers=Json({}), body=b""):  # noqa: B008  # never changed
    """A key with an answer, not committed."""
    raw.execute(ANSWER, [key, fingerprint, at or clock.now(), status, headers, body])


def kept(raw, person, key="k", *, at=None):
    """A key with an answer, committed; the connection goes on as the person."""
    act(raw, person)
    answer(raw, key, at=at, status=201, body=b"first")
    raw.commit()
    act(raw, person)


def body_of(raw, key="k"):
    return raw.execute("SELECT body FROM ledger_idempotency_key WHERE key = %s", [key]).fetchone()


def guard_of(raised):
    return raised.value.diag.constraint_name


class TestRowLevelSecurity:
    def test_shows_a_key_to_its_person_alone(self, raw, asha, chitra):
        kept(raw, asha)
        mine = body_of(raw)
        act(raw, chitra)

        assert mine == (b"first",)
        assert body_of(raw) is None

    def test_shows_nothing_without_an_actor(self, raw, asha):
        kept(raw, asha)
        raw.rollback()

        assert raw.execute("SELECT count(*) FROM ledger_idempotency_key").fetchone() == (0,)

    def test_lets_nobody_plant_a_key_in_anothers_name(self, raw, asha, chitra):
        act(raw, chitra)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(
                "INSERT INTO ledger_idempotency_key (user_id, key, fingerprint, created_at)"
                " VALUES (%s, 'k', %s, now())",
                [asha.id, PRINT],
            )

    def test_lets_nobody_touch_anothers_key(self, raw, asha, chitra):
        kept(raw, asha, at=LONG_AGO)
        act(raw, chitra)

        assert (
            raw.execute("UPDATE ledger_idempotency_key SET body = 'forged', created_at = now()").rowcount == 0
        )

    def test_lets_nobody_answer_without_an_actor(self, raw):
        with pytest.raises(errors.InsufficientPrivilege):
            answer(raw)


class TestAnswer:
    def test_is_given_once(self, raw, asha):
        kept(raw, asha)

        with pytest.raises(errors.UniqueViolation):
            answer(raw, body=b"forged")

    @pytest.mark.parametrize(
        "change",
        [
            "status = NULL, headers = NULL, body = NULL",
            "body = 'forged'",
            "status = 200",
            'headers = \'{"Location": "https://evil.example"}\'',
            "fingerprint = decode(repeat('03', 32), 'hex')",
            "created_at = created_at + interval '1 second'",
            "status = NULL, headers = NULL, body = NULL, created_at = created_at + interval '2 days'",
            "body = body",
        ],
    )
    def test_does_not_change_in_any_part(self, raw, asha, change):
        kept(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute(f"UPDATE ledger_idempotency_key SET {change} WHERE key = 'k'")

        assert guard_of(raised) == "ledger_idempotency_key_answered_once"

    @pytest.mark.parametrize(
        ("status", "headers", "body"), [(200, None, b""), (None, Json({}), b""), (200, Json({}), None)]
    )
    def test_is_whole(self, raw, asha, status, headers, body):
        act(raw, asha)

        with pytest.raises(errors.CheckViolation):
            answer(raw, status=status, headers=headers, body=body)

    @pytest.mark.parametrize("status", [0, 199, 300, 400, 500])
    def test_is_one_of_success(self, raw, asha, status):
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            answer(raw, status=status)

        assert guard_of(raised) == "ledger_idempotency_key_answer_is_success"


class TestKey:
    @pytest.mark.parametrize("key", ["", "two words", "é", "line\n", "\x7f"])
    def test_is_visible_ascii(self, raw, asha, key):
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            answer(raw, key)

        assert guard_of(raised) == "ledger_idempotency_key_is_visible"

    def test_has_an_end(self, raw, asha):
        act(raw, asha)

        with pytest.raises(errors.StringDataRightTruncation):
            answer(raw, "k" * 256)

    def test_has_a_fingerprint_of_its_length(self, raw, asha):
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            answer(raw, fingerprint=b"short")

        assert guard_of(raised) == "ledger_idempotency_key_fingerprint"

    @pytest.mark.parametrize(
        "attack",
        [
            "DELETE FROM ledger_idempotency_key",
            "UPDATE ledger_idempotency_key SET key = 'other'",
            "UPDATE ledger_idempotency_key SET user_id = app_actor()",
            "TRUNCATE ledger_idempotency_key",
        ],
    )
    def test_is_not_deleted_renamed_or_handed_on(self, raw, asha, attack):
        kept(raw, asha, at=LONG_AGO)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(attack)

    def test_is_not_taken_over_backwards_in_time(self, raw, asha):
        kept(raw, asha, at=LONG_AGO)

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute(
                "UPDATE ledger_idempotency_key SET status = NULL, headers = NULL, body = NULL,"
                " created_at = created_at - interval '1 day'"
            )

        assert guard_of(raised) == "ledger_idempotency_key_answered_once"


class TestClaim:
    def test_waits_less_than_any_other_statement_may(self, raw):
        """Else the bound would be the role's own, which is there for another reason."""
        claim, for_a_lock, for_a_statement = raw.execute(
            r"""SELECT substring(array_to_string(proconfig, ' ') FROM 'lock_timeout=(\S+)')::interval,
                       current_setting('lock_timeout')::interval, current_setting('statement_timeout')::interval
                  FROM pg_proc WHERE proname = 'ledger_idempotency_claim' AND pronargs = 2"""
        ).fetchone()

        assert dt.timedelta(0) < claim < min(for_a_lock, for_a_statement)


class TestPurge:
    def test_deletes_nothing_younger_than_a_day_whoever_asks(self, raw, asha):
        kept(raw, asha, at=clock.now() - DAY + dt.timedelta(minutes=5))

        raw.execute("SELECT ledger_idempotency_purge(1000000)")

        assert body_of(raw) == (b"first",)

    def test_is_the_owners_one_way_to_change_anything(self, raw, asha, admin_url):
        kept(raw, asha, at=LONG_AGO)
        raw.rollback()
        with psycopg.connect(admin_url) as owner:
            owner.execute("SET ROLE rupaya_owner")

            with pytest.raises(errors.InsufficientPrivilege):
                owner.execute(
                    "UPDATE ledger_idempotency_key SET status = NULL, headers = NULL, body = NULL, created_at = now()"
                    " WHERE user_id = %s",
                    [asha.id],
                )
