"""Every flag that the code asks for, on one page. A flag that is not here is asked for by nobody."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FlagKind(StrEnum):
    """What a flag is for, and with that how long it may live."""

    RELEASE = "release"  # new code that not everybody has yet; goes when all have it
    EXPERIMENT = "experiment"  # two ways compared; goes when one has won
    OPS = "ops"  # a switch for those who keep the house running
    PERMISSION = "permission"  # who may do something; may stay


TEMPORARY: Final = (FlagKind.RELEASE, FlagKind.EXPERIMENT)


@dataclass(frozen=True, slots=True)
class Declared:
    """A flag that the code asks for. `remove_on` is when it should be gone; temporary kinds have one.

    Of a public flag anybody may know whether it is on for everyone: apps ask before somebody signs in.
    """

    name: str
    kind: FlagKind
    owner: str
    purpose: str
    remove_on: dt.date | None = None
    is_public: bool = False


EXPORT_TRANSACTIONS: Final = "export_transactions"

DECLARED: Final = {
    flag.name: flag
    for flag in (
        Declared(
            EXPORT_TRANSACTIONS,
            FlagKind.PERMISSION,
            "ledger",
            "Who may take their transactions out as a file.",
        ),
    )
}
PUBLIC_FLAGS: Final = tuple(flag.name for flag in DECLARED.values() if flag.is_public)
