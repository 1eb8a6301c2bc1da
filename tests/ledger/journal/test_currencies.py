"""Accounts in other currencies than the book's: both amounts are kept, and in the book's currency all sums to zero."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.journal.schemas import FILTER_ASKS
from rupaya.core.money import CURRENCY_PLACES
from tests.ledger.amendments.asking import Phone, account_make, ids, legs, said, steady, unsound
from tests.ledger.desk import counts, refused

ON = "2026-11-20"


@pytest.fixture
def phone(asha):
    return Phone(asha)


@pytest.fixture
def usd(asha):
    return account_make(asha, "USD", "Dollars")


@pytest.fixture
def jpy(asha):
    return account_make(asha, "JPY", "Yen")


@pytest.fixture
def kwd(asha):
    return account_make(asha, "KWD", "Dinars")


@pytest.fixture
def cash(asha):
    return ids(asha, "Cash")[0]


@pytest.fixture
def named(usd, jpy, kwd, cash, asha):
    """Fields with the ids of the accounts that they name: `@USD`."""
    known = {"@USD": usd, "@JPY": jpy, "@KWD": kwd, "@INR": cash, "@SAVE": ids(asha, "Savings account")[0]}
    known |= {f"@{name}": ids(asha, name)[0] for name in ("Fuel", "Travel")}

    def read(value):
        if isinstance(value, dict):
            return {name: read(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [read(inner) for inner in value]
        return known.get(value, value) if isinstance(value, str) else value

    return read


HOTEL = {"account_id": "@USD", "currency": "USD", "amount": 12.5, "base_amount": 1037.51, "date": ON}
TO_INR = {"type": "transfer", "account_id": "@USD", "currency": "USD", "amount": 100, "to_account_id": "@INR",
          "to_amount": "8301.25", "date": ON}  # fmt: skip
FROM_INR = {"type": "transfer", "account_id": "@INR", "amount": "8301.25", "to_account_id": "@USD", "to_amount": 100,
            "date": ON}  # fmt: skip
TO_JPY = {"type": "transfer", "account_id": "@USD", "currency": "USD", "amount": 100, "to_account_id": "@JPY",
          "to_amount": 15012, "base_amount": 8300, "date": ON}  # fmt: skip


class TestExpense:
    def test_keeps_what_was_spent_and_what_it_was_worth(self, phone, asha, named):
        made = phone.record(**named(HOTEL | {"category_id": "@Travel"}))

        assert (made["amount"], made["amount_minor"], made["currency"]) == (12.5, 1250, "USD")
        assert (made["base_amount"], made["base_amount_minor"], made["base_currency"]) == (
            1037.51,
            103751,
            "INR",
        )
        assert (made["category"], made["rate"]) == ("Travel", None)
        assert legs(asha, made) == [("Travel", 103751, "INR", 103751), ("Dollars", -1250, "USD", -103751)]
        assert unsound(asha) == []

    def test_divides_its_worth_over_splits_to_the_paisa(self, phone, asha, named):
        splits = [{"category_id": "@Fuel", "amount": "4.17"}, {"category_id": "@Travel", "amount": "8.33"}]

        made = phone.record(**named(HOTEL | {"splits": splits}))

        assert [part["amount_minor"] for part in made["splits"]] == [34612, 69139]
        assert sum(part["amount_minor"] for part in made["splits"]) == made["base_amount_minor"]
        assert {part["currency"] for part in made["splits"]} == {"INR"}
        assert unsound(asha) == []

    @pytest.mark.parametrize(
        ("currency", "amount", "minor"), [("JPY", 15012, 15012), ("KWD", "1.005", 1005), ("USD", "0.01", 1)]
    )
    def test_takes_the_decimals_of_its_currency(self, phone, asha, named, currency, amount, minor):
        made = phone.record(
            **named(
                {
                    "account_id": f"@{currency}",
                    "currency": currency.lower(),
                    "amount": amount,
                    "base_amount": 1,
                }
            )
        )

        assert (made["amount_minor"], made["currency"]) == (minor, currency)
        assert Decimal(str(made["amount"])) == Decimal(minor).scaleb(-CURRENCY_PLACES[currency])
        assert unsound(asha) == []

    @pytest.mark.parametrize(("query", "count"), [({"amount_min": "1.005"}, 1), ({"amount_max": "1.004"}, 0)])
    def test_is_found_by_as_many_decimals_as_its_currency_has(self, phone, named, query, count):
        phone.record(
            **named({"account_id": "@KWD", "currency": "KWD", "amount": "1.005", "base_amount": 275})
        )

        assert len(said(phone.get("transactions", **query))["results"]) == count
        ((name, text),) = query.items()
        (schema,) = (ask.schema for ask in FILTER_ASKS if ask.name == name)
        assert re.search(schema["pattern"], text)

    def test_takes_income_into_a_foreign_account(self, phone, asha, named):
        made = phone.record(**named(HOTEL | {"type": "income"}))

        assert legs(asha, made) == [
            ("Dollars", 1250, "USD", 103751),
            ("Other income", -103751, "INR", -103751),
        ]

    @pytest.mark.parametrize(
        ("fields", "code", "field"),
        [
            ({"base_amount": None}, "amount_unfit", "base_amount"),
            ({"base_amount": 0}, "invalid", "base_amount"),
            ({"base_amount": -5}, "invalid", "base_amount"),
            ({"base_amount": "1.001"}, "invalid", "base_amount"),
            ({"currency": None, "base_amount": None}, "account_unfit", "currency"),
            ({"currency": "JPY", "amount": 12}, "account_unfit", "currency"),
            ({"currency": "JPY"}, "invalid", "amount"),
            ({"account_id": "@INR"}, "account_unfit", "currency"),
            ({"account_id": "@INR", "currency": "INR"}, "amount_unfit", "base_amount"),
            ({"to_amount": 5}, "invalid", "to_amount"),
        ],
    )
    def test_names_what_is_missing_or_does_not_fit(self, phone, asha, named, fields, code, field):
        before = counts(asha)
        body = {"type": "expense", "description": "Hotel"} | HOTEL | fields

        response = phone.post(
            "transactions", named({name: value for name, value in body.items() if value is not None})
        )

        refused(response, 400, code, field)
        assert counts(asha) == before

    def test_refuses_a_part_that_is_worth_nothing(self, phone, asha, named):
        splits = [{"category_id": "@Fuel", "amount": 100}, {"category_id": "@Travel", "amount": "0.01"}]
        before = counts(asha)
        body = {"type": "expense", "description": "x", **HOTEL, "amount": "100.01", "base_amount": "0.05"}

        said = refused(
            phone.post("transactions", named(body | {"splits": splits})),
            400,
            "amount_unfit",
            "splits.1.amount",
        )

        assert said["error"] == "Part 2 of the split is worth nothing in INR; join it with another part."
        assert counts(asha) == before


class TestTransfer:
    @pytest.mark.parametrize(
        ("fields", "rate", "wanted"),
        [
            (TO_INR, 83.0125, [("Cash", 830125, "INR", 830125), ("Dollars", -10000, "USD", -830125)]),
            (FROM_INR, 0.01204638, [("Dollars", 10000, "USD", 830125), ("Cash", -830125, "INR", -830125)]),
            (TO_JPY, 150.12, [("Yen", 15012, "JPY", 830000), ("Dollars", -10000, "USD", -830000)]),
        ],
    )
    def test_keeps_both_amounts_and_derives_the_rate(self, phone, asha, named, fields, rate, wanted):
        made = phone.record(**named(fields))

        assert legs(asha, made) == wanted
        assert made["rate"] == rate
        assert made["to_amount_minor"] == wanted[0][1]
        assert made["to_currency"] == wanted[0][2]
        assert made["base_amount_minor"] == wanted[0][3]
        assert unsound(asha) == []

    @pytest.mark.parametrize(
        ("fields", "found"), [(HOTEL, {"USD"}), (TO_INR, {"USD", "INR"}), (TO_JPY, {"USD", "JPY"})]
    )
    def test_is_found_by_the_currencies_that_the_answer_names(self, phone, named, fields, found):
        made = phone.record(**named(fields))

        def holds(currency):
            rows = said(phone.get("transactions", q=f"currency:{currency}"))["results"]
            return made["id"] in [row["id"] for row in rows]

        assert {currency for currency in ("INR", "USD", "JPY", "KWD") if holds(currency)} == found
        assert {made["currency"], made["to_currency"] or made["currency"]} == found

    def test_has_no_rate_within_a_currency(self, phone, asha, named):
        other = account_make(asha, "USD", "More dollars")

        made = phone.record(**named(TO_JPY | {"to_account_id": other, "to_amount": None}))

        assert (made["to_amount"], made["to_currency"], made["rate"]) == (100, "USD", None)
        assert legs(asha, made)[0] == ("More dollars", 10000, "USD", 830000)

    @pytest.mark.parametrize(
        ("fields", "code", "field"),
        [
            (TO_INR | {"to_amount": None}, "amount_unfit", "to_amount"),
            (TO_INR | {"to_amount": 0}, "amount_unfit", "to_amount"),
            (TO_INR | {"to_amount": "-1"}, "amount_unfit", "to_amount"),
            (TO_INR | {"to_amount": "1.001"}, "invalid", "to_amount"),
            (TO_INR | {"to_amount": "x"}, "invalid", "to_amount"),
            (TO_INR | {"to_amount": [1]}, "invalid", "to_amount"),
            (TO_INR | {"base_amount": 8000}, "amount_unfit", "base_amount"),
            (TO_INR | {"category_id": "@Fuel"}, "invalid", "category_id"),
            (FROM_INR | {"to_amount": None}, "amount_unfit", "to_amount"),
            (FROM_INR | {"base_amount": 8000}, "amount_unfit", "base_amount"),
            (TO_JPY | {"base_amount": None}, "amount_unfit", "base_amount"),
            (TO_JPY | {"to_amount": None}, "amount_unfit", "to_amount"),
            (TO_JPY | {"to_amount": "150.5"}, "invalid", "to_amount"),
            (FROM_INR | {"to_account_id": "@SAVE", "to_amount": 8300}, "amount_unfit", "to_amount"),
            (
                FROM_INR | {"to_account_id": "@SAVE", "to_amount": None, "base_amount": 1},
                "amount_unfit",
                "base_amount",
            ),
        ],
    )
    def test_names_what_is_missing_or_does_not_fit(self, phone, asha, named, fields, code, field):
        before = counts(asha)
        body = {"description": "x"} | {name: value for name, value in fields.items() if value is not None}

        refused(phone.post("transactions", named(body)), 400, code, field)

        assert counts(asha) == before

    def test_takes_what_is_said_twice_if_it_is_the_same(self, phone, asha, named):
        made = [phone.record(**named(fields | {"base_amount": "8301.25"})) for fields in (TO_INR, FROM_INR)]

        assert {row["base_amount"] for row in made} == {8301.25}


class TestChange:
    @pytest.mark.parametrize(
        ("fields", "changes", "wanted"),
        [
            (HOTEL, {"base_amount": 1000},
             [("Uncategorised", 100000, "INR", 100000), ("Dollars", -1250, "USD", -100000)]),
            (HOTEL, {"amount": 25, "base_amount": 2000},
             [("Uncategorised", 200000, "INR", 200000), ("Dollars", -2500, "USD", -200000)]),
            (HOTEL, {"category_id": "@Fuel"},
             [("Fuel", 103751, "INR", 103751), ("Dollars", -1250, "USD", -103751)]),
            (HOTEL, {"account_id": "@INR", "amount": 1040, "currency": "INR"},
             [("Uncategorised", 104000, "INR", 104000), ("Cash", -104000, "INR", -104000)]),
            (HOTEL, {"account_id": "@JPY", "amount": 1900, "currency": "JPY", "base_amount": 1000},
             [("Uncategorised", 100000, "INR", 100000), ("Yen", -1900, "JPY", -100000)]),
            (HOTEL, {"type": "transfer", "to_account_id": "@INR", "to_amount": 1037.51},
             [("Cash", 103751, "INR", 103751), ("Dollars", -1250, "USD", -103751)]),
            (TO_INR, {"to_amount": 8400},
             [("Cash", 840000, "INR", 840000), ("Dollars", -10000, "USD", -840000)]),
            (TO_INR, {"amount": 101, "to_amount": 8400},
             [("Cash", 840000, "INR", 840000), ("Dollars", -10100, "USD", -840000)]),
            (TO_INR, {"type": "expense", "base_amount": 8000},
             [("Uncategorised", 800000, "INR", 800000), ("Dollars", -10000, "USD", -800000)]),
            (FROM_INR, {"to_amount": 99}, [("Dollars", 9900, "USD", 830125), ("Cash", -830125, "INR", -830125)]),
            (FROM_INR, {"amount": 8000, "to_amount": 99},
             [("Dollars", 9900, "USD", 800000), ("Cash", -800000, "INR", -800000)]),
            (FROM_INR, {"to_account_id": "@SAVE"},
             [("Savings account", 830125, "INR", 830125), ("Cash", -830125, "INR", -830125)]),
            (TO_JPY, {"to_amount": 15000}, [("Yen", 15000, "JPY", 830000), ("Dollars", -10000, "USD", -830000)]),
            (TO_JPY, {"base_amount": 8400}, [("Yen", 15012, "JPY", 840000), ("Dollars", -10000, "USD", -840000)]),
        ],
    )  # fmt: skip
    def test_moves_both_amounts(self, phone, asha, named, fields, changes, wanted):
        made = phone.record(**named(fields))

        changed = phone.change(made, **named(changes))

        assert legs(asha, changed) == wanted
        assert unsound(asha) == []
        assert steady(said(phone.undo(changed["undo_token"]))["results"][0]) == steady(made)

    @pytest.mark.parametrize(
        ("fields", "changes", "code", "field"),
        [
            (HOTEL, {"amount": 25}, "amount_unfit", "base_amount"),
            (HOTEL, {"splits": [{"category_id": "@Fuel", "amount": 25}]}, "amount_unfit", "base_amount"),
            (HOTEL, {"account_id": "@INR"}, "account_unfit", "currency"),
            (HOTEL, {"account_id": "@JPY"}, "account_unfit", "currency"),
            (HOTEL, {"amount": 1000, "currency": "INR"}, "account_unfit", "currency"),
            (HOTEL, {"type": "transfer", "to_account_id": "@INR"}, "amount_unfit", "to_amount"),
            (TO_INR, {"amount": 101}, "amount_unfit", "to_amount"),
            (TO_INR, {"base_amount": 8000}, "amount_unfit", "base_amount"),
            (TO_INR, {"to_account_id": "@JPY"}, "amount_unfit", "to_amount"),
            (TO_INR, {"to_account_id": "@JPY", "to_amount": 15000}, "amount_unfit", "base_amount"),
            (TO_INR, {"type": "expense"}, "amount_unfit", "base_amount"),
            (FROM_INR, {"amount": 8000}, "amount_unfit", "to_amount"),
            (TO_JPY, {"amount": 99, "to_amount": 15000}, "amount_unfit", "base_amount"),
        ],
    )
    def test_asks_for_what_only_the_person_can_say(self, phone, asha, named, fields, changes, code, field):
        made = phone.record(**named(fields))
        before = counts(asha)

        refused(phone.patch(f"transactions/{made['id']}", named(changes)), 400, code, field)

        assert counts(asha) == before

    @pytest.mark.parametrize("fields", [HOTEL, TO_INR, FROM_INR, TO_JPY])
    def test_leaves_the_money_where_words_change(self, phone, asha, named, fields):
        made = phone.record(**named(fields))
        before = counts(asha)

        changed = phone.change(made, description="Else", amount=made["amount"], account_id=made["account_id"])

        assert steady(changed) == steady(made) | {"description": "Else"}
        assert counts(asha)["ledger_posting"] == before["ledger_posting"]

    @given(
        st.lists(st.integers(1, 10**6), min_size=2, max_size=5),
        st.integers(10**4, 10**9),
        st.sampled_from(["USD", "JPY", "KWD"]),
    )
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_leaves_the_shares_of_a_split_where_they_are(
        self, phone, asha, named, shares, base_minor, currency
    ):
        amounts = [str(Decimal(share).scaleb(-CURRENCY_PLACES[currency])) for share in shares]
        splits = [
            {"category_id": ("@Fuel", "@Travel")[at % 2], "amount": amount}
            for at, amount in enumerate(amounts)
        ]
        whole = str(Decimal(sum(shares)).scaleb(-CURRENCY_PLACES[currency]))
        body = {"account_id": f"@{currency}", "currency": currency, "amount": whole, "splits": splits}
        answer = phone.post("transactions", named(body | {
            "type": "expense", "description": "x", "base_amount": str(Decimal(base_minor).scaleb(-2)), "date": ON,
        }))  # fmt: skip
        if answer.status_code == 400:
            assert answer.json()["code"] == "amount_unfit"  # a part that is worth less than a paisa
            return
        made = said(answer, 201)
        before = legs(asha, made)

        changed = phone.change(made, payee="Else", amount=whole)
        moved = phone.change(made, date="2026-10-31")

        assert sum(part["amount_minor"] for part in made["splits"]) == base_minor
        assert steady(changed) == steady(made) | {"payee": "Else"}
        assert legs(asha, moved) == before
        assert phone.change(moved, splits=named(splits))["version"] == 3
        assert unsound(asha) == []
