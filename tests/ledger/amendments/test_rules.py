from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.amendments.rules import (
    ChangeUnfit,
    State,
    Step,
    Touched,
    changed,
    touched_by,
    undoing_of,
    version_before_void,
)
from ledger.journal.rules import Leg
from rupaya.core.money import Money

ID, CHANGE, CASH, BANK, FUEL, TRAVEL = (UUID(int=number) for number in range(1, 7))
DAY = dt.date(2026, 11, 20)


def leg(account_id, minor, currency="INR", base_minor=None):
    return Leg(account_id, Money(minor, currency), minor if base_minor is None else base_minor)


def state(*legs, **fields):
    """An expense of ₹5 on fuel from cash, with other fields or legs."""
    said: dict[str, Any] = {
        "id": ID, "version": 1, "change_id": CHANGE, "date": DAY, "type": "expense", "origin": "manual",
        "description": "Petrol", "payee": "", "notes": "", "tags": (), "status": "posted", "is_reconciled": False,
        "account_id": CASH, "to_account_id": None, "amount_minor": 500,
    }  # fmt: skip
    return State(**said | fields, legs=legs or (leg(FUEL, 500), leg(CASH, -500)))


SPLIT = state(leg(FUEL, 300), leg(TRAVEL, 200), leg(CASH, -500))
TRANSFER = state(leg(BANK, 500), leg(CASH, -500), type="transfer", to_account_id=BANK)
FOREIGN = state(leg(FUEL, 41500), leg(CASH, -500, "USD", -41500))
EXCHANGE = state(leg(BANK, 41500), leg(CASH, -500, "USD", -41500), type="transfer", to_account_id=BANK)
THROUGH = state(
    leg(BANK, 750, "JPY", 41500), leg(CASH, -500, "USD", -41500), type="transfer", to_account_id=BANK
)


def become(standing, **changes):
    return changed(standing, changes, base_currency="INR")


class TestState:
    def test_knows_its_own_leg_and_its_parts(self):
        assert SPLIT.own == leg(CASH, -500)
        assert SPLIT.parts == [(FUEL, Money(300, "INR")), (TRAVEL, Money(200, "INR"))]
        assert (SPLIT.is_transfer, TRANSFER.is_transfer) == (False, True)

    def test_has_positive_parts_for_an_income_too(self):
        income = state(leg(CASH, 500), leg(FUEL, -300), leg(TRAVEL, -200), type="income")

        assert income.parts == [(FUEL, Money(300, "INR")), (TRAVEL, Money(200, "INR"))]

    @given(st.lists(st.integers(1, 10**9), min_size=1, max_size=20), st.integers(20, 10**9))
    def test_has_parts_of_a_foreign_amount_that_sum_to_it(self, shares, minor):
        legs = [leg(UUID(int=9 + at), share) for at, share in enumerate(shares)]
        foreign = state(*legs, leg(CASH, -minor, "USD", -sum(shares)), amount_minor=minor)

        assert sum(part.minor for _, part in foreign.parts) == minor
        assert {part.currency for _, part in foreign.parts} == {"USD"}

    @pytest.mark.parametrize(
        ("standing", "said"),
        [(SPLIT, False), (TRANSFER, False), (FOREIGN, True), (EXCHANGE, False), (THROUGH, True)],
    )
    def test_was_told_its_worth_where_no_account_of_it_is_in_the_books_currency(self, standing, said):
        assert standing.is_worth_said("INR") is said

    def test_is_written_as_the_database_takes_it(self):
        assert TRANSFER.as_json(status="posted", with_legs=True) == {
            "id": str(ID), "date": "2026-11-20", "type": "transfer", "description": "Petrol", "payee": "", "notes": "",
            "tags": [], "status": "posted", "is_reconciled": False, "account_id": str(CASH), "to_account_id": str(BANK),
            "amount_minor": 500,
            "postings": [
                {"account_id": str(BANK), "amount_minor": 500, "currency": "INR", "base_minor": 500},
                {"account_id": str(CASH), "amount_minor": -500, "currency": "INR", "base_minor": -500},
            ],
        }  # fmt: skip
        assert "postings" not in TRANSFER.as_json(status="void", with_legs=False)


class TestChanged:
    def test_keeps_what_is_not_named(self):
        fields = become(SPLIT)

        assert {name: fields[name] for name in ("type", "date", "description", "account_id", "status")} == {
            "type": "expense", "date": DAY, "description": "Petrol", "account_id": CASH, "status": "posted",
        }  # fmt: skip
        assert fields["parts"] == SPLIT.parts
        assert fields["base_amount"] is None

    @pytest.mark.parametrize(
        ("changes", "parts"),
        [
            ({"amount": Money(7, "INR")}, [(FUEL, Money(7, "INR"))]),
            ({"category_id": None}, [(None, Money(500, "INR"))]),
            ({"category_id": TRAVEL, "amount": Money(7, "INR")}, [(TRAVEL, Money(7, "INR"))]),
            ({"type": "income"}, [(None, Money(500, "INR"))]),
            ({"type": "transfer", "to_account_id": BANK}, [(None, Money(500, "INR"))]),
            ({"splits": [{"category_id": TRAVEL, "amount": Money(1, "INR")}]}, [(TRAVEL, Money(1, "INR"))]),
        ],
    )
    def test_divides_the_amount_as_it_is_said(self, changes, parts):
        assert become(state(), **changes)["parts"] == parts

    @pytest.mark.parametrize(
        "changes",
        [{"type": "income", "category_id": TRAVEL}, {"type": "income", "category_id": None},
         {"type": "transfer", "to_account_id": BANK, "category_id": None}, {"type": "expense", "category_id": None},
         {"type": "income", "splits": [{"category_id": TRAVEL, "amount": Money(500, "INR")}]}],
    )  # fmt: skip
    def test_lets_splits_go_where_that_is_said(self, changes):
        assert len(become(SPLIT, **changes)["parts"]) == 1

    @pytest.mark.parametrize(
        ("standing", "changes", "field"),
        [
            (SPLIT, {"amount": Money(7, "INR")}, "splits"),
            (SPLIT, {"amount": Money(500, "USD")}, "splits"),
            (SPLIT, {"type": "income"}, "splits"),
            (SPLIT, {"type": "income", "amount": Money(7, "INR")}, "splits"),
            (SPLIT, {"type": "transfer", "to_account_id": BANK}, "splits"),
            (state(), {"amount": Money(7, "INR"), "splits": [{"category_id": FUEL, "amount": Money(8, "INR")}]},
             "splits"),
            (state(), {"type": "transfer"}, "to_account_id"),
            (state(), {"to_account_id": BANK}, "to_account_id"),
            (state(), {"to_amount": "5"}, "to_amount"),
            (TRANSFER, {"category_id": FUEL}, "category_id"),
            (TRANSFER, {"splits": [{"category_id": FUEL, "amount": Money(500, "INR")}]}, "splits"),
            (TRANSFER, {"type": "income", "to_account_id": BANK}, "to_account_id"),
        ],
    )  # fmt: skip
    def test_asks_for_what_only_the_person_can_say(self, standing, changes, field):
        with pytest.raises(ChangeUnfit) as raised:
            become(standing, **changes)

        assert [error.field for error in raised.value.errors] == [field]

    def test_lets_a_transfer_have_no_category(self):
        assert become(TRANSFER, category_id=None)["parts"] == [(None, Money(500, "INR"))]

    @pytest.mark.parametrize(
        ("standing", "changes", "base_minor"),
        [
            (FOREIGN, {"description": "x"}, 41500),
            (FOREIGN, {"amount": Money(500, "USD")}, 41500),
            (FOREIGN, {"category_id": None, "date": DAY}, 41500),
            (FOREIGN, {"base_amount": Money(9, "INR")}, 9),
            (FOREIGN, {"amount": Money(501, "USD")}, None),
            (FOREIGN, {"splits": [{"category_id": FUEL, "amount": Money(501, "USD")}]}, None),
            (FOREIGN, {"account_id": BANK}, None),
            (FOREIGN, {"type": "transfer", "to_account_id": BANK}, None),
            (EXCHANGE, {"to_amount": "416"}, None),
            (THROUGH, {"to_amount": "751"}, 41500),
            (THROUGH, {"to_account_id": TRAVEL}, None),
        ],
    )
    def test_is_worth_the_same_while_the_same_moves(self, standing, changes, base_minor):
        assert become(standing, **changes)["base_amount"] == (base_minor and Money(base_minor, "INR"))

    @pytest.mark.parametrize(
        ("standing", "changes", "to_amount"),
        [(EXCHANGE, {"payee": "x"}, "415.00"), (EXCHANGE, {"to_amount": 416}, "416"), (THROUGH, {}, "750"),
         (EXCHANGE, {"amount": Money(501, "USD")}, "None"), (EXCHANGE, {"to_account_id": FUEL}, "None")],
    )  # fmt: skip
    def test_reaches_the_target_with_the_same_while_the_same_moves(self, standing, changes, to_amount):
        assert str(become(standing, **changes)["to_amount"]) == to_amount


class TestTouchedBy:
    def test_is_nothing_without_a_change(self):
        assert touched_by(SPLIT, None) == Touched()

    def test_is_both_days_and_the_accounts_of_new_postings(self):
        item = SPLIT.as_json(status="posted", with_legs=True) | {"date": "2026-03-31"}

        touched = touched_by(SPLIT, item)

        assert touched.dates == (DAY, dt.date(2026, 3, 31))
        assert touched.accounts == {FUEL, TRAVEL, CASH}
        assert touched.holders == {CASH}
        assert (touched.moves_reconciled, touched.version) == (False, 1)

    def test_is_the_account_that_money_leaves_too_and_not_a_category_that_it_leaves(self):
        moved = state(leg(TRAVEL, 500), leg(BANK, -500), account_id=BANK)

        touched = touched_by(state(), moved.as_json(status="posted", with_legs=True))

        assert touched.accounts == {TRAVEL, BANK, CASH}

    def test_is_of_words_the_account_that_it_is_of_and_no_money(self):
        touched = touched_by(TRANSFER, TRANSFER.as_json(status="posted", with_legs=False))

        assert (touched.accounts, touched.holders) == ((), {BANK, CASH})

    @pytest.mark.parametrize(
        ("change", "moves"),
        [({}, False), ({"payee": "x"}, False), ({"amount_minor": 1}, True), ({"date": "2026-03-31"}, True),
         ({"amount_minor": 1, "is_reconciled": False}, False)],
    )  # fmt: skip
    def test_says_whether_money_that_agrees_with_the_bank_moves(self, change, moves):
        ticked = state(is_reconciled=True)
        item = ticked.as_json(status="posted", with_legs=False) | change

        assert touched_by(ticked, item).moves_reconciled is moves


class TestFollowing:
    def test_puts_the_account_that_took_over_in_every_place(self):
        moved = TRANSFER.following({BANK: TRAVEL, FUEL: ID})

        assert (moved.account_id, moved.to_account_id) == (CASH, TRAVEL)
        assert moved.legs == (leg(TRAVEL, 500), leg(CASH, -500))
        assert SPLIT.following({CASH: BANK}).own == leg(BANK, -500)
        assert SPLIT.following({BANK: CASH}) == SPLIT


class TestSays:
    def test_asks_what_is_said_and_not_which_version_says_it(self):
        assert SPLIT.says(state(*SPLIT.legs, version=7, change_id=ID))
        assert not SPLIT.says(state(*SPLIT.legs, payee="x"))
        assert not SPLIT.says(state())


class TestVersionBeforeVoid:
    @pytest.mark.parametrize(
        ("life", "version"),
        [("lv", 1), ("lu", 1), ("llv", 2), ("lvlv", 3), ("lvlu", 1), ("llvlu", 2), ("llvlulu", 2), ("lvlulv", 5),
         ("lvuu", 1), ("lvlvlu", 3)],
    )  # fmt: skip
    def test_is_the_one_that_counted_before_it_was_meant_to_be_void(self, life, version):
        """l: a live version, v: void, u: the version before taken back, and so back to what was before that."""
        steps: list[Step] = []
        for number, letter in enumerate(life, 10):
            is_void = letter == "v" or (letter == "u" and (len(steps) < 2 or steps[-2].is_void))
            steps.append(
                Step(
                    len(steps) + 1,
                    is_void,
                    undoing_of(steps[-1].change_id) if letter == "u" else UUID(int=number),
                )
            )

        assert version_before_void(steps) == version

    @pytest.mark.parametrize(
        ("seen", "version"),
        [({4, 5}, 4), ({1, 4, 5}, 4), ({1, 2, 3, 5}, None), ({5}, None)],
    )
    def test_is_told_where_older_versions_are_hidden_and_not_guessed_where_it_is_itself(self, seen, version):
        steps = [Step(number, number == 5, UUID(int=number)) for number in sorted(seen)]

        assert version_before_void(steps) == version

    def test_is_not_guessed_where_the_void_that_is_meant_is_hidden(self):
        restored = Step(4, is_void=False, change_id=ID)
        dead = Step(5, is_void=True, change_id=undoing_of(ID))

        assert version_before_void([Step(1, is_void=False, change_id=CHANGE), restored, dead]) is None


class TestUndoingOf:
    def test_is_one_for_each_change(self):
        once = undoing_of(CHANGE)

        assert once == undoing_of(CHANGE)
        assert len({CHANGE, once, undoing_of(once), undoing_of(ID)}) == 4
