"""A client's own key makes a recording happen exactly once, for ever."""

from __future__ import annotations

import datetime as dt
from threading import Barrier

import pytest

from ledger.books.services import period_close
from ledger.journal import services
from rupaya.core.db import acting_as
from tests.accounts.phone import at_once
from tests.ledger.amendments.asking import SMALLEST, Phone, ids, said, unsound
from tests.ledger.desk import TOMORROW, counts, refused

KEY = "UPI-441526789012"
KEYED = SMALLEST | {"external_id": KEY, "date": "2026-11-20"}
BATCH = "transactions/batch"


@pytest.fixture
def phone(asha):
    return Phone(asha)


class TestRecord:
    def test_gives_the_same_one_the_second_time(self, phone, asha):
        first = phone.post("transactions", KEYED)
        before = counts(asha)

        second = phone.post("transactions", KEYED)

        assert (first.status_code, second.status_code) == (201, 200)
        assert said(first, 201) == said(second)
        assert (first["ETag"], first["Location"]) == (second["ETag"], second["Location"])
        assert said(second)["external_id"] == KEY
        assert counts(asha) == before

    def test_gives_what_became_of_it(self, phone, asha):
        made = phone.record(**KEYED)
        path = f"transactions/{made['id']}"
        for become in (lambda: phone.patch(path, {"amount": 7, "date": "2026-03-31"}), lambda: phone.delete(path),
                       lambda: phone.post(f"{path}/restore")):  # fmt: skip
            became = said(become())
            before = counts(asha)

            assert said(phone.post("transactions", KEYED)) == became
            assert counts(asha) == before

    def test_gives_it_when_its_period_is_closed(self, phone, asha):
        made = phone.record(**KEYED)
        with acting_as(asha.actor):
            period_close(book=asha.book, until=dt.date(2026, 11, 20), today=TOMORROW)

        assert said(phone.post("transactions", KEYED)) == made

    def test_stays_with_the_account_that_it_came_to(self, phone, asha):
        savings, cash = ids(asha, "Savings account", "Cash")
        made = phone.record(**KEYED)
        phone.change(made, account_id=savings)

        assert said(phone.post("transactions", KEYED | {"account_id": cash}))["id"] == made["id"]
        other = phone.record(**KEYED, account_id=savings)
        assert other["id"] != made["id"]
        assert said(phone.post("transactions", KEYED | {"account_id": savings})) == other

    def test_is_another_one_on_another_account_or_in_another_book(self, phone, asha, chitra):
        (savings,) = ids(asha, "Savings account")

        made = [
            phone.record(**KEYED),
            phone.record(**KEYED, account_id=savings),
            Phone(chitra).record(**KEYED),
        ]

        assert len({row["id"] for row in made}) == 3

    def test_tells_upper_and_lower_case_apart(self, phone):
        made = phone.record(**KEYED | {"external_id": "a b"})

        assert made["external_id"] == "a b"
        assert phone.record(**KEYED | {"external_id": "A b"})["id"] != made["id"]

    @pytest.mark.parametrize(
        "key",
        ["", " ", "\u200d", "x" * 121, "bell\u0007", None, ["x"], True, "a  b", " a", "a ", "a\tb", "a\nb", "a\u00a0b",
         "a\u200bb", "a\u2060b", "a\u202eb", "a\ufe0f", "a\u3164b", "a\ue000b"],
    )  # fmt: skip
    def test_refuses_a_key_that_is_none(self, phone, asha, key):
        before = counts(asha)

        body = refused(
            phone.post("transactions", SMALLEST | {"external_id": key}), 400, "invalid", "external_id"
        )

        assert "description" not in body["detail"]

        assert counts(asha) == before
        assert phone.record(external_id="x" * 120)["external_id"] == "x" * 120

    def test_is_null_without_one(self, phone):
        assert phone.record()["external_id"] is None

    def test_happens_once_however_many_ask_at_once(self, committed, asha):
        phones = [Phone(asha) for _ in range(6)]

        answers = at_once(6, lambda number: phones[number].post("transactions", KEYED))

        assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
        assert len({answer.content for answer in answers}) == 1
        assert len({answer["ETag"] for answer in answers}) == 1
        assert len(phones[0].get("transactions").json()["results"]) == 1
        assert unsound(asha) == []


class TestBatch:
    def test_records_only_what_is_new(self, phone, asha):
        known = phone.record(**KEYED)
        items = [SMALLEST | {"external_id": f"K{number}"} for number in range(3)]

        body = said(phone.post(BATCH, {"transactions": [items[0], KEYED, *items[1:]]}), 201)
        before = counts(asha)
        again = said(phone.post(BATCH, {"transactions": [KEYED, *items]}), 201)

        assert [row["external_id"] for row in body["results"]] == ["K0", KEY, "K1", "K2"]
        assert body["results"][1] == known
        assert body["undo_token"] not in {None, known["undo_token"]}
        assert again["undo_token"] is None
        assert again["results"] == [known, *(row for row in body["results"] if row != known)]
        assert counts(asha) == before
        undone = said(phone.undo(body["undo_token"]))["results"]
        assert [row["status"] for row in undone] == ["void"] * 3

    def test_refuses_the_same_key_twice(self, phone, asha):
        (savings,) = ids(asha, "Savings account")
        before = counts(asha)

        body = refused(
            phone.post(BATCH, {"transactions": [KEYED, SMALLEST, KEYED | {"account_id": savings}, KEYED]}),
            422,
            "entries_refused",
        )

        assert [(error["field"], error["code"]) for error in body["errors"]] == [
            ("transactions.3.external_id", "external_id_twice")
        ]
        assert counts(asha) == before

    def test_waits_in_no_circle_when_the_same_keys_come_in_another_order(self, committed, asha, monkeypatch):
        items = [KEYED | {"external_id": f"K{number}"} for number in range(400)]
        phones, know, together = (
            [Phone(asha), Phone(asha)],
            services.external_ids_known,
            Barrier(2, timeout=30),
        )

        def know_together(**named):
            known = know(**named)
            if not known:
                together.wait()
            return known

        monkeypatch.setattr(services, "external_ids_known", know_together)

        answers = at_once(
            2, lambda number: phones[number].post(BATCH, {"transactions": items[:: 1 - 2 * number]})
        )

        bodies = [said(answer, 201) for answer in answers]
        assert sum(body["undo_token"] is not None for body in bodies) == 1
        assert len({frozenset(row["id"] for row in body["results"]) for body in bodies}) == 1
        assert unsound(asha) == []
