"""Who may take transactions along, and that they did."""

from __future__ import annotations

from typing import Any

from flags.selectors import flag_is_on
from ledger.journal.rules import EXPORT_FLAG
from rupaya.core.db import assert_acting
from rupaya.core.errors import Forbidden


class FeatureUnavailable(Forbidden):
    """Raised when the flag of a feature is off for the person."""

    code = "feature_unavailable"
    title = "Feature not available"

    def __init__(self) -> None:
        super().__init__(self.title)


def export_allow(*, user: Any) -> None:
    """Will let pass for whom the flag is on; raises FeatureUnavailable. As many queries as the flag takes."""
    assert_acting()
    if not flag_is_on(name=EXPORT_FLAG, user=user):
        raise FeatureUnavailable
