from __future__ import annotations

import datetime as dt
import re

import pytest

from ledger.books.services import period_close
from ledger.statements.parsers.text import FILE_BYTES_MAX
from rupaya.core.db import acting_as
from tests.ledger.desk import TOMORROW, Api, balance, counts, guest_make, record, refused
from tests.ledger.statements.writers import chained, hdfc_file, line, sbi_file

ROWS = chained(-5000, 20000, -100, opening=100000)
APRIL_1 = dt.date(2026, 4, 1)


@pytest.fixture
def api(asha):
    return Api(asha)


def upload(api, data, **fields):
    return api.upload("statements", data, **({"account_name": "SBI savings"} | fields))


def drafted(api, data=None):
    response = upload(api, hdfc_file(ROWS) if data is None else data)
    assert response.status_code == 201, response.content
    return response.json()


class TestStatementCollection:
    @pytest.mark.parametrize("write", [hdfc_file, sbi_file])
    def test_reads_a_file_into_a_draft(self, api, asha, write):
        body = drafted(api, write(ROWS))

        assert body["status"] == "draft"
        assert (body["opening"], body["closing"], body["closing_minor"]) == (1000, 1149, 114900)
        assert (body["money_in"], body["money_out"], body["currency"]) == (200, 51, "INR")
        assert (body["new_count"], body["known_count"], body["difference_minor"]) == (3, 0, 0)
        assert body["account"] == "SBI savings"
        assert counts(asha)["ledger_posting"] == 0

    def test_takes_the_account_by_id(self, api, asha):
        account = asha.account("Savings account")

        response = api.upload("statements", hdfc_file(ROWS), account_id=str(account.pk))

        assert response.json()["account_id"] == str(account.pk)

    def test_keeps_the_banks_row_as_it_is_and_describes_it_in_one_spelling(self, api):
        rows = [line(narration="UPI/DR/123456789012/CAFE\u0301/SBIN/x/NA", amount=-10000, balance=90000)]
        first = drafted(api, sbi_file(rows))
        api.post(f"statements/{first['id']}/confirm")

        again = upload(
            api, sbi_file([*rows, line(2, amount=-100, balance=89900)]), account_name="sbi savings"
        )
        (known, _) = api.get(f"statements/{again.json()['id']}/lines").json()["results"]
        (found,) = api.get("transactions", q="café", account_id=first["account_id"]).json()["results"]

        assert (known["narration"], known["description"]) == (
            "UPI/DR/123456789012/CAFE\u0301/SBIN/x/NA",
            "CAFÉ",
        )
        assert known["is_known"] is True
        assert found["description"] == "CAFÉ"

    def test_finds_its_account_in_either_spelling_of_the_name(self, api):
        first = upload(api, hdfc_file(ROWS), account_name="Cafe\u0301 savings").json()
        second = upload(api, sbi_file(ROWS), account_name="Café savings").json()

        assert (first["account"], second["account_id"]) == ("Café savings", first["account_id"])

    def test_lists_the_latest_first(self, api):
        first = drafted(api)
        second = drafted(api, sbi_file(ROWS))

        body = api.get("statements").json()

        assert [item["id"] for item in body["results"]] == [second["id"], first["id"]]
        assert (body["next"], body["previous"]) == (None, None)

    def test_answers_a_file_that_is_in_the_books_with_200_and_adds_nothing(self, api, asha):
        draft = drafted(api)
        api.post(f"statements/{draft['id']}/confirm")
        before = counts(asha)

        response = upload(api, hdfc_file(ROWS))

        assert (response.status_code, response.json()["id"]) == (200, draft["id"])
        assert response.json()["status"] == "posted"
        assert counts(asha) == before

    def test_names_line_and_reason_of_a_broken_file_and_keeps_nothing(self, api, asha):
        before = counts(asha)
        data = hdfc_file([ROWS[0], line(2, amount=1, balance=1)])

        body = refused(upload(api, data), 422, "statement_refused", "lines.4.balance")

        assert body["error"].startswith("Line 4: The balance after this row should be ₹950.01")
        assert counts(asha) == before

    @pytest.mark.parametrize(
        "data", [b"", b"\x00\xff\xfe" * 99, b"%PDF-1.7"],
        ids=["empty", "binary", "pdf"],
    )  # fmt: skip
    def test_refuses_what_is_no_statement(self, api, asha, data):
        before = counts(asha)

        refused(upload(api, data), 422, "statement_unreadable")

        assert counts(asha) == before

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"account_name": "", "account_id": ""}, "account_name"),
            ({"account_id": "x"}, "account_id"),
            ({"account_name": "x" * 81}, "account_name"),
            ({"colour": "red"}, "colour"),
            ({"file": "no file"}, "file"),
        ],
    )
    def test_names_the_wrong_field(self, api, asha, fields, wrong):
        before = counts(asha)

        response = api.client.post("/v1/statements", {"account_name": "SBI", "file": "no file"} | fields)

        assert response.status_code == 400
        assert wrong in [error["field"] for error in response.json()["errors"]]
        assert counts(asha) == before

    def test_refuses_an_account_that_is_not_the_books(self, api, chitra):
        foreign = str(chitra.account("Cash").pk)

        refused(
            api.upload("statements", hdfc_file(ROWS), account_id=foreign),
            400,
            "account_unknown",
            "account_id",
        )

    @pytest.mark.parametrize("size", [FILE_BYTES_MAX + 1, 11 * 1024 * 1024 - 999, 11 * 1024 * 1024 + 1])
    def test_tells_the_limit_of_a_file_whether_or_not_it_arrives(self, api, asha, size):
        before = counts(asha)

        response = upload(api, b"x" * size)

        assert " 5 MB" in refused(response, 413, "body_too_large")["error"]
        assert counts(asha) == before

    def test_takes_the_largest_there_may_be_to_be_read(self, api):
        refused(upload(api, b"x" * FILE_BYTES_MAX), 422, "statement_unreadable")

    def test_refuses_an_account_that_no_bank_keeps(self, api):
        refused(
            upload(api, hdfc_file(ROWS), account_name="credit CARD"),
            400,
            "account_takes_no_statement",
            "account_id",
        )

    def test_refuses_json(self, api):
        refused(api.post("statements", {}), 415, "unsupported_media_type")


class TestStatementConfirmation:
    def test_ends_at_the_banks_closing_balance(self, api, asha):
        draft = drafted(api)

        response = api.post(f"statements/{draft['id']}/confirm")

        body = response.json()
        assert (response.status_code, body["status"], body["new_count"], body["known_count"]) == (
            200,
            "posted",
            3,
            0,
        )
        assert (body["difference_minor"], body["balance_after_minor"]) == (0, 114900)
        assert balance(asha, "SBI savings", APRIL_1) == 114900

    def test_refuses_to_do_it_twice(self, api, asha):
        draft = drafted(api)
        api.post(f"statements/{draft['id']}/confirm")
        before = counts(asha)

        refused(api.post(f"statements/{draft['id']}/confirm"), 409, "statement_posted")

        assert counts(asha) == before

    def test_asks_before_it_records_a_difference(self, api, asha):
        draft = drafted(api)
        record(asha, minor=7700, on=APRIL_1, account_id=asha.account("SBI savings").pk)
        before = counts(asha)

        body = refused(api.post(f"statements/{draft['id']}/confirm"), 422, "balance_differs")
        assert "₹77 is missing" in body["error"]
        assert counts(asha) == before
        agreed = api.post(f"statements/{draft['id']}/confirm", {"adjust": True})

        assert agreed.status_code == 200
        assert balance(asha, "SBI savings", APRIL_1) == 114900

    def test_refuses_a_closed_period(self, api, asha):
        draft = drafted(api)
        with acting_as(asha.actor):
            period_close(book=asha.book, until=APRIL_1, today=TOMORROW)

        refused(api.post(f"statements/{draft['id']}/confirm"), 422, "period_closed")

    @pytest.mark.parametrize(
        "body",
        [{"adjust": "perhaps"}, {"adjust": "yes"}, {"adjust": "true"}, {"adjust": 1}, {"adjust": 0}, {"adjust": ""},
         {"adjust": None}, {"adjust": [True]}, {"force": True}],
    )  # fmt: skip
    def test_names_the_wrong_field(self, api, body):
        draft = drafted(api)

        refused(api.post(f"statements/{draft['id']}/confirm", body), 400, "invalid", next(iter(body)))


class TestStatementResource:
    def test_forgets_a_draft(self, api, asha):
        draft = drafted(api)

        response = api.delete(f"statements/{draft['id']}")

        assert response.status_code == 204
        refused(api.get(f"statements/{draft['id']}"), 404, "statement_not_found")
        assert counts(asha)["ledger_statement_line"] == 0

    def test_refuses_to_forget_what_is_in_the_books(self, api, asha):
        draft = drafted(api)
        api.post(f"statements/{draft['id']}/confirm")

        refused(api.delete(f"statements/{draft['id']}"), 409, "statement_posted")

        assert counts(asha)["ledger_statement_line"] == 3

    def test_is_read_by_a_viewer_who_can_change_nothing(self, committed, asha, admin_url):
        draft = drafted(Api(asha))
        guest = Api(guest_make(admin_url, book=asha.book, role="viewer"))
        before = counts(asha)

        assert guest.get(f"statements/{draft['id']}").json()["id"] == draft["id"]
        refused(guest.post(f"statements/{draft['id']}/confirm"), 403, "book_read_only")
        refused(guest.delete(f"statements/{draft['id']}"), 403, "book_read_only")
        refused(upload(guest, hdfc_file(ROWS)), 403, "book_read_only")
        assert counts(asha) == before

    def test_is_unknown_to_a_stranger(self, api, asha, chitra):
        draft = drafted(api)
        before = counts(asha)
        stranger = Api(chitra)

        refused(stranger.get(f"statements/{draft['id']}"), 404, "statement_not_found")
        refused(stranger.get(f"statements/{draft['id']}/lines"), 404, "statement_not_found")
        refused(stranger.get(f"statements/{draft['id']}", book_id=asha.book.pk), 404, "book_not_found")
        refused(stranger.post(f"statements/{draft['id']}/confirm"), 404, "statement_not_found")
        refused(stranger.delete(f"statements/{draft['id']}"), 404, "statement_not_found")
        assert counts(asha) == before


class TestStatementLineCollection:
    def test_gives_every_row_once_in_the_banks_order(self, api):
        draft = drafted(api, hdfc_file(chained(*range(1, 12))))

        answer = api.get(f"statements/{draft['id']}/lines", limit=4).json()
        pages = [answer]
        while answer["next"]:
            answer = api.follow(answer["next"]).json()
            pages.append(answer)

        assert [len(body["results"]) for body in pages] == [4, 4, 3]
        assert [row["amount_minor"] for body in pages for row in body["results"]] == list(range(1, 12))
        assert api.follow(pages[1]["previous"]).json()["results"] == pages[0]["results"]
        assert re.search(r"cursor=[\w-]+", pages[0]["next"])

    def test_marks_what_is_known(self, api):
        first = drafted(api, hdfc_file(ROWS[:2]))
        api.post(f"statements/{first['id']}/confirm")

        second = drafted(api, hdfc_file(ROWS))

        rows = api.get(f"statements/{second['id']}/lines").json()["results"]
        assert [row["is_known"] for row in rows] == [True, True, False]
        assert (second["new_count"], second["known_count"]) == (1, 2)

    @pytest.mark.parametrize("cursor", ["x", "WzAsIngiXQ", "WzAsIi0xIl0", "WzAsIjk5OTk5OTk5OTk5Il0"])
    def test_refuses_a_cursor_that_is_none_of_its_own(self, api, cursor):
        draft = drafted(api)

        refused(api.get(f"statements/{draft['id']}/lines", cursor=cursor), 400, "page_invalid", "cursor")
