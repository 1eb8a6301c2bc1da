"""What staff see of people. They look and they end things; nobody's data or password is edited here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts import services
from accounts.forms import AdminLoginForm
from accounts.models import RevokedReason, User
from rupaya.core import clock
from rupaya.core.db import Actor, acting_as
from rupaya.core.staff import ReasonedActionForm, reason_read
from rupaya.core.web import actor_of

PEOPLE_MAX: Final = 100  # in one action


admin.site.login_form = AdminLoginForm


@admin.register(User)
class UserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Finding a person, and ending their sessions or their access."""

    list_display = ("email", "full_name", "is_active", "is_staff", "created_at", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "full_name", "id")
    ordering = ("-created_at", "id")
    fields = (
        "id",
        "email",
        "full_name",
        "is_active",
        "is_staff",
        "is_superuser",
        "groups",
        "created_at",
        "last_login",
    )
    readonly_fields = fields
    action_form = ReasonedActionForm
    actions = ("sessions_end", "deactivate")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """People sign up themselves."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """What a person did stays theirs; they are deactivated."""
        return False

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,  # noqa: FBT001, FBT002  # Django's own
        change: bool = False,  # noqa: FBT001, FBT002  # the same
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Will show the person's page, and tell the audit log, and so the person, who looked."""
        if obj is not None:
            _read_record(request, obj.pk, "page")
        context |= {
            "show_save": False,
            "show_save_and_continue": False,
            "show_close": True,
        }  # nothing can be saved
        return super().render_change_form(request, context, add, change, form_url, obj)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Will show what staff did to the person, and tell the audit log who looked."""
        response = super().history_view(request, object_id, extra_context)
        if response.status_code == 200:
            _read_record(request, UUID(object_id), "history")
        return response

    @admin.action(description="End all sessions", permissions=["change"])
    def sessions_end(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Will sign the chosen people out everywhere."""
        self._do(request, people, "All sessions ended", _sessions_end)

    @admin.action(description="Deactivate", permissions=["change"])
    def deactivate(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Will disable the chosen people and sign them out everywhere."""
        self._do(request, people, "Deactivated", _deactivate)

    def _do(
        self, request: HttpRequest, people: QuerySet[User], done: str, act: Callable[[UUID], object]
    ) -> None:
        reason, wrong = reason_read(request)
        if wrong:
            self.message_user(request, wrong, messages.ERROR)
            return
        chosen = list(people.order_by("pk")[: PEOPLE_MAX + 1])
        refusal = _refusal(chosen, request)
        if refusal:
            self.message_user(request, f"Nothing was done: {refusal}", messages.ERROR)
            return
        with acting_as(_staff(request)):
            for person in chosen:
                act(person.pk)
                services.staff_act_record(user_id=person.pk, act=done, reason=reason)
                self.log_change(request, person, f"{done}: {reason}")
        self.message_user(request, f"{done} for {len(chosen)}.", messages.SUCCESS)


def _staff(request: HttpRequest) -> Actor:
    return dataclasses.replace(actor_of(request), kind="staff")


def _read_record(request: HttpRequest, user_id: UUID, page: str) -> None:
    with acting_as(_staff(request)):
        services.person_read_record(user_id=user_id, page=page)


def _refusal(chosen: list[User], request: HttpRequest) -> str:
    if len(chosen) > PEOPLE_MAX:
        return f"choose at most {PEOPLE_MAX} people."
    if any(person.pk == request.user.pk for person in chosen):
        return "you have chosen yourself."
    is_superuser = getattr(request.user, "is_superuser", False)
    if not is_superuser and any(person.is_superuser for person in chosen):
        return "only a superuser may do this to a superuser."
    return ""


def _sessions_end(user_id: UUID) -> None:
    services.sessions_end_all(user_id=user_id, reason=RevokedReason.DISABLED, now=clock.now())


def _deactivate(user_id: UUID) -> None:
    services.person_deactivate(user_id=user_id, now=clock.now())
