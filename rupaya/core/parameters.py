"""The names in a request's query: one rule for all addresses of the API, and for the dashboard's export."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, NoReturn

from django.http import QueryDict

from rupaya.core.errors import FieldError, Invalid

_NAME_SHOWN: Final = 30  # characters of a name that nobody gave a meaning


class ParameterInvalid(Invalid):
    """Raised for a parameter that the address does not take, takes once, or takes with a value."""

    code = "parameter_invalid"
    title = "The address has a parameter that it can't have"

    def __init__(self, name: str, code: str, message: str) -> None:
        super().__init__(message, errors=[FieldError(name, code, message)])


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
