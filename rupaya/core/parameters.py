"""A request's query: which names it may have, by one rule for all addresses, and how what narrows a list is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Final, NoReturn
from uuid import UUID

from django.http import QueryDict

from rupaya.core.days import DayUnreadable, day_parse
from rupaya.core.errors import FieldError, Invalid

IDS_MAX: Final = 50  # in one parameter
_TRUTHS: Final = {"true": True, "false": False}
_NAME_SHOWN: Final = 30  # characters of a name that nobody gave a meaning


class ParameterInvalid(Invalid):
    """Raised for a parameter that the address does not take, takes once, or takes with a value."""

    code = "parameter_invalid"
    title = "The address has a parameter that it can't have"

    def __init__(self, name: str, code: str, message: str) -> None:
        super().__init__(message, errors=[FieldError(name, code, message)])


class FilterInvalid(Invalid):
    """Raised for a filter whose value means nothing, such as a type that there is not."""

    code = "filter_invalid"
    title = "The filter is not valid"


def parameters_check(query: QueryDict, *, takes: Mapping[str, bool]) -> None:
    """Will let pass what an address takes, each once and with a value.

    What is misspelt, or left empty by a program that lost the value, would be another question than was meant: another
    book's money, or all of it. takes: names, each with whether it may be empty. Raises ParameterInvalid.
    """
    for name, values in query.lists():
        if name not in takes:
            _refuse_unknown(name, takes)
        if len(values) > 1:
            raise ParameterInvalid(name, "twice", f"The address gives {name} more than once; give it once.")
        if not (values[0].strip() or takes[name]):
            raise ParameterInvalid(name, "blank", f"{name} is empty; give it a value, or leave it out.")


def _refuse_unknown(name: str, takes: Collection[str]) -> NoReturn:
    shown = f"“{name}”" if len(name) <= _NAME_SHOWN and name.isprintable() else "of that name"
    known = f"it takes {', '.join(sorted(takes))}" if takes else "it takes none"
    raise ParameterInvalid(name[:_NAME_SHOWN], "unknown", f"This address has no parameter {shown}; {known}.")


def filter_refuse(name: str, message: str, code: str = "invalid") -> NoReturn:
    """Will raise FilterInvalid for a parameter."""
    raise FilterInvalid(message, errors=[FieldError(name, code, message)])


def choice_read(query: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """One of the choices, or '' where the parameter is absent; raises FilterInvalid."""
    text = query.get(name, "")
    if text and text not in choices:
        filter_refuse(name, f"{name} must be one of {', '.join(choices)}.", "invalid_choice")
    return text


def truth_read(query: Mapping[str, str], name: str) -> bool | None:
    """True or false, or None where the parameter is absent; raises FilterInvalid."""
    text = query.get(name, "")
    if text and text not in _TRUTHS:
        filter_refuse(name, f"{name} must be true or false.")
    return _TRUTHS.get(text)


def day_read(query: Mapping[str, str], name: str) -> dt.date | None:
    """A day, or None where the parameter is absent; raises FilterInvalid."""
    text = query.get(name, "")
    try:
        return day_parse(text) if text else None
    except DayUnreadable as error:
        filter_refuse(name, f"{name}: {error}")


def ids_read(query: Mapping[str, str], name: str) -> tuple[UUID, ...] | None:
    """Up to 50 ids with commas between, or None where the parameter is absent; raises FilterInvalid."""
    text = query.get(name, "")
    if not text:
        return None
    parts = text.split(",")
    try:
        ids = tuple(UUID(part) for part in parts)
    except ValueError:
        filter_refuse(name, f"{name} must be a UUID, or several with commas between.")
    if len(ids) > IDS_MAX:
        filter_refuse(name, f"{name} takes at most {IDS_MAX} ids.")
    return ids
