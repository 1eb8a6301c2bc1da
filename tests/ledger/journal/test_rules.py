from __future__ import annotations

import datetime as dt
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.journal.rules import Side, colour_of, description_fold, legs_of, view_of
from rupaya.core.ids import uuid7
from rupaya.core.money import Money

# A share: in paise, and its worth in another currency's minor units.
SHARES = st.lists(st.tuples(st.integers(1, 10**15 - 1), st.integers(1, 10**15 - 1)), min_size=1, max_size=20)


def side(minor, base_minor=None, currency="INR"):
    return Side(uuid7(), Money(minor, currency), base_minor or minor)


class TestDescriptionFold:
    @given(st.text())
    def test_never_leaves_what_breaks_a_line(self, text):
        folded = description_fold(text=text)

        assert folded is None or (folded == " ".join(folded.split()) and "\x00" not in folded)

    @pytest.mark.parametrize("text", ["क्\u200dष", "👩\u200d👧", "ಕನ್ನಡ", "naïve", "x\ufe0f"])
    def test_keeps_what_scripts_are_written_with(self, text):
        assert description_fold(text=f"  {text}\n") == text

    @pytest.mark.parametrize("text", ["a\x07b", "a\u202eb", "a\u2066b", "a\ud800b"])
    def test_refuses_what_can_not_be_seen(self, text):
        assert description_fold(text=text) is None

    @pytest.mark.parametrize("text", ["", " \t", "\u200b", "\u200d\ufe0f", "\u200d \u200d"])
    def test_finds_nothing_to_see(self, text):
        assert description_fold(text=text) == ""


class TestLegsOf:
    @given(st.sampled_from(["income", "expense", "transfer"]), SHARES)
    def test_sum_to_zero_and_move_the_account_the_way_of_the_type(self, entry_type, shares):
        others = [side(minor) for minor, _ in shares]
        own = side(sum(minor for minor, _ in shares))

        legs = legs_of(entry_type=entry_type, own=own, others=others)

        (moved,) = [leg.amount for leg in legs if leg.account_id == own.account_id]
        assert sum(leg.amount.minor for leg in legs) == sum(leg.base_minor for leg in legs) == 0
        assert len(legs) == len(shares) + 1
        assert moved == (own.amount if entry_type == "income" else -own.amount)

    @given(st.sampled_from(["income", "expense", "transfer"]), SHARES)
    def test_sum_to_zero_in_the_books_currency_where_the_accounts_is_another(self, entry_type, shares):
        others = [side(minor) for minor, _ in shares]
        own = side(77, sum(minor for minor, _ in shares), "USD")

        legs = legs_of(entry_type=entry_type, own=own, others=others)

        assert sum(leg.base_minor for leg in legs) == 0
        assert [leg.amount.minor for leg in legs if leg.amount.currency == "USD"] == [
            77 if entry_type == "income" else -77
        ]
        assert all((leg.amount.minor > 0) == (leg.base_minor > 0) for leg in legs)

    def test_are_written_as_the_database_takes_them(self):
        own = side(5, 415, "USD")

        leg = legs_of(entry_type="income", own=own, others=[side(415)])[0]

        assert leg.as_json() == {
            "account_id": str(own.account_id), "amount_minor": 5, "currency": "USD", "base_minor": 415,
        }  # fmt: skip


class TestViewOf:
    def body(self, **said):
        """A transaction as the page's SQL gives it: an expense of 5.00 on Fuel, from Cash."""
        plain = {
            "id": str(uuid7()), "type": "expense", "origin": "manual", "status": "posted", "is_reconciled": False,
            "date": "2026-11-20", "description": "x", "payee": "Indian Oil", "notes": "", "tags": ["car"],
            "created_at": "2026-11-20T09:30:00.000001Z", "version": 3, "undo_token": str(uuid7()),
            "amount_minor": 500, "currency": "INR", "account_id": str(uuid7()), "account": "Cash",
            "to_account_id": None, "to_account": None, "to_amount_minor": None, "to_currency": None,
            "category_id": str(uuid7()), "category": "Fuel", "splits": [],
        }  # fmt: skip
        return orjson.dumps(plain | said)

    def transfer(self, **said):
        target = {
            "to_account_id": str(uuid7()),
            "to_account": "Bank",
            "to_amount_minor": 500,
            "to_currency": "INR",
        }
        plain = {"type": "transfer", "category_id": None, "category": "Transfer"}
        return self.body(**(plain | target | said))

    def test_reads_an_expense(self):
        view = view_of(self.body(), "fuel")

        assert (view.amount, view.signed) == (Money(500, "INR"), Money(-500, "INR"))
        assert (view.account, view.category, view.icon, view.to_account) == ("Cash", "Fuel", "fuel", "")
        assert [(part.category, part.amount.minor) for part in view.parts] == [("Fuel", 500)]
        assert (view.date, view.created_at) == (
            dt.date(2026, 11, 20),
            dt.datetime(2026, 11, 20, 9, 30, 0, 1, tzinfo=dt.UTC),
        )
        assert (view.payee, view.tags, view.version, view.status) == ("Indian Oil", ("car",), 3, "posted")
        assert (view.to_account_id, view.to_amount, view.is_transfer) == (None, None, False)

    def test_reads_a_split(self):
        ids = [uuid7(), uuid7()]
        splits = [
            {"category_id": str(identity), "category": name, "amount_minor": minor, "currency": "INR"}
            for identity, (name, minor) in zip(ids, (("Fuel", 500), ("Travel", 200)), strict=True)
        ]

        view = view_of(
            self.body(amount_minor=700, category_id=None, category="Split in 2", splits=splits), None
        )

        assert [(part.category, part.amount.minor) for part in view.parts] == [("Fuel", 500), ("Travel", 200)]
        assert [part.category_id for part in view.parts] == ids
        assert (view.amount.minor, view.category, view.icon) == (700, "Split in 2", "tag")

    @pytest.mark.parametrize("reached", [Money(500, "INR"), Money(6, "USD")])
    def test_reads_a_transfer_from_where_the_money_left(self, reached):
        view = view_of(self.transfer(to_amount_minor=reached.minor, to_currency=reached.currency), "bank")

        assert (view.account, view.to_account, view.category, view.parts) == ("Cash", "Bank", "Transfer", ())
        assert (view.signed, view.to_amount, view.is_transfer) == (Money(500, "INR"), reached, True)

    @pytest.mark.parametrize(
        ("origin", "said"), [("opening", "Opening balance"), ("adjustment", "Adjustment")]
    )
    def test_says_what_a_statement_added(self, origin, said):
        view = view_of(self.transfer(origin=origin, category=said), "scale")

        assert (view.origin, view.category, view.icon) == (origin, said, "scale")

    def test_gives_a_category_its_colour_and_a_transfer_its_targets(self):
        ids = {"category_id": str(UUID(int=7)), "to_account_id": str(UUID(int=8))}

        assert view_of(self.body(category_id=ids["category_id"]), None).colour == colour_of(
            ids["category_id"]
        )
        assert view_of(self.transfer(to_account_id=ids["to_account_id"]), None).colour == colour_of(
            ids["to_account_id"]
        )


class TestColourOf:
    @given(st.uuids())
    def test_is_one_of_six(self, identity):
        assert 1 <= colour_of(str(identity)) <= 6

    @pytest.mark.parametrize(
        ("identity", "colour"),
        [("01a2074f-0618-790e-ae9b-8f95f47a1bf1", 4), ("01A2074F-0618-790E-AE9B-8F95F47A1BF2", 5)],
    )
    def test_is_always_the_same_for_an_account(self, identity, colour):
        assert colour_of(identity) == colour
