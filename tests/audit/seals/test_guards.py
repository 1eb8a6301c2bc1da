"""What the database refuses of leaves, seals, keys and erasure, in raw SQL."""

from __future__ import annotations

import os

import psycopg
import pytest
from psycopg import errors

from audit.seals.entries import NOBODY
from rupaya.core.ids import uuid7
from tests.audit.seals.sealing import entries_of, seal_all, sealer_connect

pytestmark = pytest.mark.usefixtures("own_database")
LEAF = """
INSERT INTO audit_leaf (position, entry_id, entry_created_at, hash, changes_hash, origin_hash)
SELECT (SELECT max(position) FROM audit_leaf) + {}, gen_random_uuid(), now(), 'x', 'x', 'x'
"""
SEAL = """
INSERT INTO audit_seal (number, size, root, frontier, head, head_hash, previous, sealed_at, cluster, snapshot,
                        is_complete, key_id)
SELECT number + 1, {}, root, frontier, 'x', sha256('x'), {}, now(), cluster, snapshot, true, key_id
  FROM audit_seal ORDER BY number DESC LIMIT 1
"""
ERASE = "SELECT set_config('app.audit_erasing', 'on', true)"


@pytest.fixture
def sealed(committed, asha, admin_url):
    """The ids of Asha's book's entries, sealed."""
    seal_all()
    return entries_of(asha, admin_url)


def refused(url, guard, *statements, parameters=()):
    with psycopg.connect(url) as connection:
        for statement in statements[:-1]:
            connection.execute(statement)
        with pytest.raises(errors.CheckViolation) as raised:
            connection.execute(statements[-1], parameters or None)
    assert raised.value.diag.constraint_name == guard


class TestApplication:
    @pytest.mark.parametrize(
        "attack",
        [
            "SELECT * FROM audit_key",
            "SELECT * FROM audit_leaf",
            "SELECT * FROM audit_anchor",
            LEAF.format(1),
            SEAL.format("size + 1", "head_hash"),
            "UPDATE audit_seal SET head = ''",
            "DELETE FROM audit_seal",
            "DELETE FROM audit_key",
            "SELECT audit_erase('{}')",
        ],
    )
    def test_may_read_seals_and_nothing_more(self, raw, sealed, attack):
        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(attack)

    def test_sees_heads(self, raw, sealed):
        assert raw.execute("SELECT count(*) FROM audit_seal").fetchone()[0] >= 1


class TestSealer:
    @pytest.mark.parametrize(
        "attack",
        [
            "DELETE FROM audit_logs",
            "UPDATE audit_logs SET action = 'READ'",
            "INSERT INTO audit_logs (id, action) VALUES (gen_random_uuid(), 'READ')",
            "UPDATE audit_leaf SET hash = 'x'",
            "DELETE FROM audit_leaf",
            "UPDATE audit_seal SET root = 'x'",
            "DELETE FROM audit_anchor",
            "DELETE FROM audit_key",
            "UPDATE audit_key SET id = gen_random_uuid()",
            "SELECT * FROM ledger_transaction",
            "SELECT * FROM accounts_user",
            "CREATE TABLE public.mine ()",
        ],
    )
    def test_may_only_append(self, sealed, attack):
        with sealer_connect() as sealer, pytest.raises(errors.InsufficientPrivilege):
            sealer.execute(attack)


class TestLeafFollows:
    @pytest.mark.parametrize(
        "step", ["2", "0 - 5 - (SELECT max(position) FROM audit_leaf)", "generate_series(1, 5, 2)"]
    )
    def test_refuses_a_gap(self, sealed, step):
        refused(os.environ["DATABASE_SEALER_URL"], "audit_leaf_follows", LEAF.format(step))

    def test_refuses_an_entry_twice(self, sealed):
        with sealer_connect() as sealer, pytest.raises(errors.UniqueViolation):
            sealer.execute(LEAF.format(1).replace("gen_random_uuid()", f"'{sealed[0]}'"))

    def test_lets_through_what_follows(self, sealed):
        with sealer_connect() as sealer:
            sealer.execute(LEAF.format("generate_series(1, 3)"))
            sealer.rollback()


class TestSealFollows:
    @pytest.mark.parametrize(
        ("size", "previous"),
        [
            ("size", "head_hash"),
            ("size + 2", "head_hash"),
            ("size + 1", "NULL"),
            ("size + 1", "'x'"),
            ("size - 1", "head_hash"),
        ],
    )
    def test_refuses_another(self, sealed, size, previous):
        refused(
            os.environ["DATABASE_SEALER_URL"],
            "audit_seal_follows",
            LEAF.format(1),
            SEAL.format(size, previous),
        )

    def test_lets_through_the_next(self, sealed):
        with sealer_connect() as sealer:
            sealer.execute(LEAF.format(1))
            sealer.execute(SEAL.format("size + 1", "head_hash"))
            sealer.rollback()


class TestAppendOnly:
    @pytest.mark.parametrize("table", ["audit_leaf", "audit_seal", "audit_anchor"])
    @pytest.mark.parametrize("attack", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_holds_for_the_administrator_too(self, sealed, admin_url, table, attack):
        with psycopg.connect(admin_url) as admin, pytest.raises(errors.CheckViolation) as raised:
            admin.execute(attack.format(table))
        assert raised.value.diag.constraint_name in {
            f"{table}_append_only",
            "audit_anchor_append_only",  # TRUNCATE of seals reaches it first
        }


class TestKeyOnce:
    @pytest.mark.parametrize(
        "attack",
        [
            "UPDATE audit_key SET key = 'other' WHERE id = %s",
            "UPDATE audit_key SET id = gen_random_uuid() WHERE id = %s",
            "DELETE FROM audit_key WHERE id = %s",
        ],
    )
    def test_refuses_another_key(self, sealed, admin_url, asha, attack):
        refused(admin_url, "audit_key_once", attack, parameters=[asha.book.pk])

    def test_refuses_to_bring_a_key_back(self, sealed, admin_url):
        subject = uuid7()
        with psycopg.connect(admin_url) as admin:
            admin.execute("INSERT INTO audit_key (id, key) VALUES (%s, 'x')", [subject])
            admin.execute("UPDATE audit_key SET key = NULL, destroyed_at = now() WHERE id = %s", [subject])
            with pytest.raises(errors.CheckViolation) as raised:
                admin.execute("UPDATE audit_key SET key = 'x', destroyed_at = NULL WHERE id = %s", [subject])
        assert raised.value.diag.constraint_name == "audit_key_once"

    def test_refuses_a_key_that_was_never_there(self, sealed):
        refused(
            os.environ["DATABASE_SEALER_URL"], "audit_key_once",
            "INSERT INTO audit_key (id, destroyed_at) VALUES (gen_random_uuid(), now())",
        )  # fmt: skip

    def test_refuses_to_destroy_the_key_of_nobody(self, sealed):
        refused(
            os.environ["DATABASE_SEALER_URL"], "audit_key_once",
            f"INSERT INTO audit_key (id, key) VALUES ('{NOBODY}', 'x') ON CONFLICT (id) DO NOTHING",
            f"UPDATE audit_key SET key = NULL, destroyed_at = now() WHERE id = '{NOBODY}'",
        )  # fmt: skip

    def test_refuses_truncate(self, sealed, admin_url):
        refused(admin_url, "audit_key_once", "TRUNCATE audit_key")


class TestErasedOnly:
    """As the schema's owner, with the setting that lets an UPDATE come as far as the row's guard."""

    @pytest.mark.parametrize(
        "change",
        [
            "changes = '{}'",  # whose key is there
            "ip_address = NULL, user_agent = ''",
            'changes = \'{"name": "Forged"}\'',
            "user_id = NULL",
            "action = 'DELETE'",
            "created_at = created_at - interval '1 s'",
            "written_in = 1",
        ],
    )
    def test_refuses_what_is_no_erasure(self, sealed, asha, change):
        statement = f"UPDATE audit_logs SET {change} WHERE id = '{sealed[0]}'"
        refused(os.environ["DATABASE_OWNER_URL"], "audit_logs_append_only", statement)
        if "NULL, user_agent" not in change:
            refused(os.environ["DATABASE_OWNER_URL"], "audit_logs_erased_only", ERASE, statement)

    @pytest.mark.parametrize(
        "change",
        [
            "changes = '{\"a\": 1}'",
            "changes = '{}', action = 'DELETE'",
            "changes = '{}', request_id = 'x'",
            "changes = '{}', user_agent = 'x'",
        ],
    )
    def test_refuses_more_than_erasure_where_the_key_is_gone(self, sealed, asha, change):
        destroy = f"UPDATE audit_key SET key = NULL, destroyed_at = now() WHERE id = '{asha.book.pk}'"

        refused(
            os.environ["DATABASE_OWNER_URL"], "audit_logs_erased_only", destroy, ERASE,
            f"UPDATE audit_logs SET {change} WHERE id = '{sealed[0]}'",
        )  # fmt: skip

    def test_refuses_the_erasure_of_what_is_not_sealed(self, sealed, asha):
        refused(
            os.environ["DATABASE_OWNER_URL"],
            "audit_logs_erased_only",
            f"UPDATE accounts_user SET full_name = 'New' WHERE id = '{asha.id}'",
            f"INSERT INTO audit_key (id, key) VALUES ('{asha.id}', 'x') ON CONFLICT (id) DO NOTHING",
            f"UPDATE audit_key SET key = NULL, destroyed_at = now() WHERE id = '{asha.id}'",
            ERASE,
            f"UPDATE audit_logs SET changes = '{{}}' WHERE resource_id = '{asha.id}' AND action = 'UPDATE'",
        )

    def test_refuses_deletion_all_the_same(self, sealed):
        refused(
            os.environ["DATABASE_OWNER_URL"], "audit_logs_append_only", ERASE,
            "DELETE FROM audit_logs",
        )  # fmt: skip

    def test_lets_through_what_is_one(self, sealed, asha):
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
            owner.execute(
                "UPDATE audit_key SET key = NULL, destroyed_at = now() WHERE id = %s", [asha.book.pk]
            )
            owner.execute(ERASE)
            done = owner.execute("UPDATE audit_logs SET changes = '{}' WHERE id = %s", [sealed[0]])
            assert done.rowcount == 1
            owner.rollback()
