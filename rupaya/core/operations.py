"""What a handler of the API takes, gives and refuses, said beside it; `rupaya.core.openapi` makes the schema of it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, TypeVar

from rest_framework import serializers
from rest_framework.views import APIView

from rupaya.core.errors import DomainError, PreconditionFailed
from rupaya.core.pagination import CURSOR_CHARACTERS_MAX, LIMIT_DEFAULT, LIMIT_MAX, PageInvalid

Handler = TypeVar("Handler", bound=Callable[..., Any])
Refusals = tuple[type[DomainError], ...]


class Output(serializers.Serializer[Any]):
    """An answer's shape. It is said, and never run: selectors and PostgreSQL write answers themselves.

    That they are as said, every test proves that asks the API anything (tests/support/contract.py).
    """

    example: ClassVar[Any] = None  # as JSON


class Bytes(Output):
    """A file's content, of one of some types."""

    media_types: ClassVar[tuple[str, ...]] = ("application/octet-stream",)


class MajorField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """An amount in major units."""

    json_schema: ClassVar = {"type": "number"}


class MinorField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """The exact amount in minor units."""

    json_schema: ClassVar = {"type": "integer", "format": "int64"}


class CurrencyCode(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """A currency by ISO 4217."""

    json_schema: ClassVar = {"type": "string", "pattern": "^[A-Z]{3}$"}


@dataclass(frozen=True, slots=True)
class Ask:
    """A parameter of the query, or a header of the request. `schema` is JSON Schema.

    may_be_empty: an empty one is as good as none. Of what narrows a question, it would be another question.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    place: Literal["query", "header"] = "query"
    is_required: bool = False
    may_be_empty: bool = False
    example: Any = None


@dataclass(frozen=True, slots=True)
class Operation:
    """All that is said of one method of one address.

    gives: shapes by status, None for an answer without a body. headers: of the answers in `gives`.
    """

    name: str
    summary: str
    gives: Mapping[int, Any]
    takes: Any = None
    asks: tuple[Ask, ...] = ()
    refuses: Refusals = ()
    headers: tuple[str, ...] = ()
    is_sign_in_optional: bool = False

    @property
    def parameters(self) -> dict[str, bool]:
        """The names that its query may have, each with whether it may be empty."""
        return {ask.name: ask.may_be_empty for ask in self.asks if ask.place == "query"}


UUID_SCHEMA: Final = {"type": "string", "format": "uuid"}
DAY_SCHEMA: Final = {"type": "string", "format": "date"}
# More decimals than the currency has, or more than 15 digits, are refused.
AMOUNT_SCHEMA: Final = {
    "type": ["number", "string"],
    "pattern": r"^\s*[+-]?([0-9]{1,18}(\.[0-9]{0,12})?|\.[0-9]{1,12})\s*$",
}
_TAG: Final = {"type": "string"}
LIMIT_ASK: Final = Ask(
    "limit",
    "How many to give at most.",
    {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
    may_be_empty=True,
    example=20,
)
PAGE_ASKS: Final = (
    LIMIT_ASK,
    Ask(
        "cursor",
        "Where the page begins; taken from `next` or `previous` of another page.",
        {"type": "string", "maxLength": CURSOR_CHARACTERS_MAX},
        may_be_empty=True,
    ),
)
IF_MATCH: Final = Ask(
    "If-Match", "The `ETag` that was read; what has changed since is refused with 412.", _TAG, "header"
)
IF_NONE_MATCH: Final = Ask(
    "If-None-Match", "The `ETag` of what is there already; if it still is so, the answer is 304.", _TAG, "header"
)  # fmt: skip


def documented(
    name: str,
    summary: str,
    *,
    gives: Any,
    takes: Any = None,
    asks: tuple[Ask, ...] | str = (),
    refuses: Refusals = (),
    headers: tuple[str, ...] = (),
    is_sign_in_optional: bool = False,
) -> Callable[[Handler], Handler]:
    """Will say what a handler is: its operation's id and summary, and its shapes.

    gives: an Output for 200, or Outputs by status. takes: an Input. refuses: what it raises by its own rules;
    what signing in, reading a body or a page may be refused for goes without saying.

    Handlers that several views inherit say what differs through the view: `{thing}` in name and summary is its
    attribute `thing`, and a string as `gives`, `takes` or `asks` names an attribute.
    """
    shapes = gives if isinstance(gives, dict) else {200: gives}
    operation = Operation(
        name, summary, shapes, takes, asks, refuses, headers, is_sign_in_optional  # type: ignore[arg-type]
    )  # fmt: skip

    def say(handler: Handler) -> Handler:
        handler.operation = operation  # type: ignore[attr-defined]
        return handler

    return say


def documented_also(
    handler: Callable[..., Any], *, asks: tuple[Ask, ...] = (), refuses: Refusals = (), headers: tuple[str, ...] = ()
) -> None:  # fmt: skip
    """Will add to what a handler says, for a decorator that does something of its own."""
    said: Operation | None = getattr(handler, "operation", None)
    if said is not None:
        handler.operation = dataclasses.replace(  # type: ignore[attr-defined]
            said, asks=said.asks + asks, refuses=said.refuses + refuses, headers=said.headers + headers
        )


def operation_of(view: APIView | type[APIView], method: str) -> Operation:
    """What a view says of a method, for this view; raises LookupError where it says nothing.

    A page brings its parameters along; so does a read, which can be conditional, and a change that asks for a tag.
    """
    said: Operation | None = getattr(getattr(view, method.lower()), "operation", None)
    if said is None:
        raise LookupError(f"{view} does not say what {method} is: @documented is missing.")
    words = {"thing": getattr(view, "thing", "")}
    gives = {status: _own(view, shape) for status, shape in said.gives.items()}
    asks: tuple[Ask, ...] = _own(view, said.asks)
    refuses, headers = said.refuses, said.headers
    if any(getattr(shape, "is_page", False) for shape in gives.values()):
        asks, refuses = PAGE_ASKS + asks, (PageInvalid, *refuses)
    if IF_MATCH in asks:
        refuses = (PreconditionFailed, *refuses)
    if method.upper() == "GET" and not any(_is_file(shape) for shape in gives.values()):
        asks, refuses = (*asks, IF_NONE_MATCH), (*refuses, PreconditionFailed)
        gives, headers = {**gives, 304: None}, ("ETag", *headers)
    return dataclasses.replace(
        said,
        name=said.name.format_map(words),
        summary=said.summary.format_map(words),
        gives=gives,
        takes=_own(view, said.takes),
        asks=asks,
        refuses=refuses,
        headers=tuple(dict.fromkeys(headers)),
    )


@functools.cache
def operation_said(view: type[APIView], method: str) -> Operation | None:
    """The same, kept for the next request; None for a handler that says nothing, and where there is none."""
    try:
        return operation_of(view, "GET" if method == "HEAD" else method)
    except (LookupError, AttributeError):
        return None


def _is_file(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, Bytes)


def _own(view: object, value: Any) -> Any:
    return getattr(view, value) if isinstance(value, str) else value


def page_of_shape(shape: type[Output], name: str = "") -> type[Output]:
    """The shape `{results, next, previous}` of a list of another shape."""
    singular = shape.__name__.removesuffix("Out")
    fields = {
        "__module__": shape.__module__,
        "__doc__": "A page of a list. `next` and `previous` are whole addresses, null at the ends.",
        "is_page": True,
        "results": shape(many=True),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
    }
    return type(name or f"{singular}Page", (Output,), fields)
