"""Reading JSON: exactly, or not at all."""

from __future__ import annotations

import contextlib
import io
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError
from rest_framework.test import APIRequestFactory

from rupaya.core.parsers import (
    BODY_BYTES_MAX,
    DEPTH_MAX,
    BodyTooLarge,
    BodyUnreadable,
    StrictJSONParser,
    UploadParser,
    json_read,
)

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


class TestJsonRead:
    @given(value=VALUE)
    def test_reads_what_was_written(self, value):
        assert json_read(json.dumps(value).encode()) == value
        assert json_read(json.dumps(value, ensure_ascii=False).encode()) == value

    @pytest.mark.parametrize("text", ["0.1", "1234.50", "1e2", "123456789.123456789123456789"])
    def test_keeps_numbers_exact(self, text):
        assert json_read(text.encode()) == Decimal(text)

    @pytest.mark.parametrize(
        "raw",
        [b"", b"{", b"{'a': 1}", b"[1,]", b"nope", b'{"a": 1} x', b"\xff\xfe{}", b'\xef\xbb\xbf{}', b"NaN",
         b"[Infinity]",
         b"-Infinity", b'{"a": 1, "a": 2}', b'{"x": {"a": 1, "a": 1}}', b'{"a": "\\u0000"}',
         b'{"\\u0000": 1}',
         b'{"a": "\\ud800"}', b'{"a": ["\\udfff x"]}', b"9" * 5000, b"[-" + b"9" * 5000 + b"]",
         b"1e99999999999999999999",
         b"1e-99999999999999999999", b"[" * 5000, b"[" * 5000 + b"]" * 5000, b'{"a":' * 5000, b'"\x01"'],
        ids=lambda raw: raw[:24].decode("latin-1"),
    )  # fmt: skip
    def test_refuses_in_one_sentence(self, raw):
        with pytest.raises(BodyUnreadable) as raised:
            json_read(raw)

        assert raised.value.message.endswith(".")
        assert len(raised.value.message) < 200

    def test_takes_as_many_levels_as_it_says_and_no_more(self):
        assert json_read(b"[" * DEPTH_MAX + b"]" * DEPTH_MAX)
        with pytest.raises(BodyUnreadable, match="nested"):
            json_read(b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1))

    def test_takes_whole_characters_beyond_the_first_plane(self):
        assert json_read(b'"\\ud83d\\ude00"') == "😀"

    @given(raw=st.binary(max_size=200))
    def test_answers_any_bytes_with_a_value_or_a_refusal(self, raw):
        with contextlib.suppress(BodyUnreadable):
            json_read(raw)


class TestStrictJSONParser:
    def test_reads_a_body_of_the_largest_size(self):
        raw = b'"' + b"x" * (BODY_BYTES_MAX - 2) + b'"'

        assert len(StrictJSONParser().parse(io.BytesIO(raw))) == BODY_BYTES_MAX - 2

    def test_refuses_one_byte_more(self):
        with pytest.raises(BodyTooLarge) as raised:
            StrictJSONParser().parse(io.BytesIO(b"x" * (BODY_BYTES_MAX + 1)))

        assert raised.value.status == 413


class TestUploadParser:
    def test_refuses_what_announces_itself_as_too_large_without_reading_it(self, settings):
        request = APIRequestFactory().post("/", b"x", content_type="multipart/form-data; boundary=b")
        request.META["CONTENT_LENGTH"] = str(settings.FILE_UPLOAD_MAX_MEMORY_SIZE + 1)
        stream = io.BytesIO(b"unread")

        with pytest.raises(BodyTooLarge, match="up to 5 MB"):
            UploadParser(file_bytes_max=5 * 1024**2).parse(
                stream, "multipart/form-data", {"request": request}
            )

        assert stream.tell() == 0

    @pytest.mark.parametrize("announced", ["", None, "many", "-1"])
    def test_leaves_odd_lengths_to_the_reader(self, announced):
        request = APIRequestFactory().post("/", b"x", content_type="multipart/form-data; boundary=b")
        request.META["CONTENT_LENGTH"] = announced

        with contextlib.suppress(ParseError):
            found = UploadParser(file_bytes_max=5 * 1024**2).parse(
                io.BytesIO(), "multipart/form-data", {"request": request}
            )
            assert not found.files
