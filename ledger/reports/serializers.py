"""How balances look outside."""

from __future__ import annotations

from typing import Any

from ledger.reports.rules import Balance


def account_out(account: Balance) -> dict[str, Any]:
    """An account that holds or owes money, with its balance; what is owed is negative."""
    return {
        "id": account.id,
        "name": account.name,
        "type": account.type,
        "kind": account.kind,
        "institution": account.institution,
        "number_last4": account.number_last4,
        "balance": account.balance.major,
        "balance_minor": account.balance.minor,
        "currency": account.balance.currency,
    }
