from __future__ import annotations

import pytest

from rupaya.core.ids import uuid7
from tests.ledger.books.sharing import restrict
from tests.ledger.desk import Api, guest_make, record, refused


class TestAccountMerging:
    def test_gives_the_account_that_both_are_now(self, asha):
        savings, deposits = asha.account("Savings account"), asha.account("Fixed deposits")
        record(asha, account_id=savings.pk)
        api = Api(asha)

        body = api.post(f"accounts/{savings.pk}/merge", {"into_id": str(deposits.pk)}).json()

        assert (body["id"], body["name"], body["merged_transactions"]) == (
            str(deposits.pk),
            "Fixed deposits",
            1,
        )
        old = api.get(f"accounts/{savings.pk}").json()
        assert (old["is_closed"], old["merged_into_id"]) == (True, str(deposits.pk))
        refused(api.post(f"accounts/{savings.pk}/reopen"), 409, "account_merged")

    @pytest.mark.parametrize("body", [{}, {"into_id": "x"}, {"into_id": None}])
    def test_names_what_is_wrong(self, asha, body):
        refused(
            Api(asha).post(f"accounts/{asha.account('Savings account').pk}/merge", body),
            400,
            "invalid",
            "into_id",
        )

    def test_refuses_a_category_as_the_target_of_an_account(self, asha):
        body = {"into_id": str(asha.account("Fuel").pk)}
        path = f"accounts/{asha.account('Savings account').pk}/merge"

        refused(Api(asha).post(path, body), 422, "merge_unfit", "into_id")
        refused(Api(asha).post(path, {"into_id": str(uuid7())}), 400, "account_unknown", "into_id")

    def test_is_not_for_viewers(self, committed, asha, admin_url):
        viewer = guest_make(admin_url, book=asha.book, role="viewer")
        path = f"accounts/{asha.account('Savings account').pk}/merge"

        refused(Api(viewer).post(path, {"into_id": str(uuid7())}), 403, "book_read_only")


class TestCategoryMerging:
    def test_merges_categories_and_nothing_else(self, asha):
        fuel, travel = asha.account("Fuel").pk, asha.account("Travel").pk
        api = Api(asha)

        refused(api.post(f"accounts/{fuel}/merge", {"into_id": str(travel)}), 404, "account_not_found")
        body = api.post(f"categories/{fuel}/merge", {"into_id": str(travel)}).json()

        assert (body["name"], body["merged_transactions"]) == ("Travel", 0)

    def test_says_to_whom_an_account_is_hidden_why_it_can_not_be(self, committed, asha, admin_url):
        fuel, travel = asha.account("Fuel").pk, asha.account("Travel").pk
        guest = guest_make(admin_url, book=asha.book, role="editor")
        hidden = restrict(asha, guest, "Savings account", "hidden")
        record(asha, category_id=fuel, account_id=hidden)

        refused(Api(guest).post(f"categories/{fuel}/merge", {"into_id": str(travel)}), 403, "book_veiled")

        assert Api(asha).get(f"categories/{fuel}").json()["is_closed"] is False
