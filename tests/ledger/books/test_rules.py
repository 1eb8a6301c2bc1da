from __future__ import annotations

import uuid

import pytest

from ledger.books.rules import NAME_MAX, name_for, name_read, time_zones, token_hash, token_make
from rupaya.core.errors import Invalid
from rupaya.core.ids import uuid7


class TestNameFor:
    @pytest.mark.parametrize(
        ("full_name", "name"),
        [("Asha Rao", "Rao household"), ("Asha", "Asha household"), (" Asha  Devi ", "Devi household"),
         ("", "My household"), ("x" * 120, "x" * 60 + " household"), ("आशा राव", "राव household")],
    )  # fmt: skip
    def test_takes_the_last_name(self, full_name, name):
        assert name_for(full_name=full_name) == name

    def test_fits_whatever_the_person_is_called(self):
        made = name_for(full_name="x" * 500)

        assert len(made) <= NAME_MAX
        assert name_read(made) == made


class TestNameRead:
    @pytest.mark.parametrize(
        ("text", "name"),
        [(" Our   home ", "Our home"), ("घर", "घर"), ("x" * 80, "x" * 80), ("क्‍ष", "क्‍ष"), ("❤️", "❤️")],
    )
    def test_takes_one_line_that_can_be_seen(self, text, name):
        assert name_read(text) == name

    @pytest.mark.parametrize(
        "text",
        ["", " \n ", "x" * 81, "a\x00b", "a\u202eb", "a\ud800b", "\u200d", "\ufe0f", "\u200d \u200d"],
    )
    def test_refuses_what_is_none(self, text):
        with pytest.raises(Invalid, match="1 to 80 characters that can be seen") as raised:
            name_read(text)

        assert [error.field for error in raised.value.errors] == ["name"]


class TestTimeZones:
    def test_know_india_and_no_abbreviations(self):
        assert {"Asia/Kolkata", "Europe/London", "UTC"} <= time_zones()
        assert not {"IST", "Asia/Kolkatta", "posix/Asia/Kolkata", ""} & time_zones()


class TestTokenMake:
    def test_is_the_same_for_the_same_invitation_and_key_alone(self):
        identity = uuid7()
        made = {
            token_make(invitation_id=identity, secret="one"),
            token_make(invitation_id=identity, secret="one"),
            token_make(invitation_id=identity, secret="two"),
            token_make(invitation_id=uuid.UUID(int=identity.int + 1), secret="one"),
        }

        assert len(made) == 3

    def test_is_32_bytes_that_fit_an_address(self):
        token = token_make(invitation_id=uuid7(), secret="one")

        assert len(token) == 43
        assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        assert len(token_hash(token)) == 32
