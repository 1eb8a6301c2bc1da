"""How accounts look outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # queries live in selectors
    from ledger.chart.models import Account


def category_out(account: Account) -> dict[str, Any]:
    """A category: an income or expense account."""
    return {
        "id": account.pk,
        "name": account.name,
        "type": account.type,
        "icon": account.icon,
        "parent_id": account.parent_id,
        "is_uncategorised": bool(account.purpose),
    }
