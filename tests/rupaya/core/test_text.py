from __future__ import annotations

import pytest

from rupaya.core.text import composed, has_hidden, is_key, is_seen, spellings

PAIR, SINGLE = "\u0921\u093c", "\u095c"  # ड़ in both codings
APART = "Cafe\u0301"  # é as e and an accent


class TestComposed:
    @pytest.mark.parametrize(("typed", "kept"), [(APART, "Café"), (SINGLE, PAIR), (PAIR, PAIR), ("x²", "x²")])
    def test_has_one_spelling_for_each_letter(self, typed, kept):
        assert composed(typed) == kept


class TestSpellings:
    def test_is_the_text_alone_where_it_has_its_one_spelling(self):
        assert spellings("Café") == ["Café"]
        assert spellings("") == [""]

    def test_has_what_was_typed_behind_the_one_spelling(self):
        assert spellings(APART) == ["Café", APART]
        assert spellings(SINGLE) == [PAIR, SINGLE]


class TestIsSeen:
    @pytest.mark.parametrize("text", ["a", "की", "₹", "·", "a\u3164", "👨\u200d👩"])
    def test_sees_what_shows(self, text):
        assert is_seen(text)

    @pytest.mark.parametrize(
        "text",
        ["", " ", "\u200d", "\ufe0f", "\u2800", "\u3164", "\uffa0", "\u115f\u1160", "\u2800 \u3164\u200d"],
    )
    def test_sees_nothing_in_joiners_marks_and_fillers(self, text):
        assert not is_seen(text)


class TestIsKey:
    def test_takes_what_shows_with_single_spaces(self):
        assert is_key("UPI 4415")

    @pytest.mark.parametrize("text", ["", " a", "a  b", "a\u3164", "a\tb", "\u2800"])
    def test_refuses_what_looks_like_another_key(self, text):
        assert not is_key(text)


class TestHasHidden:
    @pytest.mark.parametrize("text", ["a\x00", "a\u2028b", "\u202ea", "\ud800"])
    def test_finds_control_characters_and_turns(self, text):
        assert has_hidden(text)
        assert not has_hidden("क्\u200dषि")
