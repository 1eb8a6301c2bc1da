"""What the database refuses, whoever asks."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from psycopg import errors

from tests.support.flags import flag_set, name_new

INSERT = """
INSERT INTO flags_flag (name, kind, owner, purpose, created, modified) VALUES (%s, 'ops', 'x', 'y', now(), now())
"""


@pytest.fixture
def name(committed):
    name = name_new()
    flag_set(name)
    return name


@pytest.fixture
def said(raw):
    """A connection that has said why."""
    raw.execute("SELECT flags_change_begin('an attack')")
    return raw


def refused_by(caught):
    return caught.value.diag.constraint_name


class TestConstraints:
    @pytest.mark.parametrize(
        ("assignment", "constraint"),
        [("percent = 100.01", "flags_flag_percent_is_one"), ("percent = -0.01", "flags_flag_percent_is_one"),
         ("percent = 'NaN'", "flags_flag_percent_is_one"),
         ("starts_at = now(), expires_at = now()", "flags_flag_ends_after_start"),
         ("kind = 'whim'", "flags_flag_kind_is_known"), ("owner = '  '", "flags_flag_has_owner"),
         ("owner = E'a\\nb'", "flags_flag_has_owner"), ("purpose = ''", "flags_flag_has_purpose"),
         ("kind = 'release'", "flags_flag_goes_some_day"), ("name = 'another'", "flags_flag_name_stays")],
    )  # fmt: skip
    def test_refuse_what_no_flag_is(self, name, said, assignment, constraint):
        with pytest.raises(errors.CheckViolation) as caught:
            said.execute(f"UPDATE flags_flag SET {assignment} WHERE name = %s", [name])

        assert refused_by(caught) == constraint

    @pytest.mark.parametrize("wrong", ["", "Export", "1st", "a-b", "a b", "é", "a\n"])
    def test_refuse_what_no_name_is(self, said, wrong):
        with pytest.raises(errors.CheckViolation) as caught:
            said.execute(INSERT, [wrong])

        assert refused_by(caught) == "flags_flag_name_is_word"

    @pytest.mark.parametrize(
        "assignment", ["purpose = repeat('x', 501)", "owner = repeat('x', 121)", "percent = 1000"]
    )
    def test_refuse_what_is_too_long(self, name, said, assignment):
        with pytest.raises((errors.StringDataRightTruncation, errors.NumericValueOutOfRange)):
            said.execute(f"UPDATE flags_flag SET {assignment} WHERE name = %s", [name])


class TestReason:
    @pytest.mark.parametrize("why", [None, "", "   ", "a\nb"])
    def test_is_needed_for_a_change(self, name, raw, why):
        if why is not None:
            raw.execute("SELECT set_config('app.change_reason', %s, true)", [why])

        with pytest.raises(errors.CheckViolation) as caught:
            raw.execute("UPDATE flags_flag SET everyone = true WHERE name = %s", [name])

        assert refused_by(caught) == "flags_change_has_reason"

    def test_is_needed_for_a_new_flag_and_for_removing_one(self, name, raw):
        for statement in (INSERT, "DELETE FROM flags_flag WHERE name = %s"):
            with pytest.raises(errors.CheckViolation) as caught, raw.transaction():
                raw.execute(statement, [name_new() if statement == INSERT else name])
            assert refused_by(caught) == "flags_change_has_reason"

    def test_is_needed_for_listing_somebody_and_not_for_one_who_goes(self, name, raw, asha):
        listing = (
            "INSERT INTO flags_flag_users (flag_id, user_id) SELECT id, %s FROM flags_flag WHERE name = %s"
        )
        with pytest.raises(errors.CheckViolation) as caught, raw.transaction():
            raw.execute(listing, [asha.id, name])
        flag_set(name, users=[asha.user])
        raw.execute("DELETE FROM flags_flag_users WHERE user_id = %s", [asha.id])

        kept = raw.execute("SELECT changes, reason FROM flags_change ORDER BY id DESC LIMIT 1").fetchone()
        assert refused_by(caught) == "flags_change_has_reason"
        assert kept == ({"users": {"removed": [str(asha.id)]}}, "Gone with the person or group.")

    def test_does_not_outlive_its_transaction(self, name, raw):
        raw.execute("SELECT flags_change_begin('an attack')")
        raw.commit()

        with pytest.raises(errors.CheckViolation):
            raw.execute("UPDATE flags_flag SET everyone = true WHERE name = %s", [name])

    def test_stands_in_the_audit_log_beside_what_changed_and_who_did_it(self, name, said, asha, admin_url):
        said.execute("SELECT set_config('app.current_user_id', %s, true), set_config('app.actor_kind', 'staff', true)",
                     [str(asha.id)])  # fmt: skip
        said.execute("UPDATE flags_flag SET percent = 30 WHERE name = %s", [name])
        said.commit()

        with psycopg.connect(admin_url) as admin:
            rows = admin.execute(
                """SELECT resource_type, actor_kind, user_id, changes FROM audit_logs
                    ORDER BY created_at DESC, id DESC LIMIT 2"""
            ).fetchall()
        entries = {kind: (actor, user, changes) for kind, actor, user, changes in rows}
        assert entries["flags_flag"][:2] == entries["flags_change"][:2] == ("staff", asha.id)
        assert entries["flags_flag"][2]["percent"] == [None, 30]
        assert entries["flags_change"][2]["reason"] == "an attack"
        assert entries["flags_change"][2]["changes"]["percent"] == [None, 30]


class TestHistory:
    @pytest.mark.parametrize(
        "statement",
        ["UPDATE flags_change SET reason = 'x'", "DELETE FROM flags_change", "TRUNCATE flags_change",
         "INSERT INTO flags_change (flag_name, changes, reason, actor_kind) VALUES ('x', '{}', 'x', 'user')",
         "UPDATE flags_flag_users SET flag_id = 1", "UPDATE flags_flag_groups SET flag_id = 1", "TRUNCATE flags_flag"],
    )  # fmt: skip
    def test_is_not_the_applications_to_write(self, said, statement):
        with pytest.raises(errors.InsufficientPrivilege):
            said.execute(statement)

    @pytest.mark.parametrize(
        "statement",
        ["UPDATE flags_change SET reason = 'x'", "DELETE FROM flags_change", "TRUNCATE flags_change"],
    )
    def test_only_grows_even_for_an_administrator(self, name, admin_url, statement):
        with psycopg.connect(admin_url) as admin, pytest.raises(errors.CheckViolation):
            admin.execute(statement)


class TestOneAtATime:
    def test_numbers_become_visible_in_their_order(self, committed, raw, admin_url):
        first, second = name_new(), name_new()
        flag_set(first)
        flag_set(second)
        done = []

        def change_second():
            with psycopg.connect(admin_url) as other:
                other.execute("SELECT set_config('app.change_reason', 'the second', true)")
                other.execute("UPDATE flags_flag SET everyone = true WHERE name = %s", [second])
            done.append("second")

        raw.execute("SELECT set_config('app.change_reason', 'the first', true)")
        raw.execute("UPDATE flags_flag SET everyone = true WHERE name = %s", [first])
        waiting = threading.Thread(target=change_second)
        waiting.start()
        time.sleep(0.3)
        done.append("first")
        raw.commit()
        waiting.join(5)

        assert done == ["first", "second"]
        names = raw.execute("SELECT flag_name FROM flags_change ORDER BY id DESC LIMIT 2").fetchall()
        assert names == [(second,), (first,)]


class TestNumbers:
    def test_are_not_taken_by_the_application(self, raw):
        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute("SELECT nextval('flags_change_id_seq')")
