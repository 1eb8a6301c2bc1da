"""The form that narrows a page of activity."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms

from ledger.activity.rules import THINGS
from rupaya.core.days import EARLIEST, LATEST

_DAY_WRONG: Final = {"invalid": "Choose a day."}


def _day_field(name: str) -> forms.DateField:
    return forms.DateField(
        label=name,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages=_DAY_WRONG,
    )


class ActivityForm(forms.Form):
    """Who, what, and from which day to which, both included."""

    person = forms.ChoiceField(label="Who", required=False)
    thing = forms.ChoiceField(
        label="What",
        required=False,
        choices=[("", "Everything"), *((thing.table, thing.many.capitalize()) for thing in THINGS.values())],
    )
    since = _day_field("From")
    until = _day_field("To")

    def __init__(self, *args: Any, people: Iterable[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Everybody"), *((str(identity), name) for identity, name in people)]
        self.fields["person"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Will refuse days that no calendar of ours has, and an end before the beginning."""
        values = super().clean() or {}
        since, until = values.get("since"), values.get("until")
        for name, day in (("since", since), ("until", until)):
            if day and not EARLIEST <= day <= LATEST:
                self.add_error(name, f"Choose a day from {EARLIEST:%Y} to {LATEST:%Y}.")
        if since and until and since > until:
            self.add_error("until", "Choose the same day or a later one.")
        return values

    def filters(self, *, zone: ZoneInfo) -> dict[str, Any]:
        """What is asked for, as fields of `Filters`; days are the book's own. The form must be valid."""
        values = self.cleaned_data
        since, until = values["since"], values["until"]
        asked: dict[str, Any] = {
            "user_id": UUID(values["person"]) if values["person"] else None,
            "resource_type": values["thing"],
            "starts_at": _midnight(since, zone) if since else None,
        }
        return asked | ({"ends_before": _midnight(until + dt.timedelta(days=1), zone)} if until else {})


def _midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), zone)
