"""The form that changes a transaction."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from ledger.chart.models import Account
from ledger.journal.forms import AccountField, AmountField, CategoryField, WordsForm
from ledger.journal.rules import NOTES_MAX, PAYEE_MAX, TAG_MAX, TAGS_MAX, TransactionView

_MONEY: Final = ("amount", "account", "category", "to_account")


class ChangeForm(WordsForm):
    """What a transaction says, filled in. Where its money can't be said in one amount, only the words are open.

    `version` is the one that the person looked at.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)
    amount = AmountField(label="Amount", error_messages={"required": "Write the amount."})
    account = AccountField(label="Account", error_messages={"required": "Choose an account."})
    category = CategoryField(label="Category", error_messages={"required": "Choose a category."})
    to_account = AccountField(label="To account", error_messages={"required": "Choose an account."})
    payee = forms.CharField(max_length=PAYEE_MAX, required=False)
    tags = forms.CharField(
        max_length=TAGS_MAX * (TAG_MAX + 2), required=False, help_text="With commas between them."
    )
    notes = forms.CharField(max_length=NOTES_MAX, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    is_reconciled = forms.BooleanField(label="Agrees with the bank’s statement", required=False)

    def __init__(
        self,
        data: Any,
        *,
        view: TransactionView,
        money: list[Account],
        categories: list[Account],
        base_currency: str,
        is_open: bool,
    ) -> None:
        super().__init__(data, initial=_initial(view))
        self.is_money_open = _is_simple(view, {account.pk for account in money + categories}, base_currency)
        self.fields["amount"].currency = view.amount.currency  # type: ignore[attr-defined]
        self._offer("account", money)
        self._offer("to_account", money)
        self._offer("category", [category for category in categories if category.type == view.type])
        for name in _closed(view, is_money_open=self.is_money_open):
            del self.fields[name]
        for field in self.fields.values():
            field.disabled = not is_open and field is not self.fields["version"]

    def _offer(self, name: str, accounts: list[Account]) -> None:
        """One of them is chosen already: there is no empty choice."""
        field: Any = self.fields[name]
        field.offer(accounts, empty="")
        field.choices = list(field.choices)[1:]

    def said(self) -> dict[str, Any]:
        """What differs from what the transaction says, as the API takes it."""
        values = {name: value for name, value in self.cleaned_data.items() if name in self.changed_data}
        values.pop("version", None)
        if "amount" in values:
            values["amount"] = str(values["amount"].major)
        if "tags" in values:
            values["tags"] = [tag for tag in values["tags"].split(",") if tag.strip()]
        for name in {"account", "category", "to_account"} & values.keys():
            values[f"{name}_id"] = str(values.pop(name))
        if "date" in values:
            values["date"] = values["date"].isoformat()
        return values


def _initial(view: TransactionView) -> dict[str, Any]:
    category = view.parts[0].category_id if view.parts else None
    return {
        "version": view.version,
        "amount": view.amount.major,
        "description": view.description,
        "date": view.date,
        "account": str(view.account_id),
        "category": str(category) if category else "",
        "to_account": str(view.to_account_id or ""),
        "payee": view.payee,
        "tags": ", ".join(view.tags),
        "notes": view.notes,
        "is_reconciled": view.is_reconciled,
    }


def _is_simple(view: TransactionView, offered: set[Any], base_currency: str) -> bool:
    """Whether one amount in the book's currency, between accounts that are open, says all of its money."""
    currencies = {view.amount.currency, (view.to_amount or view.amount).currency}
    touched = {view.account_id, *([view.to_account_id] if view.to_account_id else [])}
    touched |= {part.category_id for part in view.parts}
    return len(view.parts) <= 1 and currencies == {base_currency} and touched <= offered


def _closed(view: TransactionView, *, is_money_open: bool) -> tuple[str, ...]:
    """The fields that this transaction does not have, or that are not said here."""
    if not is_money_open:
        return _MONEY
    return ("category",) if view.is_transfer else ("to_account",)
