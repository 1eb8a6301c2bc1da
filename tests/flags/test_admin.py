"""What staff do with flags."""

from __future__ import annotations

import psycopg
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from flags.models import Flag
from flags.selectors import flag_history, flag_is_on
from rupaya.core.text import REASON_MAX
from tests.accounts.phone import person_new
from tests.support.flags import flag_set, later, name_new

LIST = "admin:flags_flag_changelist"


@pytest.fixture
def staff(committed):
    """A member of staff who may look at flags and change them."""
    user = person_new(full_name="Sita Staff")
    by_owner = User.objects.using("owner").get(pk=user.pk)  # who alone gives rights
    by_owner.is_staff = True
    by_owner.save()
    by_owner.user_permissions.set(
        Permission.objects.using("owner").filter(content_type__app_label="flags", codename__endswith="_flag")
    )
    return User.objects.get(pk=user.pk)


@pytest.fixture
def desk(staff):
    browser = Client()
    browser.force_login(staff)
    return browser


@pytest.fixture
def flag(committed):
    return flag_set(name_new())


def form_of(flag, **fields):
    form = {
        "everyone": "unknown", "users": "", "percent": "", "kind": flag.kind, "owner": flag.owner,
        "purpose": flag.purpose, "remove_on": "", "reason": "asked by phone",
        "starts_at_0": "", "starts_at_1": "", "expires_at_0": "", "expires_at_1": "",
    }  # fmt: skip
    return form | fields


def save(desk, flag, **fields):
    return desk.post(reverse("admin:flags_flag_change", args=[flag.pk]), form_of(flag, **fields), follow=True)


class TestFlagAdmin:
    def test_lists_whom_each_is_on_for_and_warns_of_what_ends(self, desk, flag, asha):
        flag_set(flag.name, users=[asha.user], expires_at=later(hours=3))

        page = desk.get(reverse(LIST), {"q": flag.name}).content.decode()

        assert "partly · ends within a day" in page
        assert "1 person" in page

    def test_changes_a_flag_for_a_reason_as_the_member_of_staff(
        self, desk, staff, flag, asha, chitra, admin_url
    ):
        response = save(desk, flag, users=str(asha.id))

        assert response.status_code == 200
        assert flag_is_on(name=flag.name, user=asha.user) is True
        assert flag_is_on(name=flag.name, user=chitra.user) is False
        newest = flag_history(name=flag.name)[0]
        assert (newest.changed_by, newest.actor_kind, newest.reason) == (staff.pk, "staff", "asked by phone")
        with psycopg.connect(admin_url) as admin:
            kinds = admin.execute(
                "SELECT DISTINCT resource_type FROM audit_logs WHERE user_id = %s AND actor_kind = 'staff'",
                [staff.pk],
            ).fetchall()
        assert {("flags_flag_users",), ("flags_change",)} <= set(kinds)

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [({"reason": "  "}, "This field is required."), ({"reason": "\u200d"}, "A change of a flag needs a reason"),
         ({"percent": "100.5"}, "A percentage is from 0 to 100."), ({"percent": "0.125"}, "2 decimal places"),
         ({"kind": "release"}, "needs the day by which it is removed"),
         ({"starts_at_0": "2027-01-02", "starts_at_1": "00:00", "expires_at_0": "2027-01-01", "expires_at_1": "00:00"},
          "It must end after it begins."),
         ({"purpose": ""}, "This field is required.")],
    )  # fmt: skip
    def test_refuses_what_no_flag_is_with_a_sentence(self, desk, flag, fields, sentence):
        page = save(desk, flag, **({"everyone": "true"} | fields)).content.decode()

        assert sentence in page
        assert Flag.objects.get(pk=flag.pk).everyone is None

    def test_keeps_the_name_and_shows_what_was(self, desk, flag):
        save(desk, flag, name="another", everyone="true", reason="all of them have it")

        page = desk.get(reverse("admin:flags_flag_change", args=[flag.pk])).content.decode()
        assert Flag.objects.get(pk=flag.pk).name == flag.name
        assert "all of them have it" in page

    def test_adds_only_what_the_code_asks_for(self, desk, flag):
        before = Flag.objects.count()

        response = desk.post(reverse("admin:flags_flag_add"), form_of(flag, name="nobody_asks"))

        assert "Select a valid choice" in response.content.decode()
        assert Flag.objects.count() == before

    def test_removes_nothing(self, desk, flag):
        assert desk.get(reverse("admin:flags_flag_delete", args=[flag.pk])).status_code == 403

    def test_is_closed_to_customers(self, flag):
        browser = Client()
        browser.force_login(person_new())

        assert browser.get(reverse(LIST)).status_code == 302

    def test_shows_none_of_waffles_own_pages(self, desk):
        assert desk.get("/admin/waffle/flag/").status_code == 404


class TestActions:
    def do(self, desk, action, flag, **fields):
        form = {"action": action, "_selected_action": [str(flag.pk)]}
        return desk.post(reverse(LIST), form | {"reason": "it broke", "is_sure": "on"} | fields, follow=True)

    def test_turn_on_and_off_and_say_why(self, desk, flag):
        self.do(desk, "turn_on", flag)
        was_on = flag_is_on(name=flag.name, user=None)
        self.do(desk, "turn_off", flag)

        assert (was_on, flag_is_on(name=flag.name, user=None)) == (True, False)
        assert flag_history(name=flag.name)[0].reason == "it broke"
        assert "it broke" in LogEntry.objects.filter(object_id=str(flag.pk)).latest("id").change_message

    @pytest.mark.parametrize("missing", [{"reason": " "}, {"is_sure": ""}])
    def test_want_a_reason_and_a_confirmation(self, desk, flag, missing):
        response = self.do(desk, "turn_on", flag, **missing)

        assert "Nothing was done" in response.content.decode()
        assert flag_is_on(name=flag.name, user=None) is False

    @pytest.mark.parametrize("reason", ["it\tbroke", "x" * 501])
    def test_refuse_a_reason_that_is_not_kept_with_a_sentence(self, desk, flag, reason):
        response = self.do(desk, "turn_on", flag, reason=reason)

        assert response.status_code == 200
        assert "a reason has 1 to 500 characters on one line" in response.content.decode()
        assert flag_is_on(name=flag.name, user=None) is False

    def test_take_as_long_a_reason_as_a_change_keeps(self, desk, flag):
        self.do(desk, "turn_on", flag, reason="x" * REASON_MAX)

        assert flag_history(name=flag.name)[0].reason == "x" * REASON_MAX
