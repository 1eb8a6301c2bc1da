"""The form that takes a bank's file."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from ledger.chart.models import Account
from ledger.statements.services import KEPT_BY_A_BANK

NEW: Final = "new"


class StatementForm(forms.Form):
    """Which account, and the file."""

    account = forms.ChoiceField(label="Account")
    new_account = forms.CharField(
        label="Name of the new account",
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "HDFC savings"}),
    )
    file = forms.FileField(
        label="File",
        max_length=255,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".xls,.txt,.csv,.tsv"}),
        error_messages={"required": "Choose the file that your bank gave you; it can have up to 5 MB."},
    )

    def __init__(self, *args: Any, accounts: list[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {str(account.pk): account for account in accounts if account.kind in KEPT_BY_A_BANK}
        self.fields["account"].choices = [  # type: ignore[attr-defined]
            *((key, account.name) for key, account in self.offered.items()),
            (NEW, "A new account…"),
        ]

    def clean(self) -> dict[str, Any]:
        """A new account needs a name."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("account") == NEW and not values.get("new_account", "").strip():
            self.add_error("new_account", "Write what the new account is called.")
        return values

    @property
    def account_id(self) -> Any | None:
        """The chosen account's id; None for a new one."""
        chosen = self.offered.get(self.cleaned_data["account"])
        return chosen.pk if chosen else None
