"""Signing up, in and out on the web, with Django's sessions."""

from __future__ import annotations

import dataclasses
from typing import Any
from uuid import UUID

from django.contrib import admin, auth
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.attempts import login_attempt
from accounts.forms import LoginForm, SignupForm
from accounts.selectors import person_by_id
from rupaya.core import clock
from rupaya.core.db import acting_as
from rupaya.core.errors import DomainError
from rupaya.core.ids import uuid7
from rupaya.core.limits import LimitReached, request_count
from rupaya.core.web import actor_of


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def signup(request: HttpRequest) -> HttpResponse:
    """Will make a person, sign this browser in and lead to `next`, where that is a page of ours."""
    going_to = next_path(request)
    if request.user.is_authenticated:
        return redirect(going_to or "overview")
    form = SignupForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        user_id = uuid7()  # made here, because row-level security wants the actor before the rows
        try:
            request_count(request)
            with acting_as(actor_of(request, user_id=user_id)):
                auth.login(request, services.person_signup(user_id=user_id, **form.cleaned_data))
        except DomainError as error:
            form.refuse(error)
            status = _status_of(error)
        else:
            return redirect(going_to or "overview")
    return render(request, "accounts/signup.html", {"form": form, "next": going_to}, status=status)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Will sign this browser in and lead to `next`, where that is a page of ours."""
    going_to = next_path(request)
    if request.user.is_authenticated:
        return redirect(going_to or "overview")
    form = LoginForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        try:
            with login_attempt(request, email=form.cleaned_data["email"]):
                verified = services.credentials_verify(**form.cleaned_data)
                with acting_as(actor_of(request, user_id=verified.user.pk)):
                    # Django makes a new session key here: one that was planted before is worth nothing.
                    auth.login(request, services.login_record(verified=verified, now=clock.now()))
        except DomainError as error:
            form.refuse(error)
            status = _status_of(error)
        else:
            return redirect(going_to or "overview")
    return render(request, "accounts/login.html", {"form": form, "next": going_to}, status=status)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Will sign this browser out; other browsers and phones stay signed in."""
    if isinstance(request.user.pk, UUID):
        with acting_as(actor_of(request)):
            services.logout_record(user_id=request.user.pk)
    auth.logout(request)
    return redirect("login")


class StaffPassword(PasswordChangeView):
    """Staff's own password, in the place of Django's page, which tells the audit log nothing."""

    form_class = AdminPasswordChangeForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the admin's pages show."""
        return super().get_context_data(**kwargs) | admin.site.each_context(self.request)

    def form_valid(self, form: Any) -> HttpResponse:
        """Will change it and end all other sessions; this browser stays signed in."""
        user_id = form.user.pk
        with acting_as(dataclasses.replace(actor_of(self.request), kind="staff")):
            services.password_change(
                user_id=user_id, password=form.cleaned_data["new_password1"], now=clock.now()
            )
        auth.update_session_auth_hash(self.request, person_by_id(user_id=user_id))
        return redirect(self.get_success_url())


def next_path(request: HttpRequest) -> str:
    """The page asked for before signing in; '' where it is not a path of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_path = wanted.startswith("/") and wanted.isprintable()
    return wanted if is_path and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""


def _status_of(error: DomainError) -> int:
    """A form that is shown again is a page as any other, unless it was not even looked at."""
    return error.status if isinstance(error, LimitReached) else 200
