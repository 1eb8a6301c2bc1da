"""Every way to falsify the log, by a superuser with no guard in the way, and what is said of it."""

from __future__ import annotations

import datetime as dt

import pytest

from audit.seals.anchor import Anchored
from audit.seals.entries import entry_hash
from audit.seals.keys import signer
from audit.seals.models import Leaf, Seal
from audit.seals.rows import leaves
from audit.seals.verification import NotPutAway
from rupaya.core import clock
from tests.audit.seals.sealing import (
    TAMPERED,
    entries_of,
    position_of,
    seal_all,
    seal_newest,
    tampering,
    verify,
)

pytestmark = pytest.mark.usefixtures("own_database")
TOMORROW = clock.now().astimezone(dt.UTC).date() + dt.timedelta(days=1)
COPY = """
INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id, changes, ip_address,
                        user_agent, request_id, created_at, written_in)
SELECT gen_random_uuid(), user_id, actor_kind, action, resource_type, resource_id, book_id, changes, ip_address,
       user_agent, request_id, created_at, {} FROM audit_logs WHERE id = %s RETURNING id::text
"""


@pytest.fixture
def sealed(committed, asha, admin_url):
    """The ids of Asha's book's entries, sealed, with one seal after them."""
    seal_all()
    entries = entries_of(asha, admin_url)
    from tests.support.cast import person_make

    person_make("Dev")
    seal_all()
    return entries


def first(found):
    assert found.differences
    return found.differences[0]


def is_dated(told):
    """Whether a difference says when its entry was made, as the leaf does."""
    leaf = Leaf.objects.using("sealer").get(entry_id=told.entry)
    return dt.datetime.fromisoformat(told.at) == leaf.entry_created_at


class TestLogVerify:
    def test_finds_nothing_in_what_nobody_touched(self, sealed):
        found = verify()

        assert found.differences == []
        assert found.leaves == seal_newest().size
        assert found.seals == seal_newest().number

    @pytest.mark.parametrize(
        "change",
        [
            'changes = changes || \'{"name": "Forged"}\'',
            "action = 'DELETE'",
            "user_id = gen_random_uuid()",
            "actor_kind = 'staff'",
            "resource_id = 'x'",
            "ip_address = '198.51.100.7'",
            "user_agent = 'Forged'",
            "request_id = 'forged'",
            "book_id = NULL",
            "written_in = written_in - 1",
            "changes = '{}'",
        ],
    )
    def test_names_an_altered_row(self, sealed, admin_url, change):
        with tampering(admin_url) as execute:
            (entry,) = execute(f"UPDATE audit_logs SET {change} WHERE id = %s RETURNING id::text", sealed[3])
            found = verify(using=TAMPERED)

        told = first(found)
        assert (told.kind, told.entry) == ("altered", entry[0])
        assert told.position == position_of(sealed[3])
        assert is_dated(told)

    def test_names_a_row_whose_instant_was_altered(self, sealed, admin_url):
        with tampering(admin_url) as execute:
            execute(
                "UPDATE audit_logs SET created_at = created_at + interval '1 microsecond' WHERE id = %s",
                sealed[2],
            )
            found = verify(using=TAMPERED)

        assert (first(found).kind, first(found).entry) == ("altered", sealed[2])

    def test_names_a_removed_row(self, sealed, admin_url):
        with tampering(admin_url) as execute:
            execute("DELETE FROM audit_logs WHERE id = ANY (%s::uuid[])", [sealed[4], sealed[2]])
            found = verify(using=TAMPERED)

        assert [(told.kind, told.entry) for told in found.differences] == [
            ("removed", sealed[2]), ("removed", sealed[4]),
        ]  # fmt: skip
        assert all(map(is_dated, found.differences))

    def test_names_where_a_row_and_its_leaf_were_removed(self, sealed, admin_url):
        at = position_of(sealed[2])
        with tampering(admin_url) as execute:
            execute("DELETE FROM audit_logs WHERE id = %s", sealed[2])
            execute("DELETE FROM audit_leaf WHERE entry_id = %s", sealed[2])
            found = verify(using=TAMPERED)

        assert (first(found).kind, first(found).position) == ("removed", at + 1)
        assert f"position {at} " in first(found).detail
        assert first(found).at

    def test_names_what_was_cut_off_the_end(self, sealed, admin_url):
        with tampering(admin_url) as execute:
            execute("DELETE FROM audit_leaf WHERE position = (SELECT max(position) FROM audit_leaf)")
            found = verify(using=TAMPERED)

        assert {told.kind for told in found.differences} == {"rewritten", "removed", "inserted"}

    def test_names_an_inserted_row_that_claims_an_old_transaction(self, sealed, admin_url):
        with tampering(admin_url) as execute:
            ((entry,),) = execute(COPY.format("written_in"), sealed[3])
            found = verify(using=TAMPERED)

        assert [(told.kind, told.entry) for told in found.differences] == [("inserted", entry)]
        assert dt.datetime.fromisoformat(first(found).at).date() == clock.now().astimezone(dt.UTC).date()

    def test_names_an_inserted_row_that_claims_to_be_old(self, sealed, admin_url):
        with tampering(admin_url) as execute:
            ((entry,),) = execute(COPY.format("pg_current_xact_id()::text::bigint"), sealed[3])
            execute("UPDATE audit_logs SET created_at = created_at - interval '1 day' WHERE id = %s", entry)
            found = verify(using=TAMPERED)

        assert [(told.kind, told.entry) for told in found.differences] == [("inserted", entry)]

    def test_names_reordered_leaves(self, sealed, admin_url):
        one, other = position_of(sealed[1]), position_of(sealed[3])
        with tampering(admin_url) as execute:
            execute(
                """UPDATE audit_leaf SET position = -1 - position WHERE position IN (%s, %s)""", one, other
            )
            execute("UPDATE audit_leaf SET position = %s WHERE position = %s", one, -1 - other)
            execute("UPDATE audit_leaf SET position = %s WHERE position = %s", other, -1 - one)
            found = verify(using=TAMPERED)

        kinds = [told.kind for told in found.differences]
        assert kinds[0] == "reordered"
        assert is_dated(first(found))
        assert "rewritten" in kinds
        assert first(found).position in {one + 1, other}

    def test_names_a_trigger_that_is_off(self, sealed, admin_url):
        with tampering(admin_url) as execute:
            execute("ALTER TABLE ledger_account DISABLE TRIGGER audit_update")
            found = verify(using=TAMPERED)

        assert [told.kind for told in found.differences] == ["gap"]
        assert "ledger_account: audit_update" in first(found).detail

    def test_names_the_seal_where_a_row_was_rewritten_with_its_leaf(self, sealed, admin_url):
        at = position_of(sealed[3])
        with tampering(admin_url) as execute:
            forge(execute, at)
            found = verify(using=TAMPERED)

        (told,) = found.differences
        seal = Seal.objects.using("sealer").filter(size__gt=at).order_by("number")[0]
        assert (told.kind, told.seal) == ("rewritten", seal.number)
        assert told.at

    def test_names_a_seal_that_nobody_signed(self, sealed, admin_url):
        with tampering(admin_url) as execute:
            execute(
                "UPDATE audit_seal SET head = replace(head, E'\\nseal 1\\n', E'\\nseal 9\\n') WHERE number = 1"
            )
            found = verify(using=TAMPERED)

        assert (first(found).kind, first(found).seal) == ("rewritten", 1)
        assert "signature" in first(found).detail

    @pytest.mark.parametrize(
        "change", ["root = decode(repeat('00', 32), 'hex')", "snapshot = '1:1:'", "size = size + 1000000"]
    )
    def test_names_a_seal_whose_columns_say_something_else(self, sealed, admin_url, change):
        with tampering(admin_url) as execute:
            execute(f"UPDATE audit_seal SET {change} WHERE number = (SELECT max(number) FROM audit_seal)")
            found = verify(using=TAMPERED)

        assert "rewritten" in {told.kind for told in found.differences}

    def test_names_a_seal_that_is_gone(self, sealed, admin_url):
        with tampering(admin_url) as execute:
            execute("DELETE FROM audit_seal WHERE number = (SELECT max(number) - 1 FROM audit_seal)")
            found = verify(using=TAMPERED)

        assert first(found).kind == "rewritten"
        assert "follow" in first(found).detail

    def test_knows_a_log_that_was_signed_anew_by_a_head_that_was_kept(self, sealed, admin_url):
        kept = seal_newest()
        with tampering(admin_url) as execute:
            sign_anew(execute, kept)
            unaware = verify(using=TAMPERED)
            found = verify(using=TAMPERED, kept_heads=[kept.head])
            anchored = verify(
                using=TAMPERED, anchors=[Anchored(kept.number, bytes(kept.head_hash).hex(), kept.sealed_at)]
            )

        assert unaware.differences == []  # whoever has the key and the database can lie; hence the anchor
        assert [(told.kind, told.seal) for told in found.differences] == [("rewritten", kept.number)]
        assert [(told.kind, told.seal) for told in anchored.differences] == [("rewritten", kept.number)]

    def test_knows_a_seal_that_was_anchored_and_is_gone(self, sealed):
        newest = seal_newest()

        found = verify(anchors=[Anchored(newest.number + 1, "00" * 32, newest.sealed_at)])

        assert (first(found).kind, first(found).seal) == ("rewritten", newest.number + 1)

    def test_counts_what_was_put_away_and_proves_its_leaves(self, sealed, admin_url):
        with tampering(admin_url) as execute:
            put_away(execute)
            unaware = verify(using=TAMPERED)
            found = verify(using=TAMPERED, without_before=TOMORROW)

        assert "removed" in {told.kind for told in unaware.differences}
        assert found.differences == []
        assert found.away == found.leaves == seal_newest().size
        assert f"{found.away} entries put away" in found.summary()

    def test_names_a_leaf_that_was_changed_while_its_entry_was_away(self, sealed, admin_url):
        with tampering(admin_url) as execute:
            put_away(execute)
            execute("UPDATE audit_leaf SET hash = sha256('x') WHERE position = 3")
            found = verify(using=TAMPERED, without_before=TOMORROW)

        assert "rewritten" in {told.kind for told in found.differences}

    def test_names_an_entry_that_was_moved_out_of_what_was_put_away(self, sealed, admin_url):
        with tampering(admin_url) as execute:
            execute(
                "UPDATE audit_logs SET created_at = created_at + interval '2 days' WHERE id = %s", sealed[3]
            )
            execute("DELETE FROM audit_logs WHERE created_at < now()")
            found = verify(using=TAMPERED, without_before=TOMORROW)

        assert [(told.kind, told.entry) for told in found.differences] == [("altered", sealed[3])]

    def test_takes_nothing_for_put_away_of_which_some_is_there(self, sealed, admin_url):
        with tampering(admin_url) as execute:
            execute("DELETE FROM audit_logs WHERE id = %s", sealed[3])
            with pytest.raises(NotPutAway):
                verify(using=TAMPERED, without_before=TOMORROW)
            before = verify(using=TAMPERED, without_before=dt.date(1999, 1, 1))

        assert [(told.kind, told.entry) for told in before.differences] == [("removed", sealed[3])]

    def test_asks_two_queries_for_two_thousand_leaves(self, sealed, django_assert_max_num_queries):
        last = seal_newest()

        with django_assert_max_num_queries(
            8 + 2 * last.number + 2 * last.size // 2000, connection=connection()
        ):
            verify()


def put_away(execute):
    """As an operator does it: every month of the log but those to come."""
    months = execute(
        """SELECT i.inhrelid::regclass::text FROM pg_inherits i
            WHERE i.inhparent = 'audit_logs'::regclass
              AND pg_get_expr((SELECT relpartbound FROM pg_class WHERE oid = i.inhrelid), i.inhrelid) ~ 'MINVALUE'"""
    )
    for (month,) in months:
        execute(f"ALTER TABLE audit_logs DETACH PARTITION {month}")


def connection():
    from django.db import connections

    return connections["sealer"]


def forge(execute, position):
    """Changes an entry, and its leaf so that the two agree."""
    (row,) = leaves(start=position, end=position + 1, using=TAMPERED)
    assert row.known is not None
    public = {**row.known.entry.public, "request_id": "forged"}
    made = entry_hash(public, changes_hash=row.changes_hash, origin_hash=row.origin_hash)
    execute("UPDATE audit_logs SET request_id = 'forged' WHERE id = %s", row.entry_id)
    execute("UPDATE audit_leaf SET hash = %s WHERE position = %s", made, position)


def sign_anew(execute, seal):
    """Signs the last seal again with the real key, as a thief would, over another instant."""
    import dataclasses

    from audit.seals.heads import head_hash, head_read
    from audit.seals.keys import public_keys

    head = dataclasses.replace(
        head_read(seal.head, keys=public_keys()), sealed_at="2026-01-01T00:00:00.000000+00:00"
    )
    note = signer().sign(head)
    execute(
        "UPDATE audit_seal SET head = %s, head_hash = %s WHERE number = %s",
        note,
        head_hash(note),
        seal.number,
    )
