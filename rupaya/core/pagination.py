"""Pages by cursor: a place in an order, not a number of rows, so inserts neither repeat nor hide a row."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import orjson

from rupaya.core.errors import FieldError, Invalid

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 200
CURSOR_CHARACTERS_MAX: Final = 300

Row = TypeVar("Row")


class PageInvalid(Invalid):
    """Raised for a limit or a cursor that is not one of ours."""

    code = "page_invalid"
    title = "The page asked for does not exist"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, errors=[FieldError(field, self.code, message)])


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two rows: the key of the row beside it, and which way to read from there."""

    key: tuple[str, ...]
    is_backwards: bool = False

    def __str__(self) -> str:
        """The cursor as it stands in a URL."""
        raw = orjson.dumps([int(self.is_backwards), *self.key])
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows in their order, with the cursors of the neighbouring pages."""

    rows: Sequence[Row]
    next: Cursor | None
    previous: Cursor | None


def cursor_read(text: str | None, *, key_length: int) -> Cursor | None:
    """Will read `?cursor=`; raises PageInvalid."""
    if not text:
        return None
    try:
        values = orjson.loads(base64.urlsafe_b64decode(text[:CURSOR_CHARACTERS_MAX] + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        values = None
    match values:
        case [0 | 1 as direction, *key] if len(key) == key_length and all(
            isinstance(part, str) for part in key
        ):
            return Cursor(tuple(key), is_backwards=direction == 1)
        case _:
            raise PageInvalid("cursor", "This cursor is not one that RUPAYA gave; start from the first page.")


def limit_read(text: str | None, *, usual: int = LIMIT_DEFAULT, most: int = LIMIT_MAX) -> int:
    """Will read `?limit=`: 50 where absent, at most 200, or as the caller has it; raises PageInvalid."""
    if text is None or text == "":
        return usual
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most):
        raise PageInvalid("limit", f"limit must be a whole number from 1 to {most}.")
    return int(text)


def page_of(
    rows: Sequence[Row], *, limit: int, cursor: Cursor | None, key: Callable[[Row], tuple[str, ...]]
) -> Page[Row]:
    """Will make a page of up to `limit + 1` rows that were read from the cursor on, in reading direction.

    The extra row only tells that there is more that way.
    """
    has_more = len(rows) > limit
    rows = rows[:limit]
    is_backwards = cursor is not None and cursor.is_backwards
    if is_backwards:
        rows = rows[::-1]
    if not rows:
        return Page((), None, None)
    has_next = has_more if not is_backwards else True
    has_previous = has_more if is_backwards else cursor is not None
    return Page(
        rows,
        Cursor(key(rows[-1])) if has_next else None,
        Cursor(key(rows[0]), is_backwards=True) if has_previous else None,
    )


def page_of_list(
    items: Sequence[Row], *, limit: int, cursor: Cursor | None, key: Callable[[Row], str]
) -> Page[Row]:
    """Will cut a page out of a list that is short enough to be read whole. `key` tells its rows apart.

    Raises PageInvalid where the cursor's row is gone.
    """
    if cursor is None:
        return page_of(items[: limit + 1], limit=limit, cursor=None, key=lambda row: (key(row),))
    place = next((index for index, item in enumerate(items) if key(item) == cursor.key[0]), None)
    if place is None:
        raise PageInvalid("cursor", "The row that this cursor stood at is gone; start from the first page.")
    beyond = items[:place][::-1] if cursor.is_backwards else items[place + 1 :]
    return page_of(beyond[: limit + 1], limit=limit, cursor=cursor, key=lambda row: (key(row),))


def page_body(page: Page[Any], *, url: str, query: Any) -> dict[str, Any]:
    """The list answer `{results, next, previous}`; the neighbours are absolute URLs with the same filters.

    url: the absolute address without query. query: the request's QueryDict.
    """
    return {
        "results": list(page.rows),
        "next": page_url(page.next, url=url, query=query),
        "previous": page_url(page.previous, url=url, query=query),
    }


def page_url(cursor: Cursor | None, *, url: str, query: Any) -> str | None:
    """The address of a neighbouring page, with the same filters; None where there is none."""
    if cursor is None:
        return None
    query = query.copy()
    query["cursor"] = str(cursor)
    return f"{url}?{query.urlencode()}"
