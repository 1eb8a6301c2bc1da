from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from accounts.passwords import ContextWordValidator, MaximumLengthValidator


class TestMaximumLengthValidator:
    def test_takes_128_characters_and_no_more(self):
        MaximumLengthValidator().validate("x" * 128)

        with pytest.raises(ValidationError, match="at most 128"):
            MaximumLengthValidator().validate("x" * 129)

    @pytest.mark.parametrize("password", ["a\x00b", "a\ud800b"])
    def test_refuses_what_no_hasher_takes(self, password):
        with pytest.raises(ValidationError):
            MaximumLengthValidator().validate(password)

    def test_says_so_before_anything_is_typed(self):
        assert "128" in MaximumLengthValidator().get_help_text()


class TestContextWordValidator:
    @pytest.mark.parametrize("password", ["rupaya1234", "RuPaYa@2026", "1rupayarupaya1"])
    def test_refuses_little_more_than_the_name(self, password):
        with pytest.raises(ValidationError):
            ContextWordValidator().validate(password)

    @pytest.mark.parametrize(
        "password", ["mango lassi at noon", "rupaya mango lassi", "my horse says rupaya"]
    )
    def test_takes_the_name_among_other_words(self, password):
        ContextWordValidator().validate(password)

    def test_says_so_before_anything_is_typed(self):
        assert "name of this service" in ContextWordValidator().get_help_text()
