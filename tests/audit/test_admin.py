"""The log as staff read it."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from audit.admin import COUNTED_MAX, BoundedPaginator
from audit.models import AuditLog
from rupaya.core import clock
from rupaya.core.db import acting_as
from tests.accounts.test_admin import staff_new
from tests.audit.test_views import renamed
from tests.ledger.desk import record

LIST = "/admin/audit/auditlog/"


def log_reader():
    user = staff_new()
    right = Permission.objects.using("owner").get(codename="view_auditlog")
    User.objects.using("owner").get(pk=user.pk).user_permissions.add(right)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def desk(committed):
    """The browser of staff who may read the log."""
    browser = Client()
    browser.force_login(log_reader())
    return browser


def found(desk, **query):
    response = desk.get(LIST, query)
    assert response.status_code == 200, response
    return response.content.decode()


def looks_at(person):
    """What the person may read of who looked at them."""
    with acting_as(person.actor):
        entries = AuditLog.objects.filter(action="PERSON_READ", about_id=person.id)
        return [(entry.actor_kind, entry.resource_id, entry.changes) for entry in entries]


class TestAuditLogAdmin:
    @pytest.mark.parametrize("by", ["email", "id", "row", "request"])
    def test_finds_what_somebody_did(self, desk, asha, by):
        account = renamed(asha, f"Purse {asha.id}")
        terms = {"email": asha.user.email, "id": asha.id, "row": account.pk, "request": "request-77"}

        page = found(desk, q=str(terms[by]))

        assert f"Purse {asha.id}" in page
        assert "Asha Rao (user)" in page

    def test_says_when_to_the_second_and_how_many_of_nothing(self, desk, asha):
        page = found(desk, q=str(asha.id))

        assert f"{clock.now().astimezone(clock.INDIA):%d %b %Y}, " in page
        assert re.search(r"\d\d:\d\d:\d\d</a>", page)
        assert "Show counts" not in page
        assert "results (" not in page

    def test_shows_what_was_said_of_an_event(self, desk, asha):
        found(desk, q=asha.user.email)
        with acting_as(asha.actor):
            entry = AuditLog.objects.get(action="PERSON_READ", about_id=asha.id)

        page = desk.get(reverse("admin:audit_auditlog_change", args=[entry.pk])).content.decode()

        assert "<tr><th>where</th><td>audit log</td></tr>" in page
        assert f"Person Read: accounts_user {asha.id}" in page

    def test_finds_nothing_of_nobody(self, desk, asha):
        renamed(asha, f"Purse {asha.id}")

        for term in ("nobody@example.in", "no such request"):
            page = found(desk, q=term)
            assert "0 log" in page, page

    def test_narrows_by_table_action_and_day(self, desk, asha):
        record(asha)
        renamed(asha, f"Purse {asha.id}")

        assert f"Purse {asha.id}" in found(desk, q=str(asha.id), table="ledger_account")
        assert f"Purse {asha.id}" not in found(desk, q=str(asha.id), table="ledger_transaction")
        assert f"Purse {asha.id}" not in found(desk, q=str(asha.id), action__exact="DELETE")
        today = clock.today()
        assert f"Purse {asha.id}" not in found(desk, q=str(asha.id), until=str(today - dt.timedelta(days=3)))

    def test_refuses_a_day_that_is_none(self, desk):
        assert desk.get(LIST, {"since": "yesterday"}).status_code == 302

    def test_shows_one_entry_with_its_changes(self, desk, asha):
        account = renamed(asha, "Purse <b>")
        with acting_as(asha.actor):
            entry = AuditLog.objects.get(resource_id=str(account.pk), action="UPDATE")

        page = desk.get(reverse("admin:audit_auditlog_change", args=[entry.pk])).content.decode()

        assert "<tr><th>name</th><td>Cash</td><td>Purse &lt;b&gt;</td></tr>" in page
        assert "203.0.113.77" in page
        assert 'name="_save"' not in page

    def test_never_counts_the_log(self, desk, asha):
        with CaptureQueriesContext(connection) as queries:
            found(desk)

        of_log = [query["sql"] for query in queries if '"audit_logs"' in query["sql"]]
        assert of_log
        assert all("COUNT(" not in sql and "LIMIT" in sql for sql in of_log), of_log

    @pytest.mark.parametrize("by", ["email", "id"])
    def test_records_that_a_person_was_looked_up(self, desk, asha, by):
        found(desk, q=str({"email": asha.user.email, "id": asha.id}[by]))

        assert looks_at(asha) == [("staff", str(asha.id), {"where": "audit log"})]

    def test_records_whom_an_entry_names_that_was_opened(self, desk, asha, bala):
        account = renamed(asha, "Purse")
        with acting_as(asha.actor):
            entry = AuditLog.objects.get(resource_id=str(account.pk), action="UPDATE")

        assert desk.get(f"{LIST}{entry.pk}/change/").status_code == 200

        assert looks_at(asha) == [("staff", str(asha.id), {"where": "audit entry"})]
        assert looks_at(bala) == []

    def test_records_no_look_at_a_row_that_is_no_person(self, desk, asha):
        found(desk, q=str(asha.account("Cash").pk))

        assert looks_at(asha) == []

    @pytest.mark.parametrize(
        "query",
        [
            {"ip_address": "x"},
            {"changes__icontains": "Purse"},
            {"user_id": "0198d0a0-0000-7000-8000-000000000000"},
            {"about_id__isnull": "0"},
            {"action__contains": "S"},
        ],
    )
    def test_refuses_what_no_filter_asks(self, desk, query):
        assert desk.get(LIST, query).status_code == 400

    @pytest.mark.parametrize("name", ["q", "table", "action__exact", "since"])
    def test_survives_what_no_text_of_ours_holds(self, desk, name):
        assert desk.get(LIST, {name: "a\x00b"}).status_code < 500

    def test_takes_no_change(self, desk, asha):
        account = renamed(asha, "Purse")
        with acting_as(asha.actor):
            entry = AuditLog.objects.get(resource_id=str(account.pk), action="UPDATE")

        assert desk.get(f"{LIST}add/").status_code == 403
        assert desk.post(f"{LIST}{entry.pk}/change/", {"action": "DELETE"}).status_code == 403
        assert desk.post(f"{LIST}{entry.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_is_for_staff_with_the_right(self, committed, asha):
        others = Client()
        others.force_login(staff_new())
        strangers = Client()
        strangers.force_login(asha.user)

        assert others.get(LIST).status_code == 403
        assert strangers.get(LIST).status_code == 302


class TestBoundedPaginator:
    def test_counts_a_thousand_at_most(self):
        assert BoundedPaginator(range(10**9), 50).count == COUNTED_MAX
