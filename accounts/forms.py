"""The forms for signing up and in. They repeat what was typed, never the password."""

from __future__ import annotations

import dataclasses
from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm

from accounts.attempts import login_attempt
from accounts.rules import (
    EMAIL_MAX,
    FULL_NAME_MAX,
    PASSWORD_MAX,
    email_normal,
    email_validate,
    full_name_normal,
    full_name_validate,
)
from accounts.services import staff_login_record
from rupaya.core.db import acting_as
from rupaya.core.errors import DomainError
from rupaya.core.web import actor_of


class EmailField(forms.EmailField):
    """An address in its stored form: the composed form may be longer than what was typed."""

    def to_python(self, value: Any) -> str:
        """Will compose it; the length is checked after."""
        return email_normal(super().to_python(value) or "")


class FullNameField(forms.CharField):
    """A name in its stored form."""

    def to_python(self, value: Any) -> str:
        """Will compose it; the length is checked after."""
        return full_name_normal(super().to_python(value) or "")


class AdminLoginForm(AdminAuthenticationForm):
    """Django's form in front of the admin, with the limit that every sign-in has."""

    def clean(self) -> dict[str, Any]:
        """Will count the attempt, and tell the audit log how it ended; raises LimitReached."""
        if self.request is None:
            return super().clean()
        with login_attempt(self.request, email=self.cleaned_data.get("username") or ""):
            cleaned = super().clean()
        user = self.get_user()
        if user is not None:
            actor = dataclasses.replace(actor_of(self.request), user_id=user.pk, kind="staff")
            with acting_as(actor):
                staff_login_record(user_id=user.pk)
        return cleaned


class RefusableForm(forms.Form):
    """A form beside whose fields a service's refusal can be shown."""

    def refuse(self, error: DomainError) -> None:
        """Will show each of the refusal's sentences beside its field, or above the form."""
        for fault in error.errors:
            self.add_error(fault.field if fault.field in self.fields else None, fault.message)
        if not error.errors:
            self.add_error(None, error.message)


class SignupForm(RefusableForm):
    """Name, address, password."""

    full_name = FullNameField(
        label="Full name",
        max_length=FULL_NAME_MAX,
        validators=[full_name_validate],
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    email = EmailField(
        label="E-mail address",
        max_length=EMAIL_MAX,
        validators=[email_validate],
        widget=forms.EmailInput(attrs={"autocomplete": "username", "inputmode": "email"}),
    )
    password = forms.CharField(
        label="Password",
        max_length=PASSWORD_MAX,
        strip=False,
        help_text="At least 10 characters. A few words in a row are easy to keep and hard to guess.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class LoginForm(RefusableForm):
    """Address, password. Any text is taken as an address: what nobody has is simply wrong."""

    email = forms.CharField(
        label="E-mail address",
        max_length=EMAIL_MAX,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True, "inputmode": "email"}),
    )
    password = forms.CharField(
        label="Password",
        max_length=PASSWORD_MAX,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
