"""The form that adds a transaction."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

from django import forms

from ledger.chart.models import Account
from ledger.journal.drafts import Entry
from ledger.journal.rules import DESCRIPTION_MAX, description_fold
from rupaya.core.days import EARLIEST, LATEST
from rupaya.core.ids import uuid7
from rupaya.core.money import AmountInvalid, Money, money_parse, symbol_of
from rupaya.core.text import composed

SPLITS_SHOWN: Final = 10
_GROUPED: Final = re.compile(r"(\d{1,3}(,\d{3})+|\d{1,2}(,\d{2})*,\d{3})(\.\d*)?", re.ASCII)
_TYPES: Final = [("expense", "Expense"), ("income", "Income"), ("transfer", "Transfer")]


class AmountField(forms.CharField):
    """An amount as people type it: `1,250.50` and `₹500` too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=30, **kwargs)
        self.currency = "INR"
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off", "placeholder": "0"}

    @property
    def symbol(self) -> str:
        """What stands before the amount on the page."""
        return symbol_of(self.currency)

    def clean(self, value: Any) -> Money | None:
        """Will parse exactly; never rounds, and takes no comma for a decimal point."""
        text = super().clean(str(value or "").strip().removeprefix(self.symbol))
        if not text:
            return None
        if "," in text and not _GROUPED.fullmatch(text):
            raise forms.ValidationError(
                "The commas do not group the amount; write 1250.50 or 1,250.50.", "amount_invalid"
            )
        try:
            money = money_parse(text.replace(",", ""), currency=self.currency)
        except AmountInvalid as error:
            raise forms.ValidationError(error.message, error.field_code) from error
        if money.minor <= 0:
            raise forms.ValidationError("The amount must be more than zero.", "amount_not_positive")
        return money


class DescriptionField(forms.CharField):
    """A few words, each letter in its one spelling, which may be longer than what was typed."""

    def to_python(self, value: Any) -> str:
        """Will compose it; the length is checked after."""
        return composed(super().to_python(value) or "")


class AccountField(forms.ChoiceField):
    """One of the book's accounts, by id."""

    def offer(self, accounts: list[Account], *, empty: str) -> None:
        """Will offer these accounts, and `empty` for none."""
        self.accounts = {str(account.pk): account for account in accounts}
        self.choices = [("", empty), *((key, account.name) for key, account in self.accounts.items())]

    def clean(self, value: Any) -> Any:
        """The account's id, or None."""
        chosen = super().clean(value)
        return self.accounts[chosen].pk if chosen else None


class CategoryField(AccountField):
    """One of the book's categories, grouped by what they are for."""

    def offer(self, accounts: list[Account], *, empty: str) -> None:
        """Will offer categories in two groups."""
        super().offer(accounts, empty=empty)
        groups = [("expense", "Spending"), ("income", "Income")]
        self.choices = [("", empty)] + [
            (label, [(str(account.pk), account.name) for account in accounts if account.type == group])
            for group, label in groups
        ]


class WordsForm(forms.Form):
    """What it was for and when, read alike for what is new and for what changes."""

    description = DescriptionField(
        max_length=DESCRIPTION_MAX,
        widget=forms.TextInput(attrs={"placeholder": "What was it for?"}),
        error_messages={"required": "Write what it was for."},
    )
    date = forms.DateField(
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": "Choose the day.",
            "invalid": "That is not a day of the calendar; write it as 23/11/2026.",
        },
    )

    def clean_description(self) -> str:
        """White space is folded; what can't be seen is refused."""
        text = description_fold(text=self.cleaned_data["description"])
        if text is None:
            raise forms.ValidationError("The description holds characters that can't be shown.", "invalid")
        if not text:
            raise forms.ValidationError("Write what it was for.", "required")
        return text

    def clean_date(self) -> dt.date:
        """Within two centuries: anything else is a typing error."""
        date: dt.date = self.cleaned_data["date"]
        if not EARLIEST <= date <= LATEST:
            raise forms.ValidationError(
                f"The date must lie between {EARLIEST:%d/%m/%Y} and {LATEST:%d/%m/%Y}."
            )
        return date


class TransactionForm(WordsForm):
    """Type, amount and a few words are enough; the rest has defaults."""

    # The new transaction's id, made with the empty form: sent twice, it is recorded once.
    entry_id = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid7)
    type = forms.ChoiceField(choices=_TYPES, initial="expense", widget=forms.RadioSelect)
    amount = AmountField(label="Amount", error_messages={"required": "Write the amount."})
    account = AccountField(label="Account", required=False)
    category = CategoryField(label="Category", required=False)
    to_account = AccountField(label="To account", required=False)

    def __init__(
        self, *args: Any, money: list[Account], categories: list[Account], currency: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].currency = currency  # type: ignore[attr-defined]
        everyday = next(
            (account.name for account in money if account.purpose == Account.Purpose.EVERYDAY), "default"
        )
        self.fields["account"].offer(money, empty=f"{everyday} (default)")  # type: ignore[attr-defined]
        self.fields["to_account"].offer(money, empty="Choose an account")  # type: ignore[attr-defined]
        self.fields["category"].offer(categories, empty="Uncategorised")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A transfer needs the account that the money goes to."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("type") == "transfer" and not values.get("to_account"):
            self.add_error("to_account", "Choose the account that the money goes to.")
        return values

    def entry(self, splits: SplitFormSet) -> Entry | None:
        """The entry that the valid form stands for; None where the splits do not add up (and says so)."""
        values = self.cleaned_data
        is_transfer = values["type"] == "transfer"
        parts = [] if is_transfer else splits.parts()
        total = sum(amount.minor for _, amount in parts)
        if parts and total != values["amount"].minor:
            self.add_error("amount", "The parts of the split must add up to this amount.")
            return None
        return Entry(
            type=values["type"],
            date=values["date"],
            description=values["description"],
            parts=parts or [(None if is_transfer else values["category"], values["amount"])],
            account_id=values["account"],
            to_account_id=values["to_account"] if is_transfer else None,
            id=values["entry_id"],
        )


class SplitForm(forms.Form):
    """One part of a split."""

    category = CategoryField(label="Category", required=False)
    amount = AmountField(label="Amount", required=False)

    def __init__(self, *args: Any, categories: list[Account], currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].currency = currency  # type: ignore[attr-defined]
        self.fields["category"].offer(categories, empty="Uncategorised")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A category without an amount says nothing."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("category") and not values.get("amount") and "amount" not in self.errors:
            self.add_error("amount", "Write how much of the amount goes here.")
        return values


class SplitFormSet(forms.BaseFormSet):  # type: ignore[type-arg]  # not subscriptable at run time
    """Up to ten parts; those without an amount count for nothing."""

    def parts(self) -> list[tuple[Any, Money]]:
        """(category id or None, amount) of each part that was filled in."""
        return [
            (form.cleaned_data.get("category"), form.cleaned_data["amount"])
            for form in self.forms
            if form.cleaned_data.get("amount")
        ]


def split_forms(data: Any, *, categories: list[Account], currency: str) -> SplitFormSet:
    """The parts' forms, empty or filled from a request's data; amounts in that currency."""
    made = forms.formset_factory(
        SplitForm,
        formset=SplitFormSet,
        extra=SPLITS_SHOWN,
        max_num=SPLITS_SHOWN,
        absolute_max=SPLITS_SHOWN,
        validate_max=True,
    )
    return made(data, prefix="splits", form_kwargs={"categories": categories, "currency": currency})  # type: ignore[return-value]
