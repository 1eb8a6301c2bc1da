"""The form that opens a book."""

from __future__ import annotations

from django import forms
from rest_framework.exceptions import ValidationError

from ledger.books.rules import NAME_MAX
from ledger.books.serializers import NameField


class BookForm(forms.Form):
    """A name is enough; the rest is India's defaults."""

    name = forms.CharField(
        label="Name of the book",
        max_length=NAME_MAX,
        error_messages={"required": "Write what the book is called."},
    )

    def clean_name(self) -> str:
        """Read as the API reads it."""
        try:
            name: str = NameField().run_validation(self.cleaned_data["name"])
        except ValidationError as error:
            raise forms.ValidationError([str(detail) for detail in error.detail]) from error
        return name
