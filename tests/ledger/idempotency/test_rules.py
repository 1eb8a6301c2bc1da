"""What a key may be, and what makes two requests the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.idempotency.rules import KeyInvalid, fingerprint_of, key_check

METHODS = st.sampled_from(["POST", "PUT", "PATCH", "DELETE"])
PATHS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=20)


class TestKeyCheck:
    @pytest.mark.parametrize(
        "text", ["x", "019ab1c2-0000-7000-8000-0123456789ab", "!~", '"quoted"', "k" * 255]
    )
    def test_takes_visible_ascii(self, text):
        assert key_check(text) == text

    @pytest.mark.parametrize(
        "text",
        ["", " ", "two words", " x", "x ", "tab\t", "line\n", "x" * 256, "é", "₹", "\x7f", "\x00", "१२"],
    )
    def test_refuses_anything_else(self, text):
        with pytest.raises(KeyInvalid) as raised:
            key_check(text)

        assert (raised.value.status, raised.value.code) == (400, "idempotency_key_invalid")


class TestFingerprintOf:
    def test_is_32_bytes_and_the_same_for_the_same(self):
        first, second = (fingerprint_of(method="POST", path="/v1/x?a=1", body=b"{}") for _ in range(2))

        assert first == second
        assert len(first) == 32

    @given(
        st.tuples(METHODS, PATHS, st.binary(max_size=20)), st.tuples(METHODS, PATHS, st.binary(max_size=20))
    )
    def test_differs_wherever_two_requests_do(self, one, other):
        prints = [fingerprint_of(method=method, path=path, body=body) for method, path, body in (one, other)]

        assert (prints[0] == prints[1]) is (one == other)

    def test_is_not_fooled_by_what_moves_from_one_part_to_the_next(self):
        requests = [("POST", "/v1/x", b"y\n{}"), ("POST", "/v1/x%0Ay", b"{}"), ("POST", "/v1/x?y", b"\n{}")]

        prints = {fingerprint_of(method=method, path=path, body=body) for method, path, body in requests}

        assert len(prints) == 3
