"""The ledger's entries in words, as real changes leave them."""

from __future__ import annotations

from audit.filters import Filters
from audit.selectors import entries_page, runs_page
from ledger.activity.selectors import rows_of_transaction
from ledger.statements.models import Statement
from rupaya.core.db import acting_as
from tests.ledger.attachments.pictures import PDF
from tests.ledger.books.sharing import invite
from tests.ledger.desk import TODAY, Api, bank_import, record
from tests.ledger.statements.may import drafted, history
from tests.ledger.statements.writers import hdfc_file


def summaries(person, table, **filters):
    """What was done to rows of a table in the person's book, oldest first."""
    with acting_as(person.actor):
        page = entries_page(
            reader_id=person.id,
            filters=Filters(book_id=person.book.pk, resource_type=table, **filters),
            limit=100,
        )
    return [told.summary for told in reversed(page.rows)]


def category(person, name):
    return str(person.account(name).pk)


def changed(person, transaction_id, **fields):
    response = Api(person).patch(f"transactions/{transaction_id}", fields)
    assert response.status_code == 200, response.content
    return summaries(person, "ledger_transaction")[-1]


class TestTransactions:
    def test_say_category_and_amount_before_and_after(self, asha):
        recorded = record(asha, category_id=asha.account("Groceries").pk)

        sentence = changed(asha, recorded, category_id=category(asha, "Entertainment"), amount=650)

        assert sentence == (
            "Asha Rao changed the category from Groceries to Entertainment and the amount from ₹500 to ₹650 (Groceries)"
        )

    def test_say_the_amount_alone_where_the_category_stays(self, asha):
        recorded = record(asha)

        assert (
            changed(asha, recorded, amount=650) == "Asha Rao changed the amount from ₹500 to ₹650 (Groceries)"
        )

    def test_say_day_account_payee_and_tags(self, asha):
        recorded = record(asha)

        assert changed(asha, recorded, date="2026-11-19") == (
            "Asha Rao changed the date from 20 November 2026 to 19 November 2026 (Groceries)"
        )
        assert changed(asha, recorded, payee="DMart", tags=["diwali"]) == (
            "Asha Rao set the payee to DMart and the tags to #diwali (Groceries)"
        )
        assert changed(asha, recorded, payee="") == "Asha Rao removed the payee DMart (Groceries)"
        assert changed(asha, recorded, account_id=category(asha, "Savings account")) == (
            "Asha Rao changed the account from Cash to Savings account (Groceries)"
        )

    def test_say_how_a_split_was_divided(self, asha):
        recorded = record(asha, category_id=asha.account("Groceries").pk)
        splits = [
            {"category_id": category(asha, "Groceries"), "amount": 300},
            {"category_id": category(asha, "Entertainment"), "amount": 200},
        ]

        assert changed(asha, recorded, splits=splits) == (
            "Asha Rao changed the categories from Groceries to Groceries ₹300, Entertainment ₹200 (Groceries)"
        )

    def test_say_when_one_was_made_void_and_restored(self, asha):
        recorded = record(asha)
        api = Api(asha)

        api.post(f"transactions/{recorded}/void")
        api.post(f"transactions/{recorded}/restore")

        assert summaries(asha, "ledger_transaction")[-2:] == [
            "Asha Rao made void Groceries",
            "Asha Rao restored Groceries",
        ]

    def test_say_where_a_transfer_went(self, asha):
        record(asha, "transfer", description="To the bank", to_account_id=asha.account("Savings account").pk)

        assert summaries(asha, "ledger_transaction") == [
            "Asha Rao added To the bank, ₹500 (Cash → Savings account · 20 November 2026)"
        ]

    def test_say_what_an_account_opened_with(self, asha):
        response = Api(asha).post(
            f"accounts/{asha.account('Savings account').pk}/opening_balance",
            {"amount": 1000, "date": str(TODAY)},
        )

        assert response.status_code == 200, response.content
        assert summaries(asha, "ledger_transaction") == [
            "Asha Rao recorded what Savings account opened with, ₹1,000"
        ]


class TestChart:
    def test_says_what_became_of_accounts_and_categories(self, asha):
        api = Api(asha)
        made = api.post("categories", {"name": "Wandering", "type": "expense"}).json()
        identity = made["id"]
        api.patch(f"categories/{identity}", {"name": "Travels"})
        api.patch(f"categories/{identity}", {"parent_id": category(asha, "Entertainment")})
        api.post(f"categories/{identity}/close")
        api.post(f"categories/{identity}/reopen")
        api.post(f"categories/{identity}/merge", {"into_id": category(asha, "Groceries")})
        card = asha.account("Credit card").pk
        api.patch(f"accounts/{card}", {"credit_limit": 50000})

        assert summaries(asha, "ledger_account")[40:] == [
            "Asha Rao added the category Wandering",
            "Asha Rao renamed Wandering to Travels",
            "Asha Rao set the group to Entertainment (Travels)",
            "Asha Rao closed Travels",
            "Asha Rao opened again Travels",
            "Asha Rao merged Travels into Groceries",
            "Asha Rao set the credit limit to ₹50,000 (Credit card)",
        ]


class TestPeople:
    def test_are_named_in_what_was_done_to_them(self, committed, asha, bala, admin_url):
        _invitation_id, token = invite(asha, bala.user.email, role="viewer")
        api = Api(bala)
        assert api.post("invitations/accept", {"token": token}).status_code == 200
        place = f"books/{asha.book.pk}/members/{bala.id}"
        owner = Api(asha)
        assert owner.patch(place, {"role": "editor"}).status_code == 200
        account = asha.account("Savings account").pk
        for visibility in ("hidden", "read", "full"):
            assert owner.put(f"{place}/accounts/{account}", {"visibility": visibility}).status_code == 200
        assert owner.delete(place).status_code == 204

        assert summaries(asha, "ledger_invitation") == [
            f"Asha Rao invited {bala.user.email} as a viewer",
            f"Bala Rao accepted the invitation of {bala.user.email}",
        ]
        assert summaries(asha, "ledger_member") == [
            "Asha Rao joined as an owner",
            "Bala Rao joined as a viewer",
            "Asha Rao changed a removed person from a viewer to an editor",
            "Asha Rao removed Bala Rao",
        ]
        assert summaries(asha, "ledger_account_visibility") == [
            "Asha Rao hid Savings account from Bala Rao",
            "Asha Rao let a removed person only look at an account",
            "Asha Rao showed Savings account to Bala Rao again",
        ]


class TestStatements:
    def test_are_uploaded_imported_and_taken_back(self, asha):
        data = hdfc_file(history((1, 5000), (2, -700)))
        bank_import(asha, data, name="march.csv")
        drafted(asha, hdfc_file(history((5, 5000))), name="april.csv")
        with acting_as(asha.actor):
            statement = Statement.objects.get(file_name="april.csv")
        Api(asha).delete(f"statements/{statement.pk}")

        assert summaries(asha, "ledger_statement") == [
            "Asha Rao uploaded march.csv, 2 rows (SBI savings)",
            "Asha Rao imported march.csv",
            "Asha Rao uploaded april.csv, 1 row (SBI savings)",
            "Asha Rao took the statement april.csv back",
        ]
        assert any(
            line.startswith("Asha Rao imported ROW 1, ₹50") for line in summaries(asha, "ledger_transaction")
        )


class TestRowsOfTransaction:
    def test_hold_it_and_its_papers(self, asha):
        recorded = record(asha)
        paper = Api(asha).upload(f"transactions/{recorded}/attachments", PDF, name="bill.pdf").json()
        Api(asha).delete(f"attachments/{paper['id']}")

        with acting_as(asha.actor):
            rows = rows_of_transaction(book=asha.book, transaction_id=recorded)
            page = runs_page(reader_id=asha.id, filters=Filters(book_id=asha.book.pk, rows=rows))

        assert rows == (("ledger_transaction", str(recorded)), ("ledger_attachment", paper["id"]))
        assert ["".join(run.words) for run in page.rows] == [
            "removed bill.pdf",
            "attached bill.pdf",
            "added Groceries, ₹500",
        ]


class TestBook:
    def test_says_what_was_settled(self, asha):
        api = Api(asha)
        api.patch(f"books/{asha.book.pk}", {"name": "The Raos"})
        api.patch(f"books/{asha.book.pk}", {"closed_until": "2026-03-31"})

        assert summaries(asha, "ledger_book") == [
            "Asha Rao opened the book Rao household",
            "Asha Rao changed the name from Rao household to The Raos (the book)",
            "Asha Rao closed the book up to 31 March 2026",
        ]
