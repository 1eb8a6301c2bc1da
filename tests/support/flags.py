"""Flags as a test needs them, turned as the database asks: with a reason."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from flags.models import Flag
from flags.registry import EXPORT_TRANSACTIONS
from flags.services import flags_changing
from rupaya.core.db import Actor, acting_as
from rupaya.core.ids import uuid7

OPERATOR = Actor(user_id=None, kind="command")
_numbers = itertools.count(1)


def name_new() -> str:
    """A name that no other test uses, for tests that commit."""
    return f"probe_{next(_numbers)}_{uuid7().hex[-12:]}"


def flag_set(
    name: str = EXPORT_TRANSACTIONS, *, users: Any = (), groups: Any = (), reason: str = "a test", **fields: Any
) -> Flag:  # fmt: skip
    """Will make or change a flag: `everyone=True`, or `users=[…]`."""
    usual = {"kind": "ops", "owner": "tests", "purpose": "A test's own."}
    with acting_as(OPERATOR), flags_changing(reason=reason):
        flag, _ = Flag.objects.update_or_create(name=name, defaults=fields, create_defaults=usual | fields)
        flag.users.set(users)
        flag.groups.set(groups)
    return flag


def flag_gone(name: str = EXPORT_TRANSACTIONS) -> None:
    """Will remove a flag, whoever asks for it."""
    with acting_as(OPERATOR), flags_changing(reason="a test"):
        Flag.objects.filter(name=name).delete()


def later(**units: int) -> dt.datetime:
    """So much from now on."""
    return dt.datetime.now(dt.UTC) + dt.timedelta(**units)  # noqa: TID251
