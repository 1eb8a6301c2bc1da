"""The base of every API view: authentication, then one transaction with the actor in it."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import Any, ClassVar, Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rupaya.core.days import EARLIEST, LATEST, DayUnreadable, day_parse
from rupaya.core.db import acting_as
from rupaya.core.errors import Invalid
from rupaya.core.limits import request_count
from rupaya.core.operations import DAY_SCHEMA, operation_said
from rupaya.core.pagination import cursor_read, limit_read, page_body, page_of_list
from rupaya.core.parameters import parameters_check
from rupaya.core.parsers import body_of
from rupaya.core.problem import field_errors
from rupaya.core.web import actor_of

_threads: Final = threading.local()  # shape → serializer


class ApiView(APIView):
    """One URL of the API.

    A handler runs inside `acting_as`: what it does is committed with its answer, or undone with its
    refusal. Views for people who are not signed in open `acting_as` themselves.
    """

    _exits: ExitStack

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Will keep the transaction open for exactly as long as the handler runs."""
        with ExitStack() as self._exits:
            return super().dispatch(request, *args, **kwargs)

    def check_throttles(self, request: Request) -> None:
        """Will count the request for whom it speaks, now that this is known; raises LimitReached."""
        request_count(request, person=getattr(request.user, "pk", None))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Will authenticate and count, then open the transaction; raises SessionEnded for a revoked session.

        A method that the address does not take is refused to everybody, before anything is looked at.
        """
        if request.method not in self.allowed_methods:
            self.http_method_not_allowed(request)
        super().initial(request, *args, **kwargs)
        self._check_shape(request)
        if request.user is not None:
            self._exits.enter_context(self.acting(request))

    def _check_shape(self, request: Request) -> None:
        """Will hold the query, and a body where none is meant, against what the handler says that it takes.

        Before the transaction opens: a slow phone must not hold a connection. Raises ParameterInvalid, and what reading
        a body may raise.
        """
        said = operation_said(type(self), str(request.method))  # type: ignore[arg-type]  # a class can be hashed
        if said is None:
            return
        parameters_check(request.GET, takes=said.parameters)
        if said.takes is None and request.method not in SAFE_METHODS and body_of(request):
            input_read(Input, data=request.data)

    def acting(self, request: Request) -> AbstractContextManager[None]:
        """The transaction that a handler runs in."""
        return acting_as(actor_of(request))

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002
        """Will say which methods the address takes (in Allow), and nothing of how it is made; 204."""
        return Response(status=204)


_UNKNOWN: Final = serializers.ErrorDetail("There is no such field.", code="unknown_field")
_MISTYPED: Final = {
    "text": serializers.ErrorDetail("This must be text.", code="invalid"),
    "number": serializers.ErrorDetail("This must be a whole number.", code="invalid"),
}


def _mistyped(field: serializers.Field[Any, Any, Any, Any], value: Any) -> str:
    """What the value should have been, where it is of a JSON type that the field has no business with."""
    if value is None:
        return ""
    if isinstance(field, serializers.CharField | serializers.UUIDField):
        return "" if isinstance(value, str) else "text"
    if isinstance(field, serializers.IntegerField):
        return "number" if isinstance(value, str | bool) else ""
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return next(filter(None, (_mistyped(field.child, item) for item in value)), "")
    return ""


class Input(serializers.Serializer[Any]):
    """A request's shape. Unknown fields are refused: a typing error on money must not pass silently."""

    example: ClassVar[Any] = None  # as JSON, for those who read the API's reference

    def to_internal_value(self, data: Any) -> Any:
        """Will read the fields; raises ValidationError that names each unknown one, and each of another JSON type.

        The framework would take the number 5 for the text "5", for a UUID, and the text for the number.
        """
        if isinstance(data, Mapping):
            fields = self.fields
            wrong = {name: _UNKNOWN for name in data if name not in fields}
            wrong |= {
                name: _MISTYPED[kind]
                for name, value in data.items()
                if name in fields and (kind := _mistyped(fields[name], value))
            }
            if wrong:
                raise serializers.ValidationError(self._wrong_otherwise(data, wrong) | wrong)
        return super().to_internal_value(data)

    def _wrong_otherwise(self, data: Mapping[str, Any], wrong: Mapping[str, Any]) -> dict[str, Any]:
        """What is wrong with the other fields, so that all is told at once."""
        try:
            super().to_internal_value({name: value for name, value in data.items() if name not in wrong})
        except serializers.ValidationError as error:
            return dict(error.detail) if isinstance(error.detail, dict) else {}
        return {}


class ClaimField(serializers.BooleanField):
    """JSON's true or false, and nothing that looks like one: a claim on money is not guessed."""

    def to_internal_value(self, data: Any) -> bool:
        """Will take a JSON boolean."""
        if not isinstance(data, bool):
            raise serializers.ValidationError("This must be true or false.", "invalid")
        return data


class DateField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """A day as `YYYY-MM-DD`, in these digits and no other form."""

    json_schema: ClassVar = DAY_SCHEMA

    def to_internal_value(self, data: Any) -> dt.date:
        """Will read the day; raises ValidationError for anything else, and for what can only be a typing error."""
        try:
            day = day_parse(data)
        except DayUnreadable as error:
            raise serializers.ValidationError(str(error), "invalid") from error
        if not EARLIEST <= day <= LATEST:
            raise serializers.ValidationError(
                f"The date must lie between {EARLIEST} and {LATEST}.", "date_out_of_range"
            )
        return day

    def to_representation(self, value: dt.date) -> str:
        """The day as it is taken."""
        return value.isoformat()


def input_read(shape: type[Input], *, data: Any, context: dict[str, Any] | None = None) -> dict[str, Any]:
    """Will validate a body against its shape; raises Invalid with every wrong field."""
    if data is None:
        raise Invalid("The body must be a JSON object.")
    serializer = _serializer(shape, data, context or {})
    if serializer.is_valid():
        return dict(serializer.validated_data)
    errors = field_errors(serializer.errors)
    first = errors[0]
    raise Invalid(f"{first.field}: {first.message}" if first.field else first.message, errors=errors)


def _serializer(shape: type[Input], data: Any, context: dict[str, Any]) -> Input:
    """The thread's own serializer of a shape. A new one copies its fields deeply: a tenth of a request, each time."""
    made: dict[Any, Any] = _threads.__dict__
    serializer: Input | None = made.get(shape)
    if serializer is None:
        serializer = made[shape] = shape()
    for left in ("_validated_data", "_errors", "_data"):
        serializer.__dict__.pop(left, None)
    serializer.initial_data = data
    serializer._context = context  # noqa: SLF001  # it offers no other way
    return serializer


def list_body(results: list[dict[str, Any]], *, request: Request) -> dict[str, Any]:
    """A page of a list that was read whole, as `?limit=` and `?cursor=` ask; each result has an `id`.

    Raises PageInvalid.
    """
    page = page_of_list(
        results,
        limit=limit_read(request.GET.get("limit")),
        cursor=cursor_read(request.GET.get("cursor"), key_length=1),
        key=lambda result: str(result["id"]),
    )
    return page_body(page, url=request.build_absolute_uri(request.path), query=request.GET)
