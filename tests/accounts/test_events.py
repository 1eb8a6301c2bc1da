"""What the audit log is told of people beside their data, through the real doors."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services import login_fail_record
from audit.models import AuditLog
from rupaya.core import clock
from rupaya.core.db import Actor, acting_as
from tests.accounts.phone import PASSWORD, actor, address_new, person_new, session_new, sessions_of
from tests.accounts.test_admin import do, staff_new
from tests.architecture.database import ask

DATA = ("INSERT", "UPDATE", "DELETE")

pytestmark = pytest.mark.usefixtures("committed")


def events(person):
    """What the person may read beside changes of data: (action, who, kind), oldest first."""
    with acting_as(actor(person.pk)):  # staff see those of everybody
        found = AuditLog.objects.exclude(action__in=DATA).order_by("created_at", "id")
        found = found.filter(Q(user_id=person.pk) | Q(about_id=person.pk))
        return list(found.values_list("action", "user_id", "actor_kind"))


class TestPhone:
    def test_signs_up_in_and_out(self, phone):
        email = address_new()
        phone.signup(email=email)
        signed_in = phone.post("auth/login", {"email": email, "password": PASSWORD}).json()
        phone.post("auth/logout", token=signed_in["access_token"])
        phone.post("auth/logout", token=signed_in["access_token"])  # twice is no second time

        told = events(User(pk=signed_in["user"]["id"]))
        assert [event[0] for event in told] == ["SIGN_UP", "SIGN_IN", "SIGN_OUT"]

    def test_tells_the_person_of_a_wrong_password(self, phone):
        person = person_new()

        phone.post("auth/login", {"email": person.email.upper(), "password": "not this one"})

        assert events(person) == [("SIGN_IN_FAILED", None, "user")]

    def test_tells_of_each_refresh_and_of_a_replay(self, phone):
        person = person_new()
        first = session_new(person)
        with time_machine.travel(clock.now() + dt.timedelta(seconds=1)):
            second = phone.post("auth/refresh", {"refresh_token": first.refresh_token}).json()
        with time_machine.travel(clock.now() + dt.timedelta(minutes=5)):
            phone.post("auth/refresh", {"refresh_token": second["refresh_token"]})
            refused = phone.post("auth/refresh", {"refresh_token": first.refresh_token})

        assert refused.status_code == 401
        assert sessions_of(person.pk)[0].revoked_reason == "replay"
        assert [event[0] for event in events(person)] == ["TOKEN_USED", "TOKEN_USED", "REFRESH_REPLAYED"]

    def test_of_an_attempt_over_the_limit_tells_nothing_more(self, phone, promised_limits):
        person = person_new()

        for _ in range(8):
            last = phone.post("auth/login", {"email": person.email, "password": "not this one"})

        assert last.status_code == 429
        assert len(events(person)) == 5


class TestBrowser:
    def test_signs_in_and_out(self, client):
        person = person_new()

        client.post(reverse("login"), {"email": person.email, "password": "not this one"})
        client.post(reverse("login"), {"email": person.email, "password": PASSWORD})
        client.post(reverse("logout"))
        client.post(reverse("logout"))  # nobody

        assert [event[:2] for event in events(person)] == [
            ("SIGN_IN_FAILED", None),
            ("SIGN_IN", person.pk),
            ("SIGN_OUT", person.pk),
        ]


class TestLoginFailRecord:
    def test_keeps_no_address_that_nobody_has(self, admin_url):
        email = address_new("nobody-here")

        with acting_as(Actor(user_id=None, kind="user", request_id=email)):
            login_fail_record(email=email)
            login_fail_record(email=f" {email.upper()}")

        rows = ask(
            admin_url,
            "SELECT resource_id, about_id, changes::text FROM audit_logs WHERE request_id = %s",
            email,
        )
        assert len(rows) == 2
        assert len({row[0] for row in rows}) == 1  # the same address, however it is typed
        assert rows[0][1:] == (None, "{}")
        assert "nobody" not in rows[0][0]

    def test_asks_as_often_whoever_has_the_address(self, django_assert_num_queries):
        for email in (address_new("nobody"), person_new().email):
            with acting_as(Actor(user_id=None, kind="user")), django_assert_num_queries(2):
                login_fail_record(email=email)


class TestAdmin:
    def test_signs_staff_in(self, client):
        staff = staff_new()
        url = reverse("admin:login")

        client.post(url, {"username": staff.email, "password": "not this one"})
        client.post(url, {"username": staff.email, "password": PASSWORD})

        assert events(staff) == [("SIGN_IN_FAILED", None, "user"), ("SIGN_IN", staff.pk, "staff")]

    def test_takes_a_wrong_password_from_somebody_who_is_signed_in_as_another(self):
        person, staff = person_new(), staff_new()
        browser = Client()
        browser.force_login(person)

        answer = browser.post(reverse("admin:login"), {"username": staff.email, "password": "not this one"})

        assert answer.status_code == 200
        assert events(staff) == [("SIGN_IN_FAILED", None, "user")]

    def test_signs_staff_out(self, client):
        staff = staff_new()
        client.force_login(staff)

        client.post(reverse("admin:logout"))

        assert events(staff)[-1] == ("SIGN_OUT", staff.pk, "user")
        assert client.get(reverse("admin:index")).status_code == 302

    @pytest.mark.parametrize(("view", "page"), [("change", "page"), ("history", "history")])
    def test_tells_a_person_who_of_staff_looked_at_them(self, client, view, page):
        staff, person = staff_new(), person_new()
        client.force_login(staff)

        answer = client.get(reverse(f"admin:accounts_user_{view}", args=[person.pk]))

        assert answer.status_code == 200
        assert events(person) == [("PERSON_READ", staff.pk, "staff")]
        with acting_as(actor(person.pk)):
            assert AuditLog.objects.get(action="PERSON_READ").changes == {"page": page}

    def test_tells_nobody_of_a_look_at_nobody(self, client):
        staff = staff_new()
        client.force_login(staff)

        client.get(reverse("admin:accounts_user_change", args=["11111111-1111-4111-8111-111111111111"]))

        assert "PERSON_READ" not in [event[0] for event in events(person_new())]

    def test_tells_a_person_what_staff_did_to_them_and_why(self, client):
        staff, person = staff_new(), person_new()
        client.force_login(staff)

        do(client, "deactivate", [person], reason="asked by phone")

        with acting_as(actor(person.pk)):
            act = AuditLog.objects.get(action="STAFF_ACTED")
            change = AuditLog.objects.get(
                resource_id=str(person.pk), changes__has_key="is_active", user_id=staff.pk
            )
        assert act.changes == {"act": "Deactivated", "reason": "asked by phone"}
        assert change.changes["is_active"] == [True, False]
        assert (act.about_id, change.about_id) == (person.pk, person.pk)
