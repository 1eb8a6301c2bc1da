"""Erasing a person: their words are gone for good, and the log still proves itself."""

from __future__ import annotations

import base64
import io
import json
from uuid import UUID

import psycopg
import pytest
from cryptography.exceptions import InvalidTag

from accounts.models import User
from audit.models import AuditLog
from audit.seals.entries import NOBODY, Entry, payload_decrypt
from audit.seals.export import log_export
from audit.seals.gaps import keys_check
from audit.seals.keys import public_keys, signer
from audit.seals.models import SubjectKey
from audit.seals.offline import export_verify
from audit.seals.services import NotForgettable, person_forget, person_look
from audit.seals.trail import Difference
from ledger.chart.models import Account
from rupaya.core.db import Actor, acting_as, undo
from rupaya.core.ids import uuid7
from tests.audit.seals.sealing import SEALER, seal_all, verify
from tests.support.cast import member_add

pytestmark = pytest.mark.usefixtures("own_database")


def forget(person):
    with acting_as(SEALER):
        User.objects.filter(pk=person.id, is_active=True).update(is_active=False)
    with acting_as(SEALER, using="sealer"):
        return person_forget(person_id=person.id, using="sealer")


def told(**where):
    """Entries, as the sealer reads them."""
    return list(AuditLog.objects.using("sealer").filter(**where).order_by("created_at", "id"))


def exported():
    keys = public_keys()
    return "".join(log_export(origin=signer().name, keys=keys.values(), using="sealer")).encode()


@pytest.fixture
def sealed(committed, asha, bala, admin_url):
    """Asha renamed herself from an address of her own; all is sealed."""
    with acting_as(Actor(user_id=asha.id, kind="user", address="203.0.113.9", user_agent="Phone")):
        User.objects.filter(pk=asha.id).update(full_name="Canary Asha")
    seal_all()
    return asha


class TestPersonForget:
    def test_blanks_what_is_about_them_and_where_they_came_from(self, sealed, asha):
        entries = [*told(user_id=asha.id), *told(book_id=asha.book.pk)]
        assert any(entry.changes for entry in entries)

        assert forget(asha) > 0

        for entry in [*told(user_id=asha.id), *told(book_id=asha.book.pk)]:
            assert (entry.changes, entry.ip_address, entry.user_agent) == ({}, None, "")
            assert entry.action
            assert entry.resource_id
        assert SubjectKey.objects.using("sealer").get(id=asha.id).key is None
        assert SubjectKey.objects.using("sealer").get(id=asha.book.pk).key is None

    def test_leaves_the_log_provable(self, sealed, asha):
        before = verify()
        forget(asha)
        seal_all()

        after = verify()

        assert before.differences == after.differences == []
        assert after.erased > before.erased

    def test_leaves_others_as_they_are(self, sealed, asha, bala):
        before = [entry.changes for entry in told(book_id=bala.book.pk)]

        forget(asha)

        assert [entry.changes for entry in told(book_id=bala.book.pk)] == before

    def test_leaves_a_book_that_somebody_else_is_in(self, sealed, asha, bala, admin_url):
        member_add(admin_url, book=asha.book, person=bala, role="editor")
        seal_all()

        forget(asha)

        assert SubjectKey.objects.using("sealer").get(id=asha.book.pk).key is not None
        assert all(entry.changes for entry in told(book_id=asha.book.pk, action="INSERT"))
        assert {entry.user_agent for entry in told(user_id=asha.id)} == {""}

    def test_takes_a_book_that_everybody_else_has_left(self, sealed, asha, bala, admin_url):
        member_add(admin_url, book=asha.book, person=bala, role="editor")
        with psycopg.connect(admin_url) as admin:
            admin.execute("SET LOCAL session_replication_role = 'origin'")
            admin.execute(
                "DELETE FROM ledger_member WHERE book_id = %s AND user_id = %s", [asha.book.pk, bala.id]
            )
        seal_all()

        forget(asha)

        assert SubjectKey.objects.using("sealer").get(id=asha.book.pk).key is None

    def test_makes_an_export_from_before_unreadable(self, sealed, asha):
        key = bytes(SubjectKey.objects.using("sealer").get(id=asha.id).key or b"")
        before = exported()
        line = next(
            one for one in map(json.loads, before.splitlines())
            if one.get("public", {}).get("resource_id") == str(asha.id) and one["public"]["action"] == "UPDATE"
        )  # fmt: skip
        data = base64.b64decode(line["changes"])
        assert "Canary Asha" in payload_decrypt(Entry(line["public"]), data, key=key, what="changes")
        assert b"Canary" not in before

        forget(asha)

        held = [
            bytes(one or b"")
            for one in SubjectKey.objects.using("sealer").exclude(key=None).values_list("key", flat=True)
        ]
        assert key not in held
        for other in held:
            with pytest.raises(InvalidTag):
                payload_decrypt(Entry(line["public"]), data, key=other, what="changes")
        for export in (before, exported()):
            assert export_verify(io.BytesIO(export), keys=public_keys()).differences == []

    def test_blanks_what_is_written_about_them_afterwards_as_soon_as_it_is_sealed(
        self, sealed, asha, admin_url
    ):
        forget(asha)
        with psycopg.connect(admin_url) as admin:
            admin.execute("UPDATE accounts_user SET full_name = 'Afterwards' WHERE id = %s", [asha.id])
            admin.execute("SELECT set_config('app.current_user_id', %s, true)", [str(asha.id)])
            admin.execute(
                "UPDATE ledger_account SET icon = 'x' WHERE book_id = %s AND name = 'Cash'", [asha.book.pk]
            )

        seal_all()
        seal_all()

        assert all(entry.changes == {} for entry in told(book_id=asha.book.pk))
        assert verify().differences == []

    def test_is_told_by_the_log_itself(self, sealed, asha):
        forget(asha)

        (entry,) = told(resource_type="audit_key", resource_id=str(asha.id))
        assert entry.actor_kind == "job"
        assert entry.changes.keys() == {"destroyed_at"}
        found: list[Difference] = []
        keys_check(using="sealer", report=found.append)
        assert not [gap for gap in found if "the key of" in gap.detail]

    def test_may_be_done_twice(self, sealed, asha):
        forget(asha)

        assert forget(asha) == 0
        assert len(told(resource_type="audit_key", resource_id=str(asha.id))) == 1

    def test_is_undone_where_it_fails_on_the_way(self, sealed, asha):
        with acting_as(SEALER):
            User.objects.filter(pk=asha.id).update(is_active=False)
        with acting_as(SEALER, using="sealer"):
            person_forget(person_id=asha.id, using="sealer")
            undo(using="sealer")

        assert SubjectKey.objects.using("sealer").get(id=asha.id).key is not None
        assert any(entry.changes for entry in told(book_id=asha.book.pk))

    def test_wants_a_transaction(self, committed, asha):
        with pytest.raises(RuntimeError):
            person_forget(person_id=asha.id, using="sealer")

    def test_refuses_an_active_account(self, sealed, asha):
        with acting_as(SEALER, using="sealer"), pytest.raises(NotForgettable, match="still active"):
            person_forget(person_id=asha.id, using="sealer")

        assert SubjectKey.objects.using("sealer").get(id=asha.id).key is not None

    def test_refuses_what_never_was_a_person(self, sealed, asha):
        for one in (asha.book.pk, uuid7()):
            with acting_as(SEALER, using="sealer"), pytest.raises(NotForgettable, match="never was one"):
                person_forget(person_id=one, using="sealer")

        assert SubjectKey.objects.using("sealer").get(id=asha.book.pk).key is not None
        assert all(entry.changes for entry in told(book_id=asha.book.pk, action="INSERT"))

    def test_refuses_nobody(self, sealed):
        with acting_as(SEALER, using="sealer"), pytest.raises(NotForgettable, match="nobody"):
            person_forget(person_id=UUID(NOBODY), using="sealer")

        assert verify().differences == []

    def test_takes_a_person_that_only_the_log_knows(self, sealed, admin_url):
        with acting_as(SEALER):
            gone = User.objects.create_user("gone@example.com", full_name="Canary Gone")
        with psycopg.connect(admin_url) as admin:
            admin.execute("DELETE FROM accounts_user WHERE id = %s", [gone.pk])
        seal_all()

        forget(gone)

        assert {
            str(entry.changes) for entry in told(resource_id=str(gone.pk), resource_type="accounts_user")
        } == {"{}"}

    def test_is_not_taken_for_tampering_while_the_key_is_there(self, sealed, asha):
        with acting_as(asha.actor):
            Account.objects.filter(book=asha.book, name="Cash").update(icon="y")
        seal_all()

        assert verify().differences == []


class TestPersonLook:
    def test_says_who_and_how_much(self, sealed, asha):
        with acting_as(SEALER):
            User.objects.filter(pk=asha.id).update(is_active=False)

        with acting_as(SEALER, using="sealer"):
            found = person_look(person_id=asha.id, using="sealer")

        assert (found.name, found.books) == ("Canary Asha", 1)
        assert found.entries >= len(told(book_id=asha.book.pk))
