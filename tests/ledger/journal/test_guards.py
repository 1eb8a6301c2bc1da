"""The database's promises, attacked in raw SQL as the role that web and worker log in as."""

from __future__ import annotations

import datetime as dt
import json

import psycopg
import pytest
from psycopg import errors

from ledger.books.services import period_close
from ledger.journal.drafts import Entry
from ledger.journal.services import transaction_post
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from rupaya.core.money import Money
from tests.ledger.amendments.asking import account_make
from tests.support.cast import member_add

TODAY = dt.date(2026, 11, 20)
HEADER = """INSERT INTO ledger_transaction (id, book_id, date, type, origin, description, account_id, amount_minor,
                                            change_id)
            VALUES (%(t)s, %(b)s, '2026-11-20', 'expense', 'manual', 'x', %(y)s, 5, %(t)s)"""
POSTING_COLUMNS = "(book_id, transaction_id, line, account_id, date, amount_minor, currency, base_minor)"


def act(raw, person):
    raw.execute("SELECT set_config('app.current_user_id', %s, true)", [str(person.id)])


def spend(person, rupees=500, on=TODAY):
    with acting_as(person.actor):
        return transaction_post(
            book=person.book, entry=Entry("expense", on, "Groceries", [(None, Money(rupees * 100, "INR"))])
        )


def post(raw, person, legs, *, book=None, on=TODAY):
    account, minor = legs[-1] if legs else (person.account("Cash"), 1)
    item = {
        "id": str(uuid7()),
        "date": on.isoformat(),
        "type": "expense",
        "origin": "manual",
        "description": "raw",
        "account_id": str(account.pk),
        "amount_minor": abs(minor) or 1,
        "postings": [
            {"account_id": str(account.pk), "amount_minor": amount, "currency": "INR"}
            for account, amount in legs
        ],
    }
    raw.execute("SELECT ledger_post(%s, %s)", [(book or person.book).pk, json.dumps([item])])
    return item["id"]


def guard_of(raised):
    return raised.value.diag.constraint_name


class TestRowLevelSecurity:
    @pytest.mark.parametrize(
        "table",
        ["ledger_book", "ledger_member", "ledger_account", "ledger_transaction", "ledger_posting",
         "ledger_month_total", "audit_logs"],
    )  # fmt: skip
    def test_shows_the_owner_their_rows_and_a_stranger_none(self, raw, asha, chitra, table):
        spend(asha)
        column = "id" if table == "ledger_book" else "book_id"

        act(raw, asha)
        mine = raw.execute(f"SELECT count(*) FROM {table} WHERE {column} = %s", [asha.book.pk]).fetchone()[0]
        act(raw, chitra)
        theirs = raw.execute(f"SELECT count(*) FROM {table} WHERE {column} = %s", [asha.book.pk]).fetchone()[
            0
        ]

        assert mine > 0
        assert theirs == 0

    def test_shows_nothing_without_an_actor(self, raw, asha):
        spend(asha)

        rows = raw.execute("SELECT count(*) FROM ledger_posting").fetchone()[0]

        assert rows == 0

    def test_refuses_to_write_into_a_strangers_book(self, raw, asha, chitra):
        act(raw, chitra)

        with pytest.raises(errors.InsufficientPrivilege):
            post(
                raw, chitra, [(asha.account("Groceries"), 100), (asha.account("Cash"), -100)], book=asha.book
            )

    def test_refuses_a_viewer_who_writes(self, raw, asha, bala, admin_url):
        member_add(admin_url, book=asha.book, person=bala, role="viewer")
        legs = [(asha.account("Groceries"), 100), (asha.account("Cash"), -100)]

        act(raw, bala)
        seen = raw.execute(
            "SELECT count(*) FROM ledger_account WHERE book_id = %s", [asha.book.pk]
        ).fetchone()[0]
        with pytest.raises(errors.InsufficientPrivilege):
            post(raw, bala, legs, book=asha.book)

        assert seen > 0

    def test_lets_an_editor_write(self, raw, asha, bala, admin_url):
        member_add(admin_url, book=asha.book, person=bala, role="editor")
        legs = [(asha.account("Groceries"), 100), (asha.account("Cash"), -100)]

        act(raw, bala)
        made = post(raw, bala, legs, book=asha.book)

        assert (
            raw.execute("SELECT count(*) FROM ledger_posting WHERE transaction_id = %s", [made]).fetchone()[0]
            == 2
        )

    @pytest.mark.parametrize("table", ["ledger_book", "ledger_member"])
    def test_gives_nobody_a_book_but_through_its_door(self, raw, chitra, table):
        act(raw, chitra)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(f"INSERT INTO {table} SELECT * FROM {table} LIMIT 1")

    def test_refuses_a_book_without_somebody_to_own_it(self, raw):
        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute("SELECT ledger_book_open(%s, %s, 'x', 'INR', 'Asia/Kolkata', 4)", [uuid7(), uuid7()])

        assert guard_of(raised) == "ledger_book_has_owner"


class TestLedgerPost:
    def test_refuses_what_does_not_sum_to_zero(self, raw, asha):
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            post(raw, asha, [(asha.account("Groceries"), 100), (asha.account("Cash"), -99)])

        assert guard_of(raised) == "ledger_transaction_balanced"

    def test_refuses_a_single_posting(self, raw, asha):
        act(raw, asha)

        with pytest.raises(errors.CheckViolation):
            post(raw, asha, [(asha.account("Groceries"), 100)])

    def test_refuses_a_transaction_without_postings(self, raw, asha):
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            post(raw, asha, [])

        assert guard_of(raised) == "ledger_transaction_has_postings"

    def test_refuses_zero(self, raw, asha):
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            post(raw, asha, [(asha.account("Groceries"), 0), (asha.account("Cash"), 0)])

        assert guard_of(raised) == "ledger_posting_amount_not_zero"

    @pytest.mark.parametrize("worth", [100, 0])
    def test_refuses_a_leg_that_is_worth_nothing_or_goes_another_way(self, raw, asha, worth):
        foreign = account_make(asha, "USD")
        legs = [(str(asha.account("Fuel").pk), "INR", 100, 100), (foreign, "USD", -120, worth)]
        item = {
            "id": str(uuid7()), "date": "2026-11-20", "type": "expense", "origin": "manual", "description": "raw",
            "account_id": foreign, "amount_minor": 120,
            "postings": [
                {"account_id": account, "amount_minor": amount, "base_minor": base, "currency": currency}
                for account, currency, amount, base in legs
            ],
        }  # fmt: skip
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute("SELECT ledger_post(%s, %s)", [asha.book.pk, json.dumps([item])])

        assert guard_of(raised) == "ledger_posting_signs_agree"

    def test_refuses_an_account_of_another_book(self, raw, asha, chitra):
        foreign = chitra.account("Cash")
        act(raw, asha)

        with pytest.raises(errors.ForeignKeyViolation) as raised:
            post(raw, asha, [(asha.account("Groceries"), 100), (foreign, -100)])

        assert guard_of(raised) == "ledger_posting_account_in_book"

    def test_refuses_a_base_that_differs_in_the_books_own_currency(self, raw, asha):
        act(raw, asha)
        item = {
            "id": str(uuid7()), "date": "2026-11-20", "type": "expense", "origin": "manual", "description": "raw",
            "account_id": str(asha.account("Cash").pk), "amount_minor": 100,
            "postings": [
                {"account_id": str(asha.account(name).pk), "amount_minor": sign * 100, "base_minor": sign * 90,
                 "currency": "INR"}
                for name, sign in (("Groceries", 1), ("Cash", -1))
            ],
        }  # fmt: skip

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute("SELECT ledger_post(%s, %s)", [asha.book.pk, json.dumps([item])])

        assert guard_of(raised) == "ledger_posting_base_equals_amount"

    @pytest.mark.parametrize(
        "guard", ["ledger_transaction_external_whole", "ledger_transaction_external_once"]
    )
    def test_takes_a_clients_key_of_the_transactions_own_account_once(self, raw, asha, guard):
        is_elsewhere = guard == "ledger_transaction_external_whole"
        keys = {
            "b": asha.book.pk,
            "x": asha.account("Groceries").pk,
            "y": asha.account("Cash").pk,
            "e": asha.account("Savings account" if is_elsewhere else "Cash").pk,
        }
        header = HEADER.replace("change_id)", "change_id, external_id, external_account_id)").replace(
            "%(t)s)", "%(t)s, 'upi-1', %(e)s)"
        )
        both = f"""WITH header AS ({header})
                   INSERT INTO ledger_posting {POSTING_COLUMNS}
                   VALUES (%(b)s, %(t)s, 1, %(x)s, '2026-11-20', 5, 'INR', 5),
                          (%(b)s, %(t)s, 2, %(y)s, '2026-11-20', -5, 'INR', -5)"""
        act(raw, asha)
        if not is_elsewhere:
            raw.execute(both, keys | {"t": uuid7()})

        with pytest.raises(errors.IntegrityError) as raised:
            raw.execute(both, keys | {"t": uuid7()})

        assert guard_of(raised) == guard

    def test_writes_one_or_none_of_many(self, raw, asha):
        act(raw, asha)
        good = [(asha.account("Groceries"), 100), (asha.account("Cash"), -100)]
        made = post(raw, asha, good)
        raw.commit()

        act(raw, asha)
        with pytest.raises(errors.UniqueViolation):
            raw.execute(
                "SELECT ledger_post(%s, jsonb_build_array(%s::jsonb, %s::jsonb))",
                [asha.book.pk, *[json.dumps(_item(identity, asha)) for identity in (uuid7(), made)]],
            )
        raw.rollback()

        act(raw, asha)
        assert (
            raw.execute(
                "SELECT count(*) FROM ledger_transaction WHERE book_id = %s", [asha.book.pk]
            ).fetchone()[0]
            == 1
        )


def _item(identity, person):
    return {
        "id": str(identity), "date": "2026-11-20", "type": "expense", "origin": "manual", "description": "raw",
        "account_id": str(person.account("Cash").pk), "amount_minor": 100,
        "postings": [
            {"account_id": str(person.account("Groceries").pk), "amount_minor": 100, "currency": "INR"},
            {"account_id": str(person.account("Cash").pk), "amount_minor": -100, "currency": "INR"},
        ],
    }  # fmt: skip


class TestLegs:
    @pytest.mark.parametrize(
        ("kind", "names"),
        [("expense", ("Cash", "Savings account")), ("expense", ("Salary", "Cash")), ("income", ("Cash", "Groceries")),
         ("transfer", ("Groceries", "Cash")), ("expense", ("Groceries", "Fuel"))],
    )  # fmt: skip
    def test_must_fit_the_type(self, raw, asha, kind, names):
        target = asha.account("Savings account").pk if kind == "transfer" else None
        item = _item(uuid7(), asha) | {"type": kind, "to_account_id": target and str(target)}
        item["postings"] = [
            {"account_id": str(asha.account(name).pk), "amount_minor": amount, "currency": "INR"}
            for name, amount in zip(names, (100, -100), strict=True)
        ]
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute("SELECT ledger_post(%s, %s)", [asha.book.pk, json.dumps([item])])

        assert guard_of(raised) == "ledger_transaction_legs_fit"

    def test_are_numbered_without_a_gap(self, raw, asha):
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute(
                f"""WITH header AS ({HEADER})
                    INSERT INTO ledger_posting {POSTING_COLUMNS}
                    VALUES (%(b)s, %(t)s, 1, %(x)s, '2026-11-20', 5, 'INR', 5),
                           (%(b)s, %(t)s, 7, %(y)s, '2026-11-20', -5, 'INR', -5)""",
                {
                    "b": asha.book.pk,
                    "t": uuid7(),
                    "x": asha.account("Groceries").pk,
                    "y": asha.account("Cash").pk,
                },
            )

        assert guard_of(raised) == "ledger_transaction_whole"

    def test_may_not_add_up_to_more_than_can_be_counted(self, raw, asha):
        huge = [(asha.account("Groceries"), 10**15 - 1), (asha.account("Cash"), 1 - 10**15)]
        act(raw, asha)

        for _ in range(1000):  # each a paisa short of 10^15
            post(raw, asha, huge)
        with pytest.raises(errors.CheckViolation) as raised:
            post(raw, asha, huge)

        assert guard_of(raised) == "ledger_month_total_in_range"


class TestWhatStays:
    @pytest.mark.parametrize(
        "change",
        ["ledger_book SET base_currency = 'USD'",
         "ledger_book SET id = id", "ledger_account SET type = 'expense'", "ledger_account SET currency = 'USD'",
         "ledger_account SET id = id", "ledger_account SET purpose = NULL", "auth_group SET name = 'x'"],
    )  # fmt: skip
    def test_is_out_of_reach(self, raw, asha, change):
        act(raw, asha)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(f"UPDATE {change}")


class TestPostings:
    @pytest.mark.parametrize("verb", ["UPDATE ledger_posting SET amount_minor = 1", "DELETE FROM ledger_posting",
                                      "TRUNCATE ledger_posting", "UPDATE ledger_transaction SET origin = 'manual'",
                                      "UPDATE ledger_transaction SET created_at = now()",
                                      "UPDATE ledger_transaction SET external_id = 'x'",
                                      "UPDATE ledger_transaction_version SET notes = 'x'",
                                      "DELETE FROM ledger_transaction_version",
                                      "DELETE FROM ledger_transaction", "UPDATE ledger_month_total SET base_minor = 1",
                                      "UPDATE audit_logs SET action = 'x'", "DELETE FROM audit_logs",
                                      "INSERT INTO audit_logs SELECT * FROM audit_logs"])  # fmt: skip
    def test_are_out_of_reach_for_the_application(self, raw, asha, verb):
        spend(asha)
        act(raw, asha)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(verb)

    @pytest.mark.parametrize("table", ["ledger_posting", "ledger_transaction", "audit_logs"])
    @pytest.mark.parametrize(
        "verb", ["UPDATE {} SET book_id = book_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
    )
    def test_only_grow_even_for_the_owner_of_the_schema(self, asha, committed, admin_url, table, verb):
        spend(asha)

        with psycopg.connect(admin_url) as admin, pytest.raises(errors.CheckViolation) as raised:
            admin.execute(verb.format(table))

        assert guard_of(raised).endswith("_append_only")

    def test_refuses_more_legs_for_a_transaction_that_is_written(self, raw, asha):
        made = spend(asha)
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute(
                f"""INSERT INTO ledger_posting {POSTING_COLUMNS}
                   VALUES (%(b)s, %(t)s, 3, %(x)s, %(d)s, 5, 'INR', 5),
                          (%(b)s, %(t)s, 4, %(y)s, %(d)s, -5, 'INR', -5)""",
                {
                    "b": asha.book.pk,
                    "t": made,
                    "x": asha.account("Groceries").pk,
                    "y": asha.account("Cash").pk,
                    "d": TODAY,
                },
            )

        assert guard_of(raised) == "ledger_transaction_whole"

    def test_refuses_a_date_that_is_not_the_transactions(self, raw, asha):
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute(
                f"""WITH header AS ({HEADER})
                   INSERT INTO ledger_posting {POSTING_COLUMNS}
                   VALUES (%(b)s, %(t)s, 1, %(x)s, '2026-11-21', 5, 'INR', 5),
                          (%(b)s, %(t)s, 2, %(y)s, '2026-11-21', -5, 'INR', -5)""",
                {
                    "b": asha.book.pk,
                    "t": uuid7(),
                    "x": asha.account("Groceries").pk,
                    "y": asha.account("Cash").pk,
                },
            )

        assert guard_of(raised) == "ledger_posting_date_fits"


class TestPeriod:
    def test_refuses_a_posting_on_the_closing_day_and_takes_the_next(self, raw, asha):
        with acting_as(asha.actor):
            period_close(book=asha.book, until=dt.date(2026, 3, 31), today=TODAY)
        legs = [(asha.account("Groceries"), 100), (asha.account("Cash"), -100)]

        act(raw, asha)
        post(raw, asha, legs, on=dt.date(2026, 4, 1))
        with pytest.raises(errors.CheckViolation) as raised:
            post(raw, asha, legs, on=dt.date(2026, 3, 31))

        assert guard_of(raised) == "ledger_period_open"

    @pytest.mark.parametrize("until", [None, dt.date(2026, 3, 30)])
    def test_stays_closed(self, raw, asha, until):
        with acting_as(asha.actor):
            period_close(book=asha.book, until=dt.date(2026, 3, 31), today=TODAY)
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute("UPDATE ledger_book SET closed_until = %s WHERE id = %s", [until, asha.book.pk])

        assert guard_of(raised) == "ledger_period_only_closes"

    def test_is_closed_only_after_those_who_are_posting(self, raw, asha, admin_url):
        legs = [(asha.account("Groceries"), 100), (asha.account("Cash"), -100)]
        act(raw, asha)
        post(raw, asha, legs)

        with psycopg.connect(admin_url) as closer:
            closer.execute("SET LOCAL lock_timeout = '200ms'")
            with pytest.raises(errors.LockNotAvailable):
                closer.execute(
                    "UPDATE ledger_book SET closed_until = '2026-11-30' WHERE id = %s", [asha.book.pk]
                )
            closer.rollback()
            raw.commit()
            closer.execute("UPDATE ledger_book SET closed_until = '2026-11-30' WHERE id = %s", [asha.book.pk])


class TestMonthTotals:
    def test_equal_the_postings_after_many_writers(self, committed, asha, admin_url):
        for rupees, day in [(500, 1), (250, 15), (125, 28)]:
            spend(asha, rupees, dt.date(2026, 10, day))

        with psycopg.connect(admin_url) as admin:
            rows = admin.execute(
                """SELECT t.base_minor, sum(p.base_minor) FROM ledger_month_total t
                     JOIN ledger_posting p ON p.book_id = t.book_id AND p.account_id = t.account_id
                      AND date_trunc('month', p.date) = t.month
                    WHERE t.book_id = %s GROUP BY t.account_id, t.base_minor""",
                [asha.book.pk],
            ).fetchall()

        assert sorted(rows) == [(-87500, -87500), (87500, 87500)]
