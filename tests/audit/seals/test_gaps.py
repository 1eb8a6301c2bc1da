"""Changes made while no trigger looked, by the schema's owner or a superuser, and what is said of them."""

from __future__ import annotations

import datetime as dt

import pytest

from audit.seals.gaps import gaps_find, keys_check, triggers_check
from audit.seals.trail import Difference
from rupaya.core.ids import uuid7
from tests.audit.seals.sealing import TAMPERED, seal_all, tampering, verify

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def gaps(committed, asha, admin_url):
    """Does something without triggers, and returns what is said of Asha's book and account."""

    def find(sql="SELECT 1", *parameters):
        ours = (str(asha.account("Cash").pk), str(asha.book.pk), str(asha.id), *map(str, parameters))
        found: list[Difference] = []
        with tampering(admin_url) as execute:
            execute(sql, *parameters)
            gaps_find(using=TAMPERED, report=found.append)
            keys_check(using=TAMPERED, report=found.append)
        return [gap.detail for gap in found if any(one in gap.detail for one in ours)]

    return find


class TestGapsFind:
    def test_finds_none_where_all_is_told(self, gaps):
        assert gaps() == []

    def test_looks_at_every_audited_table_as_the_owner(self, committed, asha):
        found: list[Difference] = []

        assert gaps_find(using="owner", report=found.append) > 12
        assert not [gap for gap in found if str(asha.book.pk) in gap.detail]

    def test_names_a_row_that_was_changed(self, gaps, asha):
        account = asha.account("Cash").pk

        assert gaps("UPDATE ledger_account SET name = 'Purse', icon = 'x' WHERE id = %s", account) == [
            f"ledger_account {account}: icon, name: no entry says so"
        ]

    def test_names_a_field_that_became_empty(self, gaps, asha):
        assert gaps("UPDATE ledger_account SET currency = 'USD' WHERE id = %s", asha.account("Cash").pk)

    def test_names_a_field_that_was_empty(self, gaps, asha):
        (told,) = gaps("UPDATE ledger_book SET closed_until = '2026-01-01' WHERE id = %s", asha.book.pk)

        assert "closed_until: no entry says so" in told

    def test_names_a_row_that_was_made(self, gaps, asha):
        made = uuid7()

        (told,) = gaps(
            "INSERT INTO ledger_member (id, book_id, user_id, role) VALUES (%s, %s, gen_random_uuid(), 'owner')",
            made, asha.book.pk,
        )  # fmt: skip

        assert told == f"ledger_member {made}: no entry says that it was made"

    def test_names_a_row_that_went(self, gaps, asha):
        account = asha.account("Cash").pk

        assert gaps("DELETE FROM ledger_account WHERE id = %s", account) == [
            f"ledger_account {account}: it is gone, and no entry says so"
        ]

    def test_names_a_key_that_was_destroyed(self, gaps):
        subject = uuid7()

        (told,) = gaps("INSERT INTO audit_key (id, destroyed_at) VALUES (%s, now())", subject)

        assert told == f"the key of {subject} is destroyed, and no sealed entry says so"

    def test_dates_a_row_by_what_the_log_says_last_of_it(self, committed, asha, admin_url):
        account = asha.account("Cash").pk
        found: list[Difference] = []
        with tampering(admin_url) as execute:
            execute("UPDATE ledger_account SET name = 'Purse' WHERE id = %s", account)
            gaps_find(using=TAMPERED, report=found.append)
            ((last,),) = execute(
                "SELECT max(created_at) FROM audit_logs WHERE resource_id = %s", str(account)
            )

        (told,) = [gap for gap in found if str(account) in gap.detail]
        assert dt.datetime.fromisoformat(str(told.at)) == last


class TestTriggersCheck:
    @pytest.mark.parametrize(
        ("change", "off"),
        [
            ("ALTER TABLE ledger_book DISABLE TRIGGER audit_insert", "audit_insert"),
            ("DROP TRIGGER audit_delete ON ledger_book", "audit_delete"),
            ("ALTER TABLE ledger_book ENABLE REPLICA TRIGGER audit_update", "audit_update"),
        ],
    )
    def test_names_the_trigger(self, committed, asha, admin_url, change, off):
        found: list[Difference] = []
        with tampering(admin_url) as execute:
            execute(change)
            triggers_check(using=TAMPERED, report=found.append)

        assert [(gap.kind, gap.detail) for gap in found] == [("gap", f"ledger_book: {off} is off or gone")]

    @pytest.mark.parametrize(
        ("table", "guard"),
        [
            ("audit_logs", "audit_logs_append_only"),
            ("audit_logs", "audit_logs_erased_only"),
            ("audit_logs_default", "audit_logs_append_only"),
            ("audit_leaf", "audit_leaf_append_only"),
            ("audit_leaf", "audit_leaf_follows"),
            ("audit_seal", "audit_seal_append_only"),
            ("audit_seal", "audit_seal_follows"),
            ("audit_anchor", "audit_anchor_append_only"),
            ("audit_key", "audit_key_once"),
            ("audit_key", "audit_update"),
            ("audit_key", "truncate_refuse"),
        ],
    )
    def test_names_a_guard_of_the_log_itself(self, committed, asha, admin_url, table, guard):
        found: list[Difference] = []
        with tampering(admin_url) as execute:
            execute(f"ALTER TABLE ONLY {table} DISABLE TRIGGER {guard}")
            triggers_check(using=TAMPERED, report=found.append)

        assert f"{table}: {guard} is off or gone" in [gap.detail for gap in found]

    def test_names_none_where_all_are_on(self, committed, asha):
        found: list[Difference] = []

        triggers_check(using="sealer", report=found.append)

        assert found == []


class TestKeysCheck:
    def test_names_an_erasure_that_was_hidden(self, committed, asha, admin_url):
        """Payloads blanked, the key destroyed, no guard in the way: it looks like an erasure that nobody told."""
        seal_all()
        with tampering(admin_url) as execute:
            execute("UPDATE audit_key SET key = NULL, destroyed_at = now() WHERE id = %s", asha.book.pk)
            execute("UPDATE audit_logs SET changes = '{}' WHERE book_id = %s", asha.book.pk)
            found = verify(using=TAMPERED)

        assert [(gap.kind, gap.detail) for gap in found.differences] == [
            ("gap", f"the key of {asha.book.pk} is destroyed, and no sealed entry says so")
        ]

    def test_takes_no_entry_that_seals_should_hold(self, committed, asha, admin_url):
        seal_all()
        with tampering(admin_url) as execute:
            execute("UPDATE audit_key SET key = NULL, destroyed_at = now() WHERE id = %s", asha.book.pk)
            execute(
                "INSERT INTO audit_logs (id, action, actor_kind, resource_type, resource_id, changes, user_agent,"
                " request_id, created_at)"
                " VALUES (gen_random_uuid(), 'UPDATE', 'job', 'audit_key', %s, '{}', '', '', now() - interval '1 day')",
                str(asha.book.pk),
            )
            found: list[Difference] = []
            keys_check(using=TAMPERED, report=found.append)

        assert [gap.detail for gap in found if str(asha.book.pk) in gap.detail]
