"""Several people at once, with connections of their own: each change is made once, upon what was looked at."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest

from ledger.books.services import period_close
from rupaya.core.db import acting_as
from tests.accounts.phone import at_once
from tests.ledger.amendments.asking import Phone, ids, said, unsound
from tests.ledger.desk import TOMORROW, balance

ON = "2026-11-20"
DAY = dt.date(2026, 11, 20)


@pytest.fixture
def made(committed, asha):
    return Phone(asha).record(date=ON)


def phones_of(person, count):
    return [Phone(person) for _ in range(count)]


class TestIfMatch:
    @pytest.mark.parametrize("round_no", range(3))
    def test_lets_one_of_two_who_looked_at_the_same_win(self, asha, made, round_no):
        phones, path = phones_of(asha, 2), f"transactions/{made['id']}"
        etag = phones[0].get(path)["ETag"]

        answers = at_once(
            2, lambda number: phones[number].patch(path, {"amount": 100 + number}, if_match=etag)
        )

        won = [number for number, answer in enumerate(answers) if answer.status_code == 200]
        assert sorted(answer.status_code for answer in answers) == [200, 412]
        assert answers[1 - won[0]].json()["code"] == "precondition_failed"
        standing = phones[0].read(made)
        assert (standing["amount"], standing["version"]) == (100 + won[0], 2)
        assert unsound(asha) == []

    def test_lets_one_of_two_batches_of_the_same_versions_win(self, asha, made):
        phones, other = phones_of(asha, 2), Phone(asha).record(date=ON)
        items = [{"id": row["id"], "version": 1} for row in (made, other)]

        answers = at_once(
            2,
            lambda number: phones[number].patch(
                "transactions/batch",
                {"transactions": [item | {"amount": 100 + number} for item in items[:: 1 - 2 * number]]},
            ),
        )

        assert sorted(answer.status_code for answer in answers) == [200, 422]
        assert {phones[0].read(row)["version"] for row in (made, other)} == {2}
        assert len({phones[0].read(row)["amount"] for row in (made, other)}) == 1


class TestTwentyAtOnce:
    def test_are_twenty_versions_one_after_the_other(self, asha, made):
        phones, path = phones_of(asha, 20), f"transactions/{made['id']}"

        answers = at_once(20, lambda number: phones[number].patch(path, {"amount": 1000 + number}))

        bodies = [said(answer) for answer in answers]
        assert sorted(body["version"] for body in bodies) == list(range(2, 22))
        assert all(body["amount"] == 1000 + number for number, body in enumerate(bodies))
        history = phones[0].history(made)
        told = sorted([made, *bodies], key=lambda row: row["version"], reverse=True)
        assert [version["transaction"] for version in history] == told
        assert len({body["undo_token"] for body in bodies}) == 20
        last = max(bodies, key=lambda body: body["version"])
        assert balance(asha, "Cash", DAY) == -last["amount_minor"]
        assert unsound(asha) == []

    def test_may_do_different_things(self, asha, made):
        phones, path = phones_of(asha, 12), f"transactions/{made['id']}"
        savings = ids(asha, "Savings account")[0]
        ways = [
            lambda phone: phone.patch(path, {"amount": 7, "date": "2026-10-31"}),
            lambda phone: phone.post(f"{path}/void"),
            lambda phone: phone.post(f"{path}/restore"),
            lambda phone: phone.post("transactions", {"type": "income", "amount": 3, "description": "x"}),
            lambda phone: phone.patch(path, {"account_id": savings}),
            lambda phone: phone.undo(made["undo_token"]),
        ]

        answers = at_once(12, lambda number: ways[number % 6](phones[number]))

        assert {answer.status_code for answer in answers} <= {200, 201, 409}
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {
            "transaction_void",
            "undo_too_late",
        }
        history = phones[0].history(made)
        assert [version["version"] for version in history] == list(range(len(history), 0, -1))
        assert unsound(asha) == []


class TestUndo:
    def test_is_done_by_one_of_many(self, asha, made):
        phones = phones_of(asha, 5)

        answers = at_once(5, lambda number: phones[number].undo(made["undo_token"]))

        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 4}
        assert len(phones[0].history(made)) == 2
        assert unsound(asha) == []


class TestVoid:
    def test_is_done_by_one_of_many_and_found_so_by_the_others(self, asha, made):
        phones = phones_of(asha, 5)

        answers = at_once(5, lambda number: phones[number].delete(f"transactions/{made['id']}"))

        assert len({answer.content for answer in answers}) == 1
        assert said(answers[0])["version"] == 2


class TestClosing:
    def test_leaves_nothing_changed_behind_it(self, asha, made):
        phones, path = phones_of(asha, 6), f"transactions/{made['id']}"

        def close():
            with acting_as(asha.actor):
                period_close(book=asha.book, until=DAY, today=TOMORROW)

        answers = at_once(
            6, lambda number: phones[number].patch(path, {"amount": 1 + number}), meanwhile=close
        )

        done = [answer for answer in answers if answer.status_code == 200]
        refused = [answer for answer in answers if answer.status_code != 200]
        assert {answer.json()["code"] for answer in refused} <= {"period_closed"}
        assert len(phones[0].history(made)) == len(done) + 1
        assert unsound(asha) == []
