from __future__ import annotations

import datetime as dt

import pytest

from ledger.books.services import period_close
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from tests.ledger.amendments.asking import (
    MOVES,
    Phone,
    account_close,
    ids,
    legs,
    said,
    steady,
    unsound,
)
from tests.ledger.desk import TOMORROW, bank_import, counts, guest_make, refused
from tests.ledger.statements.writers import hdfc_file, line

SOME = str(uuid7())
ON = "2026-11-20"


@pytest.fixture
def phone(asha):
    return Phone(asha)


@pytest.fixture
def fuel(phone, asha):
    """An expense of ₹500 on fuel, from Cash."""
    (category,) = ids(asha, "Fuel")
    return phone.record(category_id=category, date=ON)


@pytest.fixture
def split(phone, asha):
    """An expense of ₹500 over two categories."""
    fuel, travel = ids(asha, "Fuel", "Travel")
    parts = [{"category_id": fuel, "amount": 300}, {"category_id": travel, "amount": 200}]
    return phone.record(splits=parts, date=ON)


@pytest.fixture
def moved(phone, asha):
    """₹500 from Cash to the savings account."""
    return phone.record(type="transfer", to_account_id=ids(asha, "Savings account")[0], date=ON)


def named(person, fields):
    """The fields with the ids of the accounts that they name: `@Fuel`."""
    if isinstance(fields, dict):
        return {name: named(person, value) for name, value in fields.items()}
    if isinstance(fields, list):
        return [named(person, value) for value in fields]
    if isinstance(fields, str) and fields.startswith("@"):
        return ids(person, fields[1:])[0]
    return fields


class TestGet:
    def test_gives_the_transaction_as_the_list_does_with_its_etag(self, phone, fuel):
        response = phone.get(f"transactions/{fuel['id']}")

        assert said(response) == fuel == phone.get("transactions").json()["results"][0]
        assert response["ETag"].startswith('"')

    def test_has_another_etag_after_a_change_and_the_same_until_then(self, phone, fuel):
        path = f"transactions/{fuel['id']}"
        first, second = phone.get(path)["ETag"], phone.get(path)["ETag"]

        changed = phone.patch(path, {"payee": "Indian Oil"})["ETag"]

        assert first == second
        assert changed != first
        assert phone.get(path)["ETag"] == changed

    def test_finds_nothing_that_is_not_in_the_book(self, phone, chitra, fuel):
        refused(phone.get(f"transactions/{SOME}"), 404, "transaction_not_found")
        refused(Phone(chitra).get(f"transactions/{fuel['id']}"), 404, "transaction_not_found")
        refused(phone.get("transactions/x"), 404, "not_found")


class TestPatch:
    @pytest.mark.parametrize(
        ("fields", "shown"),
        [
            ({"description": "  Petrol \n pump "}, {"description": "Petrol pump"}),
            ({"payee": "इंडियन ऑयल"}, {"payee": "इंडियन ऑयल"}),
            ({"payee": "x" * 120}, {"payee": "x" * 120}),
            ({"notes": "one\r\ntwo"}, {"notes": "one\ntwo"}),
            ({"notes": "x" * 2000}, {"notes": "x" * 2000}),
            ({"description": "x" * 200}, {"description": "x" * 200}),
            ({"tags": ["Diwali", "diwali", "work trip"]}, {"tags": ["diwali", "work trip"]}),
            ({"tags": ["x" * 40]}, {"tags": ["x" * 40]}),
            ({"status": "pending"}, {"status": "pending"}),
            ({"is_reconciled": True}, {"is_reconciled": True}),
            ({"date": "2026-04-01"}, {"date": "2026-04-01"}),
            ({"amount": "0.01"}, {"amount": 0.01, "amount_minor": 1}),
            ({"amount": 9999999999999.99}, {"amount": 9999999999999.99, "amount_minor": 999999999999999}),
            ({"amount": 700, "currency": "inr"}, {"amount": 700, "currency": "INR"}),
            ({"account_id": "@Savings account"}, {"account": "Savings account"}),
            ({"category_id": "@Travel"}, {"category": "Travel", "category_id": "@Travel"}),
            ({"category_id": None}, {"category": "Uncategorised"}),
            ({"type": "income"}, {"type": "income", "category": "Other income"}),
            ({"type": "income", "category_id": "@Salary"}, {"type": "income", "category": "Salary"}),
            ({"type": "transfer", "to_account_id": "@Savings account"},
             {"type": "transfer", "to_account": "Savings account", "category_id": None, "to_amount": 500}),
            ({"splits": [{"category_id": "@Fuel", "amount": 499}, {"category_id": "@Travel", "amount": 1}]},
             {"amount": 500, "category_id": None, "category": "Split in 2"}),
            ({"splits": [{"category_id": "@Fuel", "amount": 50}, {"category_id": "@Travel", "amount": 1}]},
             {"amount": 51, "category": "Split in 2"}),
            ({"splits": [{"category_id": "@Travel", "amount": 9}], "amount": 9},
             {"amount": 9, "category": "Travel", "splits": []}),
            ({"amount": 12.5, "date": "2026-03-31", "account_id": "@Savings account", "category_id": "@Travel",
              "payee": "IRCTC", "status": "pending"},
             {"amount": 12.5, "date": "2026-03-31", "account": "Savings account", "category": "Travel",
              "payee": "IRCTC", "status": "pending"}),
        ],
    )  # fmt: skip
    def test_changes_what_is_given_and_nothing_else(self, phone, asha, fuel, fields, shown):
        changed = phone.change(fuel, **named(asha, fields))

        assert {name: changed[name] for name in shown} == named(asha, shown)
        assert (changed["version"], changed["changed_by"]) == (2, str(asha.id))
        assert changed["undo_token"] != fuel["undo_token"]
        of_money = {"amount", "amount_minor", "base_amount", "base_amount_minor"}
        of_accounts = {"account_id", "account", "category_id", "category", "splits", "to_account_id", "to_account",
                       "to_amount", "to_amount_minor", "to_currency"}  # fmt: skip
        may = {"amount": of_money, "splits": of_money | of_accounts, "account_id": of_accounts,
               "category_id": of_accounts, "type": of_accounts}  # fmt: skip
        touched = MOVES.union(fields, *(may.get(name, set()) for name in fields))
        assert {name for name in fuel if fuel[name] != changed[name]} <= touched
        assert phone.read(fuel) == changed
        assert unsound(asha) == []

    def test_moves_the_money_itself(self, phone, asha, fuel):
        savings, travel = ids(asha, "Savings account", "Travel")

        changed = phone.change(fuel, amount=700, account_id=savings, category_id=travel)

        assert legs(asha, changed) == [
            ("Travel", 70000, "INR", 70000),
            ("Savings account", -70000, "INR", -70000),
        ]

    def test_turns_a_transfer_into_an_expense_and_back(self, phone, asha, moved):
        spent = phone.change(moved, type="expense", category_id=ids(asha, "Travel")[0])
        back = phone.change(moved, type="transfer", to_account_id=moved["to_account_id"])

        assert (spent["category"], spent["to_account_id"], spent["to_amount"]) == ("Travel", None, None)
        assert steady(back) == steady(moved)
        assert unsound(asha) == []

    def test_sends_a_transfer_elsewhere(self, phone, asha, moved):
        (card,) = ids(asha, "Credit card")

        changed = phone.change(moved, to_account_id=card, amount=20)

        assert legs(asha, changed) == [("Credit card", 2000, "INR", 2000), ("Cash", -2000, "INR", -2000)]

    def test_makes_one_category_of_a_split(self, phone, asha, split):
        changed = phone.change(split, category_id=ids(asha, "Travel")[0])

        assert (changed["category"], changed["splits"], changed["amount"]) == ("Travel", [], 500)

    def test_keeps_a_split_where_words_change(self, phone, asha, split):
        changed = phone.change(split, description="Long drive", date="2026-11-01")

        assert changed["splits"] == split["splits"]
        assert unsound(asha) == []

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"description": " Groceries "},
            {"amount": "500.00"},
            {"amount": 500, "currency": "INR"},
            {"base_amount": 500},
            {"type": "expense", "date": ON, "account_id": "@Cash", "category_id": "@Fuel"},
            {"splits": [{"category_id": "@Fuel", "amount": 500}]},
            {"payee": "", "notes": "", "tags": [], "status": "posted", "is_reconciled": False},
        ],
    )
    def test_makes_no_version_where_nothing_differs(self, phone, asha, fuel, fields):
        before, etag = counts(asha), phone.get(f"transactions/{fuel['id']}")["ETag"]

        response = phone.patch(f"transactions/{fuel['id']}", named(asha, fields))

        assert said(response) == fuel
        assert response["ETag"] == etag
        assert counts(asha) == before

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"type": "gift"}, "type"),
            ({"type": None}, "type"),
            ({"amount": 0}, "amount"),
            ({"amount": -1}, "amount"),
            ({"amount": 1.005}, "amount"),
            ({"amount": True}, "amount"),
            ({"amount": None}, "amount"),
            ({"amount": "1e3"}, "amount"),
            ({"amount": "9" * 16}, "amount"),
            ({"base_amount": 0}, "base_amount"),
            ({"base_amount": "x"}, "base_amount"),
            ({"currency": "RUPEE"}, "currency"),
            ({"currency": "XYZ", "amount": 1}, "currency"),
            ({"currency": "USD"}, "currency"),
            ({"currency": None}, "currency"),
            ({"description": ""}, "description"),
            ({"description": None}, "description"),
            ({"description": "x" * 201}, "description"),
            ({"description": "turned \u202egnp.exe"}, "description"),
            ({"date": None}, "date"),
            ({"date": "2026-02-30"}, "date"),
            ({"date": "20261123"}, "date"),
            ({"date": "1949-12-31"}, "date"),
            ({"date": "2151-01-01"}, "date"),
            ({"account_id": "x"}, "account_id"),
            ({"account_id": None}, "account_id"),
            ({"to_account_id": None}, "to_account_id"),
            ({"to_amount": [5]}, "to_amount"),
            ({"category_id": "x"}, "category_id"),
            ({"splits": []}, "splits"),
            ({"splits": None}, "splits"),
            ({"splits": [{"category_id": SOME, "amount": 1}] * 21}, "splits"),
            ({"splits": [{"amount": 500}]}, "splits.0.category_id"),
            ({"splits": [{"category_id": SOME, "amount": 0}]}, "splits.0.amount"),
            ({"splits": [{"category_id": SOME, "amount": 5, "note": "x"}]}, "splits.0.note"),
            ({"splits": [{"category_id": SOME, "amount": 500}], "category_id": SOME}, "splits"),
            ({"payee": "x" * 121}, "payee"),
            ({"payee": None}, "payee"),
            ({"payee": "bell\u0007"}, "payee"),
            ({"notes": "x" * 2001}, "notes"),
            ({"notes": "bell\u0007"}, "notes"),
            ({"notes": None}, "notes"),
            ({"tags": "diwali"}, "tags"),
            ({"tags": None}, "tags"),
            ({"tags": [""]}, "tags"),
            ({"tags": ["x" * 41]}, "tags"),
            ({"tags": ["ß" * 40]}, "tags"),
            ({"tags": ["\u200d"]}, "tags"),
            ({"tags": [f"tag {number}" for number in range(21)]}, "tags"),
            ({"status": "void"}, "status"),
            ({"status": None}, "status"),
            ({"is_reconciled": "yes"}, "is_reconciled"),
            ({"is_reconciled": 1}, "is_reconciled"),
            ({"is_reconciled": None}, "is_reconciled"),
            ({"external_id": "UPI-1"}, "external_id"),
            ({"origin": "statement"}, "origin"),
            ({"id": SOME}, "id"),
            ({"version": 1}, "version"),
            ({"amount_minor": 1}, "amount_minor"),
        ],
    )  # fmt: skip
    def test_names_the_wrong_field_and_writes_nothing(self, phone, asha, fuel, fields, field):
        before = counts(asha)

        body = refused(phone.patch(f"transactions/{fuel['id']}", fields), 400, "invalid")

        assert any(
            error["field"] == field or error["field"].startswith(f"{field}.") for error in body["errors"]
        ), body
        assert counts(asha) == before
        assert phone.read(fuel) == fuel

    @pytest.mark.parametrize("raw", ["[]", "null", '"x"', "{", '{"amount": 1, "amount": 2}'])
    def test_refuses_a_body_that_is_no_object(self, phone, asha, fuel, raw):
        before = counts(asha)

        response = phone.patch(f"transactions/{fuel['id']}", raw=raw)

        assert response.status_code == 400
        assert counts(asha) == before

    @pytest.mark.parametrize(
        ("what", "fields", "status", "code", "field"),
        [
            ("fuel", {"account_id": SOME}, 400, "account_unknown", "account_id"),
            ("fuel", {"account_id": "@Travel"}, 400, "account_unfit", "account_id"),
            ("fuel", {"account_id": "@Opening balances"}, 400, "account_unfit", "account_id"),
            ("fuel", {"category_id": SOME}, 400, "account_unknown", "category_id"),
            ("fuel", {"category_id": "@Salary"}, 400, "account_unfit", "category_id"),
            ("fuel", {"category_id": "@Cash"}, 400, "account_unfit", "category_id"),
            ("fuel", {"type": "income", "category_id": "@Fuel"}, 400, "account_unfit", "category_id"),
            ("fuel", {"splits": [{"category_id": "@Salary", "amount": 1}]}, 400, "account_unfit", "category_id"),
            ("fuel", {"splits": [{"category_id": "@Fuel", "amount": 1}], "amount": 2}, 400, "change_unfit", "splits"),
            ("fuel", {"amount": 5, "currency": "USD"}, 400, "account_unfit", "currency"),
            ("fuel", {"base_amount": 499}, 400, "amount_unfit", "base_amount"),
            ("fuel", {"type": "transfer"}, 400, "change_unfit", "to_account_id"),
            ("fuel", {"type": "transfer", "to_account_id": "@Cash"}, 422, "transfer_to_itself", None),
            ("fuel", {"type": "transfer", "to_account_id": "@Fuel"}, 400, "account_unfit", "to_account_id"),
            ("fuel", {"to_account_id": "@Savings account"}, 400, "change_unfit", "to_account_id"),
            ("fuel", {"to_amount": 500}, 400, "change_unfit", "to_amount"),
            ("split", {"amount": 700}, 400, "change_unfit", "splits"),
            ("split", {"type": "transfer", "to_account_id": "@Savings account", "category_id": "@Fuel"}, 400,
             "change_unfit", "category_id"),
            ("moved", {"category_id": "@Fuel"}, 400, "change_unfit", "category_id"),
            ("moved", {"splits": [{"category_id": "@Fuel", "amount": 500}]}, 400, "change_unfit", "splits"),
            ("moved", {"to_account_id": "@Cash"}, 422, "transfer_to_itself", None),
            ("moved", {"account_id": "@Savings account"}, 422, "transfer_to_itself", None),
            ("moved", {"to_amount": 499}, 400, "amount_unfit", "to_amount"),
            ("moved", {"to_amount": -500}, 400, "amount_unfit", "to_amount"),
            ("moved", {"to_amount": "x"}, 400, "invalid", "to_amount"),
            ("moved", {"base_amount": 499}, 400, "amount_unfit", "base_amount"),
            ("moved", {"type": "income", "to_account_id": "@Cash"}, 400, "change_unfit", "to_account_id"),
        ],
    )  # fmt: skip
    def test_refuses_what_does_not_fit_and_writes_nothing(
        self, request, phone, asha, what, fields, status, code, field
    ):
        transaction = request.getfixturevalue(what)
        before = counts(asha)

        refused(phone.patch(f"transactions/{transaction['id']}", named(asha, fields)), status, code, field)

        assert counts(asha) == before
        assert phone.read(transaction) == transaction

    @pytest.mark.parametrize(
        ("what", "fields", "sentence"),
        [("fuel", {"to_amount": 500}, "Only a transfer has a to_amount."),
         ("fuel", {"base_amount": 499}, "The amount is in INR already; leave base_amount out."),
         ("moved", {"category_id": "@Fuel"}, "A transfer has no category_id."),
         ("split", {"type": "income"}, "The transaction's categories do not fit the new type; say how it splits, or "
          "give one category_id.")],
    )  # fmt: skip
    def test_says_why_not_in_a_sentence_that_stands_alone(self, request, phone, asha, what, fields, sentence):
        transaction = request.getfixturevalue(what)

        answer = phone.patch(f"transactions/{transaction['id']}", named(asha, fields))

        assert answer.json()["error"] == sentence

    def test_finds_nothing_that_is_not_in_the_book(self, phone, asha, chitra, fuel):
        before = counts(asha)

        refused(phone.patch(f"transactions/{SOME}", {"amount": 1}), 404, "transaction_not_found")
        refused(
            Phone(chitra).patch(f"transactions/{fuel['id']}", {"amount": 1}), 404, "transaction_not_found"
        )
        assert counts(asha) == before

    def test_takes_the_same_queries_for_a_plain_one_and_a_split_one(
        self, phone, asha, fuel, split, django_assert_max_num_queries
    ):
        for transaction in (fuel, split):
            with django_assert_max_num_queries(17):  # ten of them begin, release and end transactions
                phone.change(transaction, payee="Indian Oil", date="2026-11-02")


class TestVoid:
    @pytest.mark.parametrize("fields", [{}, {"description": "x"}, {"amount": 1}, {"status": "posted"}])
    def test_does_not_change(self, phone, asha, fuel, fields):
        void = phone.void(fuel)
        before = counts(asha)

        refused(phone.patch(f"transactions/{fuel['id']}", fields), 409, "transaction_void")

        assert counts(asha) == before
        assert phone.read(fuel) == void


class TestReconciled:
    @pytest.fixture
    def ticked(self, phone, fuel):
        return phone.change(fuel, is_reconciled=True)

    @pytest.mark.parametrize(
        "fields",
        [{"amount": 501}, {"date": "2026-11-19"}, {"account_id": "@Savings account"}, {"type": "income"},
         {"type": "transfer", "to_account_id": "@Savings account"},
         {"splits": [{"category_id": "@Fuel", "amount": 1}]}, {"amount": 501, "is_reconciled": True}],
    )  # fmt: skip
    def test_keeps_the_money_that_agrees_with_the_bank(self, phone, asha, ticked, fields):
        before = counts(asha)

        response = phone.patch(f"transactions/{ticked['id']}", named(asha, fields))

        refused(response, 409, "transaction_reconciled")
        assert counts(asha) == before
        assert phone.read(ticked) == ticked

    @pytest.mark.parametrize("way", ["void", "delete"])
    def test_does_not_become_void(self, phone, asha, ticked, way):
        before = counts(asha)
        path = f"transactions/{ticked['id']}"

        refused(
            phone.delete(path) if way == "delete" else phone.post(f"{path}/void"),
            409,
            "transaction_reconciled",
        )

        assert counts(asha) == before

    @pytest.mark.parametrize(
        "fields",
        [{"description": "x"}, {"payee": "x", "notes": "y", "tags": ["z"]}, {"status": "pending"},
         {"category_id": "@Travel"}, {"is_reconciled": False},
         {"splits": [{"category_id": "@Fuel", "amount": 1}, {"category_id": "@Travel", "amount": 499}]},
         {"is_reconciled": False, "amount": 7, "date": "2026-11-19"}],
    )  # fmt: skip
    def test_lets_everything_else_change(self, phone, asha, ticked, fields):
        assert phone.change(ticked, **named(asha, fields))["version"] == 3
        assert unsound(asha) == []

    def test_does_not_go_back_to_other_money(self, phone, asha, fuel):
        changed = phone.change(fuel, amount=700)
        ticked = phone.change(fuel, is_reconciled=True)
        phone.change(fuel, description="x")

        # Version 1 was not ticked off, so going back takes the mark off too; version 3 says what stands.
        assert phone.restore(fuel, 3)["description"] == ticked["description"]
        assert phone.restore(fuel, 1)["amount"] == 500
        assert (changed["amount"], unsound(asha)) == (700, [])


class TestClosedPeriod:
    @pytest.fixture
    def march(self, phone, asha):
        made = phone.record(date="2026-03-31")
        with acting_as(asha.actor):
            period_close(book=asha.book, until=dt.date(2026, 3, 31), today=TOMORROW)
        return made

    @pytest.mark.parametrize("fields", [{"description": "x"}, {"amount": 1}, {"date": "2026-04-01"}])
    def test_keeps_what_lies_in_it(self, phone, asha, march, fields):
        before = counts(asha)

        refused(phone.patch(f"transactions/{march['id']}", fields), 422, "period_closed")
        refused(phone.post(f"transactions/{march['id']}/void"), 422, "period_closed")
        refused(phone.undo(march["undo_token"]), 422, "period_closed")

        assert counts(asha) == before
        assert phone.read(march) == march

    def test_takes_nothing_in(self, phone, asha, march, fuel):
        before = counts(asha)

        refused(phone.patch(f"transactions/{fuel['id']}", {"date": "2026-03-31"}), 422, "period_closed")

        assert counts(asha) == before
        assert phone.change(fuel, date="2026-04-01")["date"] == "2026-04-01"

    def test_lets_nothing_go_back_into_it(self, phone, asha):
        made = phone.record(date="2026-03-31")
        moved = phone.change(made, date="2026-04-01")
        void = phone.void(made)
        with acting_as(asha.actor):
            period_close(book=asha.book, until=dt.date(2026, 3, 31), today=TOMORROW)
        path = f"transactions/{made['id']}/restore"

        refused(phone.post(f"{path}?version=1"), 422, "period_closed")
        assert phone.post(path).status_code == 200
        refused(phone.undo(moved["undo_token"]), 409, "undo_too_late")
        assert (void["status"], unsound(asha)) == ("void", [])


class TestClosedAccount:
    def test_takes_no_money_and_lets_words_change(self, committed, asha, admin_url):
        phone = Phone(asha)
        (savings,) = ids(asha, "Savings account")
        made, other = phone.record(account_id=savings, date=ON), phone.record(date=ON)
        phone.record(type="income", account_id=savings, date=ON)  # an account closes at zero
        account_close(admin_url, savings)
        before = counts(asha)

        for transaction, fields in (
            (made, {"amount": 501}), (made, {"date": "2026-11-19"}), (other, {"account_id": savings}),
            (other, {"type": "transfer", "to_account_id": savings}),
        ):  # fmt: skip
            refused(phone.patch(f"transactions/{transaction['id']}", fields), 422, "account_closed")
        refused(phone.post("transactions", {"type": "expense", "amount": 1, "description": "x", "account_id": savings}),
                422, "account_closed")  # fmt: skip

        assert counts(asha) == before
        assert phone.change(made, description="x", is_reconciled=True)["version"] == 2
        assert phone.change(made, is_reconciled=False)["version"] == 3
        refused(phone.post(f"transactions/{made['id']}/void"), 422, "account_closed")
        account_close(admin_url, savings, closed=False)
        assert phone.void(made)["status"] == "void"
        assert unsound(asha) == []


class TestImported:
    @pytest.fixture
    def rows(self, phone, asha):
        lines = [line(1, amount=-15000, balance=85000, on=dt.date(2026, 4, 2)),
                 line(2, amount=40000, balance=125000, on=dt.date(2026, 4, 3), narration="NEFT SALARY")]  # fmt: skip
        bank_import(asha, hdfc_file(lines), account="HDFC savings")
        return phone.get("transactions").json()["results"]

    def test_changes_like_any_other(self, phone, asha, rows):
        salary, spent, _ = rows

        changed = phone.change(salary, category_id=ids(asha, "Salary")[0], payee="Employer")

        assert (changed["origin"], changed["category"], changed["amount"]) == ("statement", "Salary", 400)
        assert phone.change(spent, amount=1)["amount"] == 1
        assert unsound(asha) == []

    def test_is_not_imported_again_when_it_was_changed_or_made_void(self, phone, asha, rows):
        salary, spent, _ = rows
        phone.change(salary, description="Salary", date="2026-04-04")
        phone.void(spent)
        lines = [line(1, amount=-15000, balance=85000, on=dt.date(2026, 4, 2)),
                 line(2, amount=40000, balance=125000, on=dt.date(2026, 4, 3), narration="NEFT SALARY"),
                 line(3, amount=-500, balance=124500, on=dt.date(2026, 4, 5), narration="NEW")]  # fmt: skip

        bank_import(asha, hdfc_file(lines), account="HDFC savings", adjust=True)

        all_rows = phone.get("transactions", status="all").json()["results"]
        assert sum(row["origin"] == "statement" for row in all_rows) == 3
        assert unsound(asha) == []

    def test_leaves_an_opening_balance_a_transfer(self, phone, asha, rows):
        opening = rows[-1]
        before = counts(asha)

        response = phone.patch(f"transactions/{opening['id']}", {"type": "expense"})

        refused(response, 409, "transaction_type_stays")
        assert counts(asha) == before
        assert phone.change(opening, amount=900)["category"] == "Opening balance"
        assert unsound(asha) == []

    @pytest.mark.parametrize("debt", [False, True])
    def test_leaves_an_opening_balance_the_books_equity_on_one_side(self, phone, asha, debt):
        savings, card = str(asha.account("Savings account").pk), str(asha.account("Credit card").pk)
        amount, equity = ("-900", "to_account_id") if debt else ("900", "account_id")
        body = {"amount": amount, "date": "2026-04-01"}
        opening = phone.post(f"accounts/{savings}/opening_balance", body).json()["opening_balance"]
        before = counts(asha)

        alone = phone.patch(f"transactions/{opening['id']}", {equity: card})
        batch = {"transactions": [{"id": opening["id"], equity: card}]}
        among = phone.patch("transactions/batch", batch)

        refused(alone, 400, "account_unfit", "account_id")
        refused(among, 422, "entries_refused", "transactions.0.account_id")
        assert counts(asha) == before
        other = "account_id" if debt else "to_account_id"
        assert phone.change(opening, **{other: card})[other] == card


class TestRights:
    def test_let_an_editor_change_and_a_viewer_only_look(self, committed, asha, admin_url):
        made = Phone(asha).record()
        viewer, editor = (
            Phone(guest_make(admin_url, book=asha.book, role=role)) for role in ("viewer", "editor")
        )
        path, before = f"transactions/{made['id']}", counts(asha)

        assert viewer.read(made) == made
        assert viewer.history(made)[0]["transaction"] == made
        for response in (
            viewer.patch(path, {"amount": 1}), viewer.delete(path), viewer.post(f"{path}/void"),
            viewer.post(f"{path}/restore"), viewer.undo(made["undo_token"]),
            viewer.patch("transactions/batch", {"transactions": [{"id": made["id"], "amount": 1}]}),
            viewer.post("transactions/batch", {"transactions": [{}]}),
        ):  # fmt: skip
            refused(response, 403, "book_read_only")

        assert counts(asha) == before
        assert editor.change(made, amount=1)["changed_by"] != str(asha.id)
