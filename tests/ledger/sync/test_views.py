"""`GET /v1/sync` as a phone asks it."""

from __future__ import annotations

import base64
from contextlib import contextmanager

import orjson
import psycopg
import pytest

from ledger.books.services import book_start
from rupaya.core.db import acting_as
from tests.ledger.amendments.asking import Phone, said
from tests.ledger.attachments.papers import attached
from tests.ledger.books.sharing import restrict, share
from tests.ledger.desk import Api, record, refused
from tests.ledger.sync.copying import Copy, differences, truth


@pytest.fixture
def copy(committed, asha):
    """Asha's phone, which knows everything."""
    copy = Copy(asha)
    copy.settle()
    return copy


@pytest.fixture
def guest(committed, asha, bala):
    """Bala's, who shares Asha's book."""
    share(asha, bala)
    record(asha)
    copy = Copy(bala)
    copy.settle()
    return copy


def briefly(changes):
    """(kind, id, whether it is gone) of each."""
    return [(change["kind"], change["id"], change["is_deleted"]) for change in changes]


@contextmanager
def forgotten(admin_url):
    """All that was written until now was noted 91 days ago."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(
            """INSERT INTO ledger_sync_mark (epoch, xid, marked_at)
               SELECT epoch, (high::text::bigint + 1)::text::xid8, now() - interval '91 days' FROM ledger_sync_head()"""
        )
        yield
        admin.execute("DELETE FROM ledger_sync_mark")


def books_of(copy):
    return {book for book, _, _ in copy.things.values()}


def forged(cursor, **parts):
    """The cursor with other parts, by their number."""
    read = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    for place, value in parts.items():
        read[int(place[1:])] = value
    return base64.urlsafe_b64encode(orjson.dumps(read)).decode().rstrip("=")


@pytest.mark.usefixtures("committed")
class TestSync:
    def test_gives_everything_as_its_own_addresses_do(self, asha):
        record(asha)
        attached(asha)
        copy = Copy(asha)

        told = copy.pull()

        assert differences(copy) == []
        assert [change["kind"] for change in told[:2]] == ["book", "member"]
        assert [change["kind"] for change in told[-2:]] == ["transaction"] * 2
        assert {change["is_deleted"] for change in told} == {False}
        assert sorted(len(change["attachments"]) for change in told[-2:]) == [0, 1]

    def test_gives_the_newest_transactions_first(self, asha):
        phone = Phone(asha)
        days = ("2026-11-20", "2026-11-22", "2026-11-21")
        for day in days:
            phone.record(date=day)

        told = Copy(asha).pull(limit=2)

        dates = [change["object"]["date"] for change in told if change["kind"] == "transaction"]
        assert dates == sorted(days, reverse=True)

    def test_gives_nothing_when_nothing_happened(self, copy):
        assert copy.pull() == []

    def test_gives_changes_in_the_order_in_which_they_were_made(self, asha, copy):
        phone = Phone(asha)
        first, second = phone.record(), phone.record()
        phone.change(first, amount=7)

        told = copy.pull()

        assert briefly(told) == [("transaction", second["id"], False), ("transaction", first["id"], False)]
        assert told[1]["object"]["amount"] == 7
        assert differences(copy) == []

    def test_gives_what_a_phone_has_just_written(self, asha, copy):
        made = Phone(asha).record()

        assert briefly(copy.pull()) == [("transaction", made["id"], False)]

    def test_takes_a_void_transaction_away_and_brings_it_back(self, asha, copy):
        phone = Phone(asha)
        made = phone.record()
        attached(asha, transaction_id=made["id"])
        copy.pull()

        phone.void(made)
        gone = copy.pull()
        phone.restore(made)
        back = copy.pull()

        assert briefly(gone) == [("transaction", made["id"], True)]
        assert set(gone[0]) == {"kind", "id", "book_id", "is_deleted"}
        assert briefly(back) == [("transaction", made["id"], False)]
        assert len(back[0]["attachments"]) == 1

    def test_tells_a_transaction_when_its_attachments_change(self, asha, copy):
        transaction_id = str(record(asha))
        copy.pull()

        attachment = attached(asha, transaction_id=transaction_id)
        added = copy.pull()
        assert Phone(asha).delete(f"attachments/{attachment.pk}").status_code == 204
        removed = copy.pull()

        assert briefly(added) == briefly(removed) == [("transaction", transaction_id, False)]
        assert [kept["id"] for kept in added[0]["attachments"]] == [str(attachment.pk)]
        assert "download_url" not in added[0]["attachments"][0]
        assert removed[0]["attachments"] == []

    def test_tells_a_new_name_wherever_it_is_shown(self, asha, copy):
        phone, food = Phone(asha), str(asha.account("Fuel").pk)
        above = said(phone.post("categories", {"name": "Going places", "type": "expense"}), 201)
        made = phone.record(category_id=food)
        said(phone.patch(f"categories/{food}", {"parent_id": above["id"]}))
        copy.pull()

        said(phone.patch(f"categories/{above['id']}", {"name": "Under way"}))
        path_told = copy.pull()
        said(phone.patch(f"categories/{food}", {"name": "Diesel"}))
        name_told = copy.pull()

        assert {(change["kind"], change["id"]) for change in path_told} == {
            ("category", above["id"]),
            ("category", food),
        }
        assert briefly(name_told) == [("category", food, False), ("transaction", made["id"], False)]
        assert name_told[1]["object"]["category"] == "Diesel"
        assert differences(copy) == []

    def test_tells_a_merge_as_one_that_is_gone_and_transactions_that_moved(self, asha, copy):
        phone = Phone(asha)
        source, target = str(asha.account("Fuel").pk), str(asha.account("Travel").pk)
        made = phone.record(category_id=source)
        copy.pull()

        said(phone.post(f"categories/{source}/merge", {"into_id": target}))
        told = copy.pull()

        assert ("category", source, True) in briefly(told)
        assert ("transaction", made["id"], False) in briefly(told)
        assert differences(copy) == []

    def test_tells_everything_of_a_book_that_is_new(self, asha, bala, copy):
        record(bala)
        share(bala, asha)

        copy.pull()

        assert books_of(copy) == {str(asha.book.pk), str(bala.book.pk)}
        assert differences(copy) == []

    def test_tells_everything_of_a_book_of_ones_own_that_is_new(self, asha, copy):
        with acting_as(asha.actor):
            book = book_start(name="The shop")

        copy.pull()

        assert str(book.pk) in books_of(copy)
        assert differences(copy) == []

    def test_takes_a_book_away_that_was_left(self, asha, bala, guest):
        left = Phone(bala).delete(f"books/{asha.book.pk}/members/{bala.id}")
        told = guest.pull()

        assert left.status_code == 204
        assert briefly(told) == [("book", str(asha.book.pk), True)]
        assert books_of(guest) == {str(bala.book.pk)}
        assert differences(guest) == []

    def test_brings_a_book_anew_that_was_left_and_joined(self, asha, bala, guest):
        Phone(bala).delete(f"books/{asha.book.pk}/members/{bala.id}")
        share(asha, bala)

        told = guest.pull()

        assert briefly(told)[:2] == [("book", str(asha.book.pk), True), ("book", str(asha.book.pk), False)]
        assert differences(guest) == []

    def test_hides_an_account_with_what_happened_on_it_and_shows_it_again(self, asha, bala, guest):
        cash = restrict(asha, bala, "Cash", "hidden")
        hidden = guest.pull()
        after = differences(guest)
        record(asha)
        unheard = guest.pull()
        restrict(asha, bala, "Cash", "full")
        guest.pull()

        assert briefly(hidden) == [("account", str(cash), True)]
        assert after == []
        assert unheard == []
        assert sum(1 for kind, _ in guest.things if kind == "transaction") == 2
        assert differences(guest) == []

    def test_takes_a_transaction_away_that_moved_to_a_hidden_account(self, asha, bala, guest):
        restrict(asha, bala, "Savings account", "hidden")
        guest.pull()
        phone = Phone(asha)
        seen, never = phone.record(), phone.record(account_id=str(asha.account("Savings account").pk))
        guest.pull()

        phone.change(seen, account_id=str(asha.account("Savings account").pk))
        phone.change(never, amount=3)
        told = guest.pull()

        assert briefly(told) == [("transaction", seen["id"], True)]
        assert differences(guest) == []

    def test_tells_a_member_their_new_role_and_the_owner_how_many_there_are(self, asha, bala, copy, guest):
        where = f"books/{asha.book.pk}/members/{bala.id}"
        joined = copy.pull()

        said(Phone(asha).patch(where, {"role": "viewer"}))
        told = guest.pull()

        assert joined[0]["object"]["members_count"] == 2
        assert [(change["kind"], change["object"]["role"]) for change in told] == [
            ("book", "viewer"),
            ("member", "viewer"),
        ]
        assert differences(guest) == []

    def test_tells_a_person_their_new_name(self, asha, copy, admin_url):
        with psycopg.connect(admin_url) as admin:
            admin.execute("UPDATE accounts_user SET full_name = 'Asha Iyer' WHERE id = %s", [asha.id])

        copy.pull()

        assert [
            thing["full_name"] for (kind, _), (_, thing, _) in copy.things.items() if kind == "member"
        ] == ["Asha Iyer"]
        assert differences(copy) == []

    def test_tells_what_happened_while_the_pages_were_read(self, asha):
        copy, phone = Copy(asha), Phone(asha)
        rows = [phone.record(date="2026-11-20") for _ in range(4)]
        while "transaction" not in {kind for kind, _ in copy.things}:
            copy.page(limit=5)

        phone.void(rows[0])
        phone.change(rows[1], date="2026-11-22")
        phone.record(date="2026-11-23")
        copy.pull(limit=5)

        assert differences(copy) == []

    def test_tells_a_stranger_nothing(self, asha, chitra, copy):
        record(asha)

        assert books_of_pull(Copy(chitra)) == {str(chitra.book.pk)}

    @pytest.mark.parametrize("limit", ["0", "501", "-1", "ten"])
    def test_refuses_a_limit_that_is_none(self, asha, limit):
        refused(Api(asha).get("sync", limit=limit), 400, "page_invalid", "limit")

    @pytest.mark.parametrize("cursor", ["x", "W10", "A" * 600, "\x00", "💸"])
    def test_refuses_a_cursor_that_is_none(self, asha, cursor):
        refused(Api(asha).get("sync", cursor=cursor), 400, "page_invalid", "cursor")

    def test_is_truth_for_somebody_without_a_book(self, asha, admin_url):
        with psycopg.connect(admin_url) as admin:
            admin.execute("ALTER TABLE ledger_member DISABLE TRIGGER ledger_member_keeps_owner_delete")
            admin.execute("DELETE FROM ledger_member WHERE user_id = %s", [asha.id])
            admin.execute("ALTER TABLE ledger_member ENABLE TRIGGER ledger_member_keeps_owner_delete")

        copy = Copy(asha)

        assert [change["kind"] for change in copy.pull()] == []
        assert truth(asha) == copy.things == {}


def books_of_pull(copy):
    copy.pull()
    return books_of(copy)


@pytest.mark.usefixtures("committed")
class TestExpired:
    def test_is_a_cursor_of_somebody_else(self, chitra, copy):
        refused(Api(chitra).get("sync", cursor=copy.cursor), 410, "sync_cursor_expired")

    def test_is_a_cursor_of_another_database(self, asha, copy):
        cursor = forged(copy.cursor, _0="0123456789abcdef")

        refused(Api(asha).get("sync", cursor=cursor), 410, "sync_cursor_expired")

    def test_is_a_cursor_of_a_place_that_was_not_reached(self, asha, copy):
        cursor = forged(copy.cursor, _1=2**60)

        refused(Api(asha).get("sync", cursor=cursor), 410, "sync_cursor_expired")

    def test_is_a_cursor_from_before_what_was_forgotten(self, asha, copy, admin_url):
        old = copy.cursor
        record(asha)
        fresh = Copy(asha)
        first = fresh.page(limit=1)
        before = Copy(asha)
        before.pull()
        with forgotten(admin_url):
            for cursor in (old, first["cursor"], before.cursor):
                refused(Api(asha).get("sync", cursor=cursor), 410, "sync_cursor_expired")
            anew = Copy(asha)
            anew.page()

        assert differences(anew) == []

    def test_of_a_restored_database_is_every_cursor_and_the_foreign_events_do_no_harm(
        self, asha, copy, admin_url
    ):
        with psycopg.connect(admin_url) as admin:
            admin.execute(
                """INSERT INTO ledger_sync_event (book_id, xid, kind, object_id)
                   VALUES (%(book)s, '9000000000000', 'account', %(id)s), (%(book)s, '3', 'transaction', %(id)s)""",
                {"book": asha.book.pk, "id": asha.id},
            )
            admin.execute("INSERT INTO ledger_sync_mark (epoch, xid) VALUES ('elsewhere', '9000000000000')")

        record(asha)
        copy.pull()

        assert differences(copy) == []
