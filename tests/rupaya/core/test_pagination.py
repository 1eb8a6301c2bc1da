"""Pages by cursor."""

from __future__ import annotations

import base64
import contextlib

import orjson
import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from rupaya.core.pagination import (
    LIMIT_DEFAULT,
    LIMIT_MAX,
    Cursor,
    Page,
    PageInvalid,
    cursor_read,
    limit_read,
    page_body,
    page_of,
    page_url,
)

KEY = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=3)


def cursor_of(value) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


class TestCursorRead:
    @given(key=KEY, is_backwards=st.booleans())
    def test_reads_back_every_cursor(self, key, is_backwards):
        cursor = Cursor(tuple(key), is_backwards)

        assert cursor_read(str(cursor), key_length=len(key)) == cursor

    @pytest.mark.parametrize("text", [None, ""])
    def test_is_none_where_none_is_asked_for(self, text):
        assert cursor_read(text, key_length=1) is None

    @pytest.mark.parametrize(
        "text",
        ["!", "abc", "é", "\x00", "a" * 5000, "=" * 4, cursor_of([]), cursor_of({}), cursor_of(0), cursor_of([0]),
         cursor_of([2, "a"]), cursor_of([0, 1]), cursor_of([0, None]), cursor_of([0, "a", "b"]), cursor_of([0, ["a"]])],
    )  # fmt: skip
    def test_refuses_what_it_did_not_give(self, text):
        with pytest.raises(PageInvalid) as raised:
            cursor_read(text, key_length=1)

        assert raised.value.errors[0].field == "cursor"

    @given(text=st.text(max_size=80))
    def test_answers_any_text_with_a_cursor_or_a_refusal(self, text):
        with contextlib.suppress(PageInvalid):
            cursor_read(text, key_length=2)


class TestLimitRead:
    @pytest.mark.parametrize(
        ("text", "limit"),
        [(None, LIMIT_DEFAULT), ("", LIMIT_DEFAULT), ("1", 1), ("200", LIMIT_MAX), ("007", 7)],
    )
    def test_takes_whole_numbers_up_to_the_limit(self, text, limit):
        assert limit_read(text) == limit

    def test_takes_the_callers_own_limits(self):
        assert limit_read(None, usual=7, most=9) == 7
        assert limit_read("9", usual=7, most=9) == 9
        with pytest.raises(PageInvalid, match="1 to 9"):
            limit_read("10", usual=7, most=9)

    @pytest.mark.parametrize(
        "text",
        [
            "0",
            "-1",
            "201",
            "1.5",
            "ten",
            "1e2",
            "१०",
            "²",
            " 5",
            "9" * 5000,
            "0000000100000",
            "000000001" + "0" * 5000,
        ],
        ids=lambda text: text[:20],
    )
    def test_refuses_everything_else(self, text):
        with pytest.raises(PageInvalid, match="1 to 200"):
            limit_read(text)


class TestPageOf:
    @given(count=st.integers(0, 23), limit=st.integers(1, 7))
    def test_leads_through_all_rows_and_back(self, count, limit):
        rows = [f"{number:02d}" for number in range(count)]

        forwards, last = walk(rows, limit)
        backwards = walk_back(rows, limit, last)

        assert forwards == rows
        assert backwards + list(last.rows) == rows

    def test_has_no_neighbours_where_everything_fits(self):
        page = page_of(["a", "b"], limit=2, cursor=None, key=lambda row: (row,))

        assert page == Page(["a", "b"], None, None)

    def test_is_empty_beyond_the_end(self):
        assert page_of([], limit=2, cursor=Cursor(("z",)), key=lambda row: (row,)) == Page((), None, None)


def read(rows, limit, cursor):
    """What a selector would read: up to limit + 1 rows in reading direction."""
    if cursor is None:
        found = rows
    elif cursor.is_backwards:
        found = [row for row in reversed(rows) if row < cursor.key[0]]
    else:
        found = [row for row in rows if row > cursor.key[0]]
    return page_of(found[: limit + 1], limit=limit, cursor=cursor, key=lambda row: (row,))


def walk(rows, limit):
    page = read(rows, limit, None)
    seen = list(page.rows)
    while page.next:
        page = read(rows, limit, page.next)
        seen += page.rows
    return seen, page


def walk_back(rows, limit, page):
    seen: list[str] = []
    while page.previous:
        page = read(rows, limit, page.previous)
        seen = [*page.rows, *seen]
    return seen


class TestPageUrl:
    def test_keeps_the_filters_and_replaces_the_cursor(self):
        cursor = Cursor(("2026-11-23", "x&y"))

        url = page_url(cursor, url="http://h/v1/t", query=QueryDict("type=expense&cursor=old&limit=2"))

        path, _, query = (url or "").partition("?")
        given_back = QueryDict(query)
        assert path == "http://h/v1/t"
        assert given_back.dict() == {"type": "expense", "limit": "2", "cursor": str(cursor)}
        assert given_back.getlist("cursor") == [str(cursor)]

    def test_is_none_without_a_neighbour(self):
        assert page_url(None, url="/t", query=QueryDict("")) is None


class TestPageBody:
    def test_has_the_contracts_shape(self):
        body = page_body(Page(("a",), Cursor(("a",)), None), url="/t", query=QueryDict(""))

        assert body == {"results": ["a"], "next": f"/t?cursor={Cursor(('a',))}", "previous": None}
