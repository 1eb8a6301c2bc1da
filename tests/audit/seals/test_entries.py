"""The canonical form: one way to write an entry, for good."""

from __future__ import annotations

from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidTag

from audit.seals.entries import (
    NOBODY,
    PUBLIC,
    Entry,
    changes_encrypt,
    entry_hash,
    origin_encrypt,
    payload_decrypt,
    public_bytes,
)

KEY = bytes(range(64))
FIELDS = {
    "id": "01a20895-a415-7223-92cf-21672a7dafa5",
    "action": "UPDATE",
    "resource_type": "ledger_book",
    "resource_id": "5",
    "book_id": "01a20895-0000-7000-8000-000000000001",
    "about_id": None,
    "user_id": "01a20895-0000-7000-8000-000000000002",
    "actor_kind": "user",
    "request_id": "Ü-1",
    "created_at": "2026-11-23T10:00:00.000001+00:00",
    "written_in": "812",
}
ENTRY = Entry(FIELDS, '{"name": ["a", "ब"]}', "203.0.113.9/32", "Phone")


class TestPublicBytes:
    def test_never_change(self):
        assert public_bytes(FIELDS).decode() == (
            '{"about_id":null,"action":"UPDATE","actor_kind":"user","book_id":"01a20895-0000-7000-8000-000000000001",'
            '"created_at":"2026-11-23T10:00:00.000001+00:00","id":"01a20895-a415-7223-92cf-21672a7dafa5",'
            '"request_id":"Ü-1","resource_id":"5","resource_type":"ledger_book",'
            '"user_id":"01a20895-0000-7000-8000-000000000002","version":1,"written_in":"812"}'
        )

    @pytest.mark.parametrize("name", PUBLIC)
    def test_differ_where_a_field_does(self, name):
        assert public_bytes({**FIELDS, name: "other"}) != public_bytes(FIELDS)


class TestEntryHash:
    def test_never_changes(self):
        """Whoever changes this changes what seals are made of: version 2, beside version 1."""
        changes, origin = changes_encrypt(ENTRY, key=KEY), origin_encrypt(ENTRY, key=KEY)

        made = entry_hash(FIELDS, changes_hash=sha256(changes).digest(), origin_hash=sha256(origin).digest())

        assert made.hex() == "5c4bf48a1d6db6cc683e8298b5c3478646f8ce4dfd5b32c64a144d50f8f8c916"


class TestEncryption:
    def test_is_the_same_each_time_and_says_nothing_without_the_key(self):
        data = changes_encrypt(ENTRY, key=KEY)

        assert data == changes_encrypt(ENTRY, key=KEY)
        assert payload_decrypt(ENTRY, data, key=KEY, what="changes") == ENTRY.changes
        assert payload_decrypt(ENTRY, origin_encrypt(ENTRY, key=KEY), key=KEY, what="origin") == (
            '{"ip_address":"203.0.113.9/32","user_agent":"Phone"}'
        )
        with pytest.raises(InvalidTag):
            payload_decrypt(ENTRY, data, key=KEY[::-1], what="changes")

    def test_is_bound_to_its_entry_and_its_field(self):
        data = changes_encrypt(ENTRY, key=KEY)
        other = Entry({**FIELDS, "id": "01a20895-a415-7223-92cf-21672a7dafa6"}, ENTRY.changes)

        assert changes_encrypt(other, key=KEY) != data
        with pytest.raises(InvalidTag):
            payload_decrypt(other, data, key=KEY, what="changes")
        with pytest.raises(InvalidTag):
            payload_decrypt(ENTRY, data, key=KEY, what="origin")


class TestSubject:
    def test_is_the_book_else_the_person_else_the_actor_else_nobody(self):
        about = {**FIELDS, "about_id": "01a20895-0000-7000-8000-000000000003"}

        assert Entry(about).subject == FIELDS["book_id"]
        assert Entry({**about, "book_id": None}).subject == about["about_id"]
        assert Entry({**FIELDS, "book_id": None}).subject == FIELDS["user_id"]
        assert Entry({**FIELDS, "book_id": None, "user_id": None}).subject == NOBODY
        assert Entry(FIELDS).actor == FIELDS["user_id"]
        assert Entry({**FIELDS, "user_id": None}).actor == NOBODY
