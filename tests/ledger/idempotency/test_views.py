"""The same request again, as a phone on a bad network sends it."""

from __future__ import annotations

import datetime as dt
import json

import psycopg
import pytest
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate

from ledger.books.services import book_start, member_remove, member_role_set, period_close
from ledger.idempotency import views
from ledger.idempotency.views import once
from rupaya.core.api import ApiView
from rupaya.core.db import acting_as
from tests.ledger.desk import TOMORROW, Api, counts, guest_make, refused
from tests.ledger.idempotency.keys import GROCERIES, WISHES, Phone, keys_of, told, wish_of
from tests.ledger.statements.writers import chained, hdfc_file
from tests.support.cast import member_add
from tests.support.contract import DOCUMENT

REPLAYED = "Idempotency-Replayed"
SECRET, ALIKE, NO_MONEY = "its answer is a secret", "the same file gives the same answer", "no money moves"
# The POSTs that take no key, and why they need none.
NEEDS_NONE = {
    "/auth/login": SECRET,
    "/auth/logout": SECRET,
    "/auth/refresh": SECRET,
    "/auth/signup": SECRET,
    "/statements": ALIKE,
    "/transactions/{transaction_id}/attachments": ALIKE,
    "/accounts/{account_id}/close": NO_MONEY,
    "/accounts/{account_id}/reopen": NO_MONEY,
    "/books": NO_MONEY,
    "/books/{book_id}/invitations": NO_MONEY,
    "/books/{book_id}/ownership": NO_MONEY,
    "/categories": NO_MONEY,
    "/categories/{category_id}/close": NO_MONEY,
    "/categories/{category_id}/reopen": NO_MONEY,
    "/invitations/accept": NO_MONEY,
}
MARCH = json.dumps(json.loads(GROCERIES) | {"date": "2026-03-31"})


@pytest.fixture
def phone(asha):
    return Phone(asha)


def transactions(person):
    return counts(person)["ledger_transaction"]


class TestOnce:
    def test_answers_a_repeat_with_the_first_answer_byte_for_byte(self, phone, asha):
        first, second, third = (phone.post("wish-1") for _ in range(3))

        assert first.status_code == 201
        assert REPLAYED not in first
        assert told(first) == told(second) == told(third)
        assert second[REPLAYED] == third[REPLAYED] == "true"
        assert second["X-Request-ID"] != first["X-Request-ID"]
        assert transactions(asha) == 1

    def test_keeps_nothing_and_posts_twice_without_a_key(self, phone, asha):
        first, second = phone.post(), phone.post()

        assert first.json()["id"] != second.json()["id"]
        assert REPLAYED not in second
        assert (transactions(asha), keys_of(asha)) == (2, [])

    def test_keeps_the_answer_and_no_more_than_a_hash_of_the_question(self, phone, asha):
        response = phone.post("wish-1")

        (row,) = keys_of(asha)
        assert bytes(row.body) == response.content
        kept = {name: response[name] for name in ("Content-Type", "ETag", "Location")}
        kept["Book"] = str(asha.book.pk)
        assert (row.key, row.status, row.headers) == ("wish-1", 201, kept)
        assert len(row.fingerprint) == 32

    def test_takes_another_key_for_another_wish(self, phone, asha):
        assert phone.post("wish-1").json()["id"] != phone.post("wish-2").json()["id"]
        assert transactions(asha) == 2

    @pytest.mark.parametrize(
        ("body", "path"),
        [
            (GROCERIES.replace("500", "501"), "transactions"),
            (GROCERIES + " ", "transactions"),
            (GROCERIES, "transactions?book_id={book}"),
            (GROCERIES, "statements/019ab1c2-0000-7000-8000-0123456789ab/confirm"),
            ("{", "transactions"),
        ],
        ids=["amount", "white space", "book", "address", "no JSON"],
    )
    def test_refuses_the_key_for_another_request(self, phone, asha, body, path):
        first = phone.post("wish-1")

        refused(
            phone.post("wish-1", body=body, path=path.format(book=asha.book.pk)),
            422,
            "idempotency_key_reused",
        )

        assert transactions(asha) == 1
        assert told(phone.post("wish-1")) == told(first)

    @pytest.mark.parametrize("key", ["", "two words", "k" * 256, "caf\xe9", "a\tb"])
    def test_refuses_a_key_that_is_none_and_writes_nothing(self, phone, asha, key):
        refused(phone.post(key), 400, "idempotency_key_invalid")

        assert (transactions(asha), keys_of(asha)) == (0, [])

    @pytest.mark.parametrize(
        "key", ["k" * 255, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "019ab1c2-0000-7000-8000-0123456789ab"]
    )
    def test_takes_any_visible_key(self, phone, key):
        assert phone.post(key).status_code == 201
        assert phone.post(key)[REPLAYED] == "true"

    def test_leaves_the_key_free_after_a_refusal(self, phone, asha):
        refused(phone.post("wish-1", body=GROCERIES.replace("500", "-1")), 400, "invalid")
        refused(phone.post("wish-1", body="{"), 400, "body_unreadable")
        refused(phone.post("wish-1", body=f'{{"x": "{"y" * 1024 * 1024}"}}'), 413, "body_too_large")
        refused(phone.post("wish-1", body=f'{{"x": "{"y" * 6 * 1024 * 1024}"}}'), 413, "body_too_large")
        assert keys_of(asha) == []

        response = phone.post("wish-1")

        assert response.status_code == 201
        assert REPLAYED not in response
        assert transactions(asha) == 1

    def test_leaves_the_key_free_after_a_rule_of_the_book_refused(self, phone, asha):
        with acting_as(asha.actor):
            period_close(book=asha.book, until=dt.date(2026, 3, 31), today=TOMORROW)

        refused(phone.post("wish-1", body=MARCH), 422, "period_closed")
        refused(phone.post("wish-1", body=MARCH), 422, "period_closed")

        assert keys_of(asha) == []

    def test_leaves_the_key_free_after_a_fault_of_ours(self, committed, phone, asha, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(views, "key_answer", lambda **_: 1 / 0)
            refused(phone.post("wish-1"), 500, "internal_error")
        assert (transactions(asha), keys_of(asha)) == (0, [])

        assert phone.post("wish-1").status_code == 201

    def test_answers_a_repeat_as_it_was_when_the_world_has_moved_on(self, phone, asha):
        first = phone.post("wish-1", body=MARCH)
        with acting_as(asha.actor):
            period_close(book=asha.book, until=dt.date(2026, 3, 31), today=TOMORROW)

        again = phone.post("wish-1", body=MARCH)

        assert told(again) == told(first)

    def test_takes_the_same_key_of_two_people_for_two(self, phone, asha, bala):
        mine, theirs = phone.post("wish-1"), Phone(bala).post("wish-1")

        assert REPLAYED not in theirs
        assert mine.json()["id"] != theirs.json()["id"]
        assert (transactions(asha), transactions(bala)) == (1, 1)

    def test_gives_a_stranger_no_answer_of_anothers(self, committed, phone, asha, chitra):
        path = f"transactions?book_id={asha.book.pk}"
        phone.post("wish-1", path=path)

        refused(Phone(chitra).post("wish-1", path=path), 404, "book_not_found")
        assert keys_of(chitra) == []

    def test_keeps_nothing_for_a_viewer(self, committed, asha, admin_url):
        guest = guest_make(admin_url, book=asha.book, role="viewer")

        refused(Phone(guest).post("wish-1"), 403, "book_read_only")
        assert keys_of(guest) == []

    @pytest.mark.parametrize("path", ["transactions", "transactions?book_id={book}"], ids=["first", "named"])
    def test_answers_a_repeat_for_who_may_still_read_and_nobody_else(self, committed, asha, admin_url, path):
        guest, path = guest_make(admin_url, book=asha.book, role="editor"), path.format(book=asha.book.pk)
        phone = Phone(guest)
        first = phone.post("wish-1", path=path)

        with acting_as(asha.actor):
            member_role_set(book=asha.book, user_id=guest.id, role="viewer")
        as_viewer = phone.post("wish-1", path=path)
        with acting_as(asha.actor):
            member_remove(book=asha.book, user_id=guest.id)
        with acting_as(guest.actor):
            book_start(name="A book of the guest's own")  # is the first now
        removed = phone.post("wish-1", path=path)

        assert told(as_viewer) == told(first)
        refused(removed, 404, "book_not_found")
        assert transactions(asha) == 1

    def test_asks_for_the_named_book_where_the_release_before_kept_none(
        self, committed, asha, chitra, admin_url
    ):
        phone, path = Phone(chitra), f"transactions?book_id={asha.book.pk}"
        member_add(admin_url, book=asha.book, person=chitra, role="editor")
        assert phone.post("wish-1", path=path).status_code == 201
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("ALTER TABLE ledger_idempotency_key DISABLE TRIGGER USER")
            admin.execute(
                "UPDATE ledger_idempotency_key SET headers = headers - 'Book' WHERE user_id = %s", [chitra.id]
            )
            admin.execute("ALTER TABLE ledger_idempotency_key ENABLE TRIGGER USER")

        again = phone.post("wish-1", path=path)
        with acting_as(asha.actor):
            member_remove(book=asha.book, user_id=chitra.id)
        removed = phone.post("wish-1", path=path)

        assert again[REPLAYED] == "true"
        refused(removed, 404, "book_not_found")

    def test_wants_somebody_signed_in_before_it_looks_at_the_key(self, client):
        response = client.post("/v1/transactions", GROCERIES, content_type="application/json",
                               headers={"Idempotency-Key": "two words"})  # fmt: skip

        refused(response, 401, "not_authenticated")

    def test_takes_two_queries_more_and_two_and_a_transaction_for_a_repeat(
        self, phone, django_assert_num_queries
    ):
        with django_assert_num_queries(9 + 2):
            phone.post("wish-1")
        with django_assert_num_queries(4 + 3):  # the test's own transaction makes three of savepoints
            phone.post("wish-1")


class TestMovesMoney:
    """Every other POST that moves money."""

    def test_takes_a_key_wherever_a_post_does(self):
        named = {
            path: {parameter["name"] for parameter in methods["post"].get("parameters", ())}
            for path, methods in DOCUMENT["paths"].items()
            if "post" in methods
        }

        assert {path for path, names in named.items() if "Idempotency-Key" not in names} == NEEDS_NONE.keys()

    @pytest.mark.parametrize("name", WISHES)
    def test_is_done_once(self, phone, asha, name):
        path, body = wish_of(asha, name)
        before = counts(asha)

        first = phone.post("wish-1", path=path, body=body)
        moved = counts(asha)
        second = phone.post("wish-1", path=path, body=body)

        assert first.status_code in {200, 201}, first.content
        assert moved != before
        assert (told(second), second[REPLAYED]) == (told(first), "true")
        assert counts(asha) == moved

    @pytest.mark.parametrize("name", WISHES)
    def test_refuses_the_key_for_another_body(self, phone, asha, name):
        path, body = wish_of(asha, name)
        phone.post("wish-1", path=path, body=body)
        moved = counts(asha)

        refused(phone.post("wish-1", path=path, body=body + " "), 422, "idempotency_key_reused")

        assert counts(asha) == moved

    @pytest.mark.parametrize("name", WISHES)
    def test_leaves_the_key_free_after_a_refusal(self, phone, asha, name):
        path, body = wish_of(asha, name)

        assert phone.post("wish-1", path=path, body="{}").status_code == 400

        assert keys_of(asha) == []
        assert phone.post("wish-1", path=path, body=body).status_code in {200, 201}


class TestOnceOnAnyView:
    """What the ledger's own views do not answer today."""

    @pytest.fixture
    def ask(self, asha):
        def asked(response, key="wish-1"):
            class Answering(ApiView):
                @once
                def post(self, request):
                    return response

            request = APIRequestFactory().post("/v1/x", {}, format="json", headers={"Idempotency-Key": key})
            force_authenticate(request, asha.user)
            return Answering.as_view()(request).render()

        return asked

    def test_keeps_the_headers_that_belong_to_the_answer_and_no_others(self, ask, asha):
        headers = {"Location": "/v1/x/1", "ETag": '"a"', "Set-Cookie": "secret=1", "X-Other": "x"}

        first = ask(Response({"id": 1}, status=201, headers=headers))
        second = ask(Response({"id": 2}))

        assert told(first) == told(second)
        assert second["Location"] == "/v1/x/1"
        assert {"Set-Cookie", "X-Other"}.isdisjoint(second.headers)
        assert keys_of(asha)[0].headers.keys() == {"Content-Type", "Location", "ETag"}

    def test_keeps_an_answer_without_a_body(self, ask):
        first, second = ask(Response(status=204)), ask(Response({"id": 2}))

        assert (
            told(first) == told(second) == (204, b"", {"Content-Type": None, "Location": None, "ETag": None})
        )

    def test_keeps_another_kind_of_content(self, ask):
        first = ask(Response(b"a,b", content_type="text/csv"))

        assert told(ask(Response({}))) == told(first)
        assert first["Content-Type"] == "text/csv"

    @pytest.mark.parametrize("status", [304, 404, 500])
    def test_undoes_what_a_view_did_that_returned_a_refusal(self, ask, asha, status):
        assert ask(Response({}, status=status)).status_code == status

        assert keys_of(asha) == []
        assert ask(Response({"id": 2})).content == b'{"id":2}'


class TestStatementConfirmation:
    def test_is_done_once(self, phone, asha):
        draft = Api(asha).upload("statements", hdfc_file(chained(-5000)), account_name="HDFC savings").json()
        path = f"statements/{draft['id']}/confirm"

        first, second = (phone.post("wish-1", body="{}", path=path) for _ in range(2))

        assert first.status_code == 200, first.content
        assert told(first) == told(second)
        assert second["Idempotency-Replayed"] == "true"
        refused(phone.post("wish-2", body="{}", path=path), 409, "statement_posted")
