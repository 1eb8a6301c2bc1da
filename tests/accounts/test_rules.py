from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from accounts.rules import email_normal, email_validate, full_name_normal, full_name_validate, is_plain_text


class TestEmailNormal:
    def test_strips_and_composes_and_keeps_the_case(self):
        assert email_normal(" Zoe\u0308@Example.IN\n") == "Zo\u00eb@Example.IN"


class TestEmailValidate:
    @pytest.mark.parametrize("email", ["asha@example.in", "asha+rent@उदाहरण.भारत"])
    def test_takes_addresses_of_every_script(self, email):
        email_validate(email)

    @pytest.mark.parametrize("email", ['"a\\ b"@c.in', "a@b\u3000c.in", "a@b\u200bc.in", '"\x01"@c.in'])
    def test_refuses_what_cannot_be_seen(self, email):
        with pytest.raises(ValidationError):
            email_validate(email)


class TestFullNameNormal:
    def test_strips_and_composes(self):
        assert full_name_normal("\tZoe\u0308 Rao ") == "Zo\u00eb Rao"


class TestFullNameValidate:
    @pytest.mark.parametrize("name", ["Asha", "आशा", "क्\u200dष", "O’Neill-Kumar Jr.", "🙂"])
    def test_takes_names_of_every_script(self, name):
        full_name_validate(name)

    @pytest.mark.parametrize(
        "name",
        ["", "\u200d", "-", "a\x00", "a\nb", "a\x7f", "a\x85b", "a\u2028b", "\ud800", "a\u202eb", "a\u2066b"],
    )
    def test_refuses_control_characters(self, name):
        with pytest.raises(ValidationError):
            full_name_validate(name)


class TestIsPlainText:
    @pytest.mark.parametrize(
        ("text", "is_plain"), [("", True), ("₹🙂", True), ("\x00", False), ("\udfff", False)]
    )
    def test_tells_text_from_halves_of_it(self, text, is_plain):
        assert is_plain_text(text) is is_plain
