"""Refusals for want of a right: one entry each, though all else of the request was undone."""

from __future__ import annotations

import json
import uuid
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.urls import reverse

from audit import middleware
from audit.models import AuditLog
from rupaya.core.db import acting_as
from tests.accounts.phone import actor, person_new, session_new
from tests.accounts.test_admin import staff_new
from tests.ledger.desk import browser_of
from tests.support.cast import Person, member_add

pytestmark = pytest.mark.usefixtures("committed")


def refusals(person):
    """What the person may read of refusals, oldest first."""
    with acting_as(person.actor):
        return list(AuditLog.objects.filter(action="REFUSED").order_by("created_at", "id"))


def call(client, person, path, method="GET", **body):
    token = session_new(person.user).access_token
    return client.generic(
        method,
        path,
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}", "X-Request-ID": "request-403"},
    )


class TestRefusalRecordMiddleware:
    def test_tells_owners_of_a_member_without_the_right(self, client, asha, bala, admin_url):
        member_add(admin_url, book=asha.book, person=bala, role="viewer")

        answer = call(client, bala, f"/v1/books/{asha.book.pk}", "PATCH", name="Mine now")

        assert answer.status_code == 403
        (entry,) = refusals(asha)
        assert entry.user_id == bala.id
        assert entry.book_id == asha.book.pk
        assert (entry.resource_type, entry.resource_id) == ("request", "PATCH /v1/books/<uuid:book_id>")
        assert entry.changes == {"code": "book_read_only", "book_id": str(asha.book.pk)}
        assert (entry.actor_kind, entry.request_id) == ("user", "request-403")

    def test_tells_the_stranger_alone_and_not_the_book(self, client, asha, chitra):
        answer = call(client, chitra, f"/v1/books/{asha.book.pk}")

        assert answer.status_code == 404
        assert refusals(asha) == []
        (entry,) = refusals(chitra)
        assert entry.book_id is None
        assert entry.changes == {"code": "book_not_found", "book_id": str(asha.book.pk)}

    def test_tells_of_a_page_as_of_the_api(self, asha, admin_url):
        viewer = Person(person_new(), asha.book)
        member_add(admin_url, book=asha.book, person=viewer, role="viewer")

        answer = browser_of(viewer).get("/transactions/new")

        assert answer.status_code == 403
        (entry,) = refusals(asha)
        assert (entry.user_id, entry.resource_id) == (viewer.id, "GET /transactions/new")

    def test_tells_the_same_once_a_minute(self, client, asha, chitra):
        for _ in range(3):
            call(client, chitra, f"/v1/books/{asha.book.pk}")

        assert len(refusals(chitra)) == 1

    def test_tells_of_each_book_that_was_tried(self, client, asha, chitra):
        invented = uuid.uuid4()

        for book_id in (invented, asha.book.pk):
            assert call(client, chitra, f"/v1/books/{book_id}").status_code == 404

        assert [entry.changes["book_id"] for entry in refusals(chitra)] == [str(invented), str(asha.book.pk)]

    def test_says_nothing_of_what_is_simply_not_there(self, client, asha):
        answer = call(client, asha, f"/v1/transactions/{uuid.uuid4()}")

        assert answer.status_code == 404
        assert refusals(asha) == []

    def test_says_nothing_of_somebody_who_is_not_signed_in(self, client, asha, admin_url):
        assert client.get(f"/v1/books/{asha.book.pk}").status_code == 401

        assert refusals(asha) == []

    def test_says_that_it_was_staff_in_the_admin(self, client, admin_url):
        staff = staff_new()
        client.force_login(staff)

        answer = client.get(reverse("admin:auth_group_changelist"))

        assert answer.status_code == 403
        entry = refusals(SimpleNamespace(actor=actor(staff.pk)))[-1]
        assert (entry.actor_kind, entry.resource_id) == ("staff", "GET /admin/auth/group/")

    def test_leaves_the_answer_as_it_is_where_the_log_is_away(self, client, asha, chitra, monkeypatch):
        def away(*args):
            raise OperationalError

        monkeypatch.setattr(middleware, "_record", away)

        assert call(client, chitra, f"/v1/books/{asha.book.pk}").status_code == 404

    def test_costs_a_request_that_is_answered_nothing(self, client, asha, monkeypatch):
        monkeypatch.setattr(middleware, "_record", lambda *_: pytest.fail("recorded"))

        assert call(client, asha, f"/v1/books/{asha.book.pk}").status_code == 200
        assert client.get(f"/v1/books/{uuid.uuid4()}").status_code == 401
