"""Entity tags: made over bytes, compared as RFC 9110 says, and never in the way of a request."""

from __future__ import annotations

import re

import pytest
from django.test import RequestFactory
from hypothesis import example, given
from hypothesis import strategies as st

from rupaya.core.errors import PreconditionFailed
from rupaya.core.etag import etag_of, etags_match, if_match_check

TAG = '"0123456789abcdef0123456789abcdef"'
OTHER = '"ffffffffffffffffffffffffffffffff"'
SEPARATORS = st.sampled_from([",", ", ", " ,\t"])
SAFE = st.characters(codec="latin-1", exclude_characters="\r\n")


class TestEtagOf:
    @pytest.mark.parametrize("body", [b"", b"{}", b"x" * 100_000, bytes(range(256))])
    def test_is_strong_and_quoted(self, body):
        assert re.fullmatch(r'"[0-9a-f]{32}"', etag_of(body))

    def test_is_known_for_a_known_body(self):
        assert etag_of(b"") == '"e3b0c44298fc1c149afbf4c8996fb924"'  # sha256sum < /dev/null

    @given(st.binary(max_size=40), st.binary(max_size=40))
    def test_is_the_same_only_for_the_same_bytes(self, one, other):
        assert (etag_of(one) == etag_of(other)) is (one == other)


class TestEtagsMatch:
    @pytest.mark.parametrize(
        ("header", "strong", "weak"),
        [
            (TAG, True, True),
            (f"W/{TAG}", False, True),
            ("*", True, True),
            (" * ", True, True),
            (f"{OTHER}, {TAG}", True, True),
            (f"{OTHER},W/{TAG}", False, True),
            (f" ,, {TAG} ,", True, True),
            (f"{OTHER}\t,\t{TAG}", True, True),
            (f'"", "a b", {TAG}', True, True),
            (f'"with, comma", {TAG}', True, True),
            (OTHER, False, False),
            (f"W/{OTHER}", False, False),
            ("", False, False),
            (",", False, False),
            ('""', False, False),
            (TAG.strip('"'), False, False),
            (TAG[:-1], False, False),
            (TAG[1:], False, False),
            (f"w/{TAG}", False, False),
            (f"W/ {TAG}", False, False),
            (f"{OTHER} {TAG}", False, False),
            (f"*, {OTHER}", False, False),
            (TAG.upper(), False, False),
            (f"'{TAG}'", False, False),
        ],
    )
    def test_compares_as_the_rfc_says(self, header, strong, weak):
        assert etags_match(header, TAG, weak=False) is strong
        assert etags_match(header, TAG, weak=True) is weak

    @pytest.mark.parametrize(
        ("header", "etag", "strong", "weak"),
        [('W/"1"', 'W/"1"', False, True), ('W/"1"', 'W/"2"', False, False), ('W/"1"', '"1"', False, True),
         ('"1"', '"1"', True, True), ('"1"', 'W/"1"', False, True)],
    )  # fmt: skip
    def test_is_the_rfcs_table(self, header, etag, strong, weak):
        """RFC 9110, 8.8.3.2."""
        assert etags_match(header, etag, weak=False) is strong
        assert etags_match(header, etag, weak=True) is weak

    @given(st.text(), st.booleans())
    @example("\x00", True)
    @example('W/"' * 1000, False)
    @example("," * 10_000, True)
    @example('"' * 9999, False)
    def test_never_raises_and_finds_nothing_in_noise(self, header, weak):
        assert etags_match(header, TAG, weak=weak) is (header.strip() == "*")

    @given(st.lists(st.sampled_from([TAG, OTHER, f"W/{TAG}", '"x"', ""]), max_size=8), SEPARATORS)
    def test_finds_a_tag_wherever_it_stands(self, tags, separator):
        assert etags_match(separator.join(tags), TAG, weak=False) is (TAG in tags)


class TestIfMatchCheck:
    @pytest.mark.parametrize("header", [None, TAG, "*", f"{OTHER}, {TAG}"])
    def test_lets_a_change_pass(self, header):
        headers = {} if header is None else {"If-Match": header}

        if_match_check(RequestFactory().patch("/v1/x", headers=headers), TAG)

    @pytest.mark.parametrize("header", ["", OTHER, f"W/{TAG}", "nonsense", TAG.strip('"')])
    def test_refuses_a_change_of_another_state(self, header):
        request = RequestFactory().patch("/v1/x", headers={"If-Match": header})

        with pytest.raises(PreconditionFailed) as raised:
            if_match_check(request, TAG)

        assert (raised.value.status, raised.value.code) == (412, "precondition_failed")

    @given(st.text(SAFE))
    def test_never_fails_in_another_way(self, header):
        request = RequestFactory().patch("/v1/x", headers={"If-Match": header})

        try:
            if_match_check(request, TAG)
        except PreconditionFailed:
            return
        assert header.strip() == "*"
