from __future__ import annotations

import datetime as dt

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.journal.rules import colour_of, description_fold, legs_of, view_of
from rupaya.core.ids import uuid7
from rupaya.core.money import Money

AMOUNTS = st.lists(st.integers(1, 10**15 - 1).map(lambda minor: Money(minor, "INR")), min_size=1, max_size=20)


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

    @pytest.mark.parametrize("text", ["", " \t", "\u200b", "\u200d\ufe0f"])
    def test_finds_nothing_to_see(self, text):
        assert description_fold(text=text) == ""


class TestLegsOf:
    @given(st.sampled_from(["income", "expense", "transfer"]), AMOUNTS)
    def test_sum_to_zero_and_move_the_account_the_way_of_the_type(self, entry_type, amounts):
        account_id = uuid7()

        legs = legs_of(
            entry_type=entry_type, account_id=account_id, others=[(uuid7(), amount) for amount in amounts]
        )

        moved = sum(leg.amount.minor for leg in legs if leg.account_id == account_id)
        total = sum(amount.minor for amount in amounts)
        assert sum(leg.amount.minor for leg in legs) == 0
        assert len(legs) == len(amounts) + 1
        assert moved == (total if entry_type == "income" else -total)

    def test_are_written_as_the_database_takes_them(self):
        account_id = uuid7()

        leg = legs_of(entry_type="income", account_id=account_id, others=[(uuid7(), Money(5, "INR"))])[0]

        assert leg.as_json() == {"account_id": str(account_id), "amount_minor": 5, "currency": "INR"}


class TestViewOf:
    def row(self, kind, legs, origin="manual"):
        return {
            "id": uuid7(), "type": kind, "origin": origin, "date": dt.date(2026, 11, 20), "description": "x",
            "created_at": dt.datetime(2026, 11, 20, tzinfo=dt.UTC),
            "legs": orjson.dumps([
                {"account_id": str(uuid7()), "name": name, "type": account_type, "icon": icon,
                 "amount_minor": minor, "currency": "INR"}
                for name, account_type, icon, minor in legs
            ]),
        }  # fmt: skip

    def test_reads_an_expense(self):
        view = view_of(
            self.row("expense", [("Fuel", "expense", "fuel", 500), ("Cash", "asset", "wallet", -500)])
        )

        assert (view.amount, view.signed) == (Money(500, "INR"), Money(-500, "INR"))
        assert (view.account, view.category, view.icon, view.to_account) == ("Cash", "Fuel", "fuel", "")
        assert not view.is_transfer

    def test_reads_a_split(self):
        legs = [("Fuel", "expense", "", 500), ("Travel", "expense", "", 200), ("Cash", "asset", "", -700)]

        view = view_of(self.row("expense", legs))

        assert [(part.category, part.amount.minor) for part in view.parts] == [("Fuel", 500), ("Travel", 200)]
        assert (view.amount.minor, view.category, view.icon) == (700, "Split in 2", "tag")

    @pytest.mark.parametrize("is_turned", [False, True])
    def test_reads_a_transfer_from_where_the_money_left(self, is_turned):
        legs = [("Bank", "asset", "bank", 500), ("Cash", "asset", "wallet", -500)]

        view = view_of(self.row("transfer", legs[::-1] if is_turned else legs))

        assert (view.account, view.to_account, view.category, view.parts) == ("Cash", "Bank", "Transfer", ())
        assert view.signed == Money(500, "INR")

    @pytest.mark.parametrize(
        ("origin", "said"), [("opening", "Opening balance"), ("adjustment", "Adjustment")]
    )
    def test_says_what_a_statement_added(self, origin, said):
        legs = [("Bank", "asset", "bank", 500), ("Opening balances", "equity", "scale", -500)]

        assert view_of(self.row("transfer", legs, origin)).category == said


class TestColourOf:
    @given(st.uuids())
    def test_is_one_of_six_and_always_the_same(self, identity):
        assert 1 <= colour_of(str(identity)) <= 6
        assert colour_of(str(identity)) == colour_of(str(identity))
