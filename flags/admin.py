"""What staff do with flags: everything but removing them, and never without saying why."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from flags.models import Flag
from flags.rules import reason_normal
from flags.selectors import flag_history, flag_state_of, flags_listed, flags_with_audience
from flags.services import flag_off, flag_on, flags_changing
from rupaya.core import clock
from rupaya.core.db import acting_as
from rupaya.core.errors import DomainError
from rupaya.core.staff import ReasonedActionForm, reason_read
from rupaya.core.text import REASON_MAX
from rupaya.core.web import actor_of


class EveryoneSelect(forms.NullBooleanSelect):
    """Yes, no, or neither."""

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        self.choices = [
            ("unknown", "as said below"),
            ("true", "on for everyone"),
            ("false", "off for everyone"),
        ]


class FlagForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A flag, and why it changes. A new one is one that the code asks for."""

    everyone = forms.NullBooleanField(
        required=False, widget=EveryoneSelect, help_text="Over all that is said below, within its time."
    )
    reason = forms.CharField(
        max_length=REASON_MAX,
        widget=forms.TextInput({"class": "vLargeTextField"}),
        help_text="Why; kept with the change.",
    )

    class Meta:
        """All that staff decide; the name is chosen once."""

        model = Flag
        fields = (
            "name", "everyone", "users", "groups", "staff", "percent", "starts_at", "expires_at",
            "kind", "owner", "purpose", "remove_on",
        )  # fmt: skip
        widgets: ClassVar = {"purpose": forms.TextInput({"class": "vLargeTextField"})}

    def clean_reason(self) -> str:
        """Will refuse a reason that says nothing."""
        try:
            return reason_normal(self.cleaned_data["reason"])
        except DomainError as error:
            raise forms.ValidationError(error.message) from error


class FlagAddForm(FlagForm):
    """A flag that the code asks for and the database does not have yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        missing = [state.name for state in flags_listed() if not state.is_in_database]
        self.fields["name"] = forms.ChoiceField(
            choices=[(name, name) for name in missing], help_text="Those that the code asks for."
        )


@admin.register(Flag)
class FlagAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """The list says whom each flag is on for, and warns of what ends; the form asks why."""

    form = FlagForm
    list_display = ("name", "standing", "audience", "time", "owner", "remove_on", "last_asked")
    list_filter = ("kind", "everyone", "staff")
    search_fields = ("name", "purpose", "owner")
    ordering = ("name",)
    raw_id_fields = ("users",)
    filter_horizontal = ("groups",)
    action_form = ReasonedActionForm
    actions = ("turn_on", "turn_off")
    fieldsets: ClassVar = (
        (None, {"fields": ("name", "purpose", "owner", "kind", "remove_on")}),
        ("Whom it is on for", {"fields": ("everyone", "users", "groups", "staff", "percent")}),
        ("When", {"fields": ("starts_at", "expires_at")}),
        ("Why", {"fields": ("reason", "history")}),
    )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002  # Django's
        """The form; a new flag's offers the names that the code asks for."""
        return super().get_form(request, obj, change, **({} if obj else {"form": FlagAddForm}), **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        """The name is chosen once: the rollout hangs on it."""
        return ("name", "history") if obj else ("history",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """`manage.py flag remove` does, once no code asks for it."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Flag]:  # noqa: ARG002
        """The flags with whom they are on for."""
        return flags_with_audience()

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Will let staff act: the change is theirs in the audit log."""
        with acting_as(dataclasses.replace(actor_of(request), kind="staff")):
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Flag, form: Any, change: bool) -> None:  # noqa: FBT001
        """Will save the flag for the reason that was given."""
        with flags_changing(reason=form.cleaned_data["reason"]):
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        """Will list people and groups for the same."""
        with flags_changing(reason=form.cleaned_data["reason"]):
            super().save_related(request, form, formsets, change)

    @admin.action(description="Turn on for everyone", permissions=["change"])
    def turn_on(self, request: HttpRequest, flags: QuerySet[Flag]) -> None:
        """Will turn the chosen flags on."""
        self._do(
            request, flags, "Turned on", lambda name, why: flag_on(name=name, reason=why, now=clock.now())
        )

    @admin.action(description="Turn off for everyone", permissions=["change"])
    def turn_off(self, request: HttpRequest, flags: QuerySet[Flag]) -> None:
        """Will turn the chosen flags off."""
        self._do(request, flags, "Turned off", lambda name, why: flag_off(name=name, reason=why))

    def _do(self, request: HttpRequest, flags: QuerySet[Flag], done: str, act: Any) -> None:
        why, wrong = reason_read(request)
        if wrong:
            self.message_user(request, wrong, messages.ERROR)
            return
        with acting_as(dataclasses.replace(actor_of(request), kind="staff")):
            chosen = list(flags.order_by("name"))
            for flag in chosen:
                act(flag.name, why)
                self.log_change(request, flag, f"{done}: {why}")
        self.message_user(request, f"{done}: {', '.join(flag.name for flag in chosen)}.", messages.SUCCESS)

    @admin.display(description="is")
    def standing(self, flag: Flag) -> str:
        """On, partly, off, scheduled or over; and whether that ends."""
        state, now = flag_state_of(flag), clock.now()
        return f"{state.standing(now)} · ends within a day" if state.ends_soon(now) else state.standing(now)

    @admin.display(description="for")
    def audience(self, flag: Flag) -> str:
        """Whom it is on for."""
        return flag_state_of(flag).audience

    @admin.display(description="when")
    def time(self, flag: Flag) -> str:
        """From when until when."""
        start, end = (
            moment.astimezone(clock.INDIA).strftime("%d %b %Y, %H:%M") if moment else ""
            for moment in (flag.starts_at, flag.expires_at)
        )
        return " ".join(filter(None, (start and f"from {start}", end and f"until {end}"))) or "always"

    @admin.display(description="last asked", ordering="use__last_evaluated_at")
    def last_asked(self, flag: Flag) -> str:
        """On which day code last asked for it."""
        asked_at = flag_state_of(flag).last_evaluated_at
        return f"{asked_at.astimezone(clock.INDIA):%d %b %Y}" if asked_at else "never"

    @admin.display(description="Changes so far")
    def history(self, flag: Flag) -> str:
        """The newest changes with their reasons."""
        lines = [
            f"{change.changed_at.astimezone(clock.INDIA):%d %b %Y, %H:%M} ({change.actor_kind}): {change.reason}"
            for change in flag_history(name=flag.name)
        ]
        return "\n".join(lines) or "None yet."
