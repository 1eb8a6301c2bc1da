from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditLog
from rupaya.core.db import acting_as
from tests.accounts.phone import actor, person_new, session_new, sessions_of

LIST = "admin:accounts_user_changelist"
OLD, NEW = "mango lassi at noon", "tamarind rice at dusk"


def staff_new(*, is_superuser=False):
    """A member of staff who may look at people and end things."""
    user = person_new(full_name="Sita Staff")
    by_owner = User.objects.using("owner").get(pk=user.pk)  # who alone gives rights
    by_owner.is_staff, by_owner.is_superuser = True, is_superuser
    by_owner.save()
    by_owner.user_permissions.set(
        Permission.objects.using("owner").filter(
            content_type__app_label="accounts", codename__in=["view_user", "change_user"]
        )
    )
    return User.objects.get(pk=user.pk)


@pytest.fixture
def staff(committed):
    return staff_new()


@pytest.fixture
def desk(staff):
    """The browser of staff."""
    browser = Client()
    browser.force_login(staff)
    return browser


def do(desk, action, people, **fields):
    form = {"action": action, "_selected_action": [str(person.pk) for person in people]}
    given = {"reason": "asked by phone", "is_sure": "on"} | fields
    return desk.post(reverse(LIST), form | given, follow=True)


def said(response):
    return " ".join(str(message) for message in response.context["messages"])


class TestUserAdmin:
    @pytest.mark.parametrize("by", ["email", "full_name", "id"])
    def test_finds_a_person(self, desk, by):
        user = person_new(full_name="Findable Person")

        page = desk.get(reverse(LIST), {"q": str(getattr(user, by))})

        assert page.status_code == 200
        assert user.email in page.content.decode()

    def test_edits_nothing(self, desk):
        user = person_new()

        page = desk.get(reverse("admin:accounts_user_change", args=[user.pk]))
        desk.post(
            reverse("admin:accounts_user_change", args=[user.pk]),
            {"email": "x@example.in", "is_superuser": "on", "password": "x", "full_name": "X"},
        )

        unchanged = User.objects.get(pk=user.pk)
        assert 'type="password"' not in page.content.decode()
        assert (unchanged.email, unchanged.password, unchanged.full_name, unchanged.is_superuser) == (
            user.email,
            user.password,
            user.full_name,
            False,
        )

    def test_neither_adds_nor_deletes(self, desk):
        user = person_new()

        assert desk.get(reverse("admin:accounts_user_add")).status_code == 403
        assert desk.get(reverse("admin:accounts_user_delete", args=[user.pk])).status_code == 403

    def test_is_closed_to_customers(self, committed):
        browser = Client()
        browser.force_login(person_new())

        assert browser.get(reverse(LIST)).status_code == 302


class TestSessionsEnd:
    def test_signs_the_person_out_everywhere_and_says_why(self, desk, staff):
        user = person_new()
        session_new(user)
        phone_web = Client()
        phone_web.force_login(user)

        response = do(desk, "sessions_end", [user])

        assert "All sessions ended for 1" in said(response)
        assert sessions_of(user.pk)[0].revoked_reason == "disabled"
        assert phone_web.get("/login").status_code == 200
        assert User.objects.get(pk=user.pk).is_active
        entry = LogEntry.objects.get(object_id=str(user.pk))
        assert (entry.user_id, "asked by phone" in entry.change_message) == (staff.pk, True)

    @pytest.mark.parametrize(
        "missing", [{"reason": " "}, {"is_sure": ""}, {"reason": "by\tphone"}, {"reason": "x" * 501}]
    )
    def test_wants_a_reason_and_a_confirmation(self, desk, missing):
        user = person_new()
        session_new(user)

        response = do(desk, "sessions_end", [user], **missing)

        assert "Nothing was done" in said(response)
        assert sessions_of(user.pk)[0].revoked_at is None


class TestDeactivate:
    def test_disables_the_person(self, desk):
        user = person_new()

        do(desk, "deactivate", [user])

        assert not User.objects.get(pk=user.pk).is_active

    def test_spares_oneself_and_superusers(self, desk, staff):
        boss = staff_new(is_superuser=True)

        for chosen in (staff, boss):
            response = do(desk, "deactivate", [chosen])

            assert "Nothing was done" in said(response)
            assert User.objects.get(pk=chosen.pk).is_active

    def test_is_closed_to_staff_who_may_only_look(self, desk, staff):
        by_owner = User.objects.using("owner").get(pk=staff.pk)
        by_owner.user_permissions.remove(Permission.objects.using("owner").get(codename="change_user"))
        user = person_new()

        do(desk, "deactivate", [user])

        assert User.objects.get(pk=user.pk).is_active


class TestStaffPassword:
    PAGE = "/admin/password_change/"

    def test_is_told_to_the_log_and_ends_every_other_session(self, staff, desk):
        staff.set_password(OLD)
        staff.save()
        desk.force_login(staff)
        other = Client()
        other.force_login(staff)
        session_new(staff)

        answer = desk.post(self.PAGE, {"old_password": OLD, "new_password1": NEW, "new_password2": NEW})

        assert answer.headers["Location"] == reverse("admin:password_change_done")
        assert User.objects.get(pk=staff.pk).check_password(NEW)
        assert desk.get("/admin/").status_code == 200
        assert other.get("/admin/").status_code == 302
        assert [session.revoked_reason for session in sessions_of(staff.pk)] == ["password_changed"]
        with acting_as(actor(staff.pk)):
            entry = AuditLog.objects.get(about_id=staff.pk, action="PASSWORD_CHANGED")
        assert (entry.user_id, entry.actor_kind) == (staff.pk, "staff")

    def test_stays_where_the_old_one_is_wrong(self, staff, desk):
        answer = desk.post(self.PAGE, {"old_password": "?", "new_password1": NEW, "new_password2": NEW})

        assert answer.status_code == 200
        assert "Your old password was entered incorrectly" in answer.content.decode()
        assert User.objects.get(pk=staff.pk).password == staff.password

    def test_is_closed_to_customers(self, committed):
        browser = Client()
        browser.force_login(person_new())

        assert browser.get(self.PAGE).status_code == 302
