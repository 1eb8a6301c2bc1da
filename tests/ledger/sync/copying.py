"""A phone that keeps a copy by nothing but `GET /v1/sync`, and what a full fetch says instead."""

from __future__ import annotations

import time
from typing import Any

import orjson
from django.db import connection

from ledger.attachments.models import Attachment
from ledger.attachments.serializers import attachment_kept
from ledger.chart.models import Account
from ledger.chart.rules import ACCOUNT_TYPES
from ledger.chart.selectors import account_placed, categories_placed
from ledger.chart.serializers import account_out, category_out
from ledger.sync.rules import cursor_parse
from rupaya.core.db import acting_as
from rupaya.core.json import json_bytes
from tests.ledger.desk import Api

PAGES_MAX = 1000


class Copy:
    """What a person's phone knows, kept as docs/API.md says: (kind, id) to (book, object, attachments)."""

    def __init__(self, person) -> None:
        self.person, self.api = person, Api(person)
        self.things: dict[tuple[str, str], tuple[str, Any, Any]] = {}
        self.news: list[dict[str, Any]] = []
        self.cursor = ""

    def page(self, *, limit=500):
        """Will ask once and apply the answer; gives it."""
        answer = self.api.get("sync", cursor=self.cursor, limit=limit)
        body = answer.json()
        assert answer.status_code == 200, body
        assert len(body["changes"]) <= limit
        self.news += [change for change in body["changes"] if self._apply(change)]
        self.cursor = body["cursor"]
        return body

    def pull(self, *, limit=500):
        """Will ask until there is no more; the changes that were news, in their order.

        While any other test writes, what was told once is told again: that is no news.
        """
        self.news = []
        for _ in range(PAGES_MAX):
            if not self.page(limit=limit)["has_more"]:
                return self.news
        raise AssertionError("the pages have no end")

    def settle(self):
        """Will pull until nothing of what is there by now is told again."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT high::text::bigint FROM ledger_sync_head()")
            (high,) = cursor.fetchone()
        deadline = time.monotonic() + 60
        while (cursor_parse(self.cursor) or ("", 0))[1] < high:
            assert time.monotonic() < deadline, "a transaction of somebody else does not end"
            self.pull()
            time.sleep(0.02)

    def _apply(self, change):
        """Whether it changed anything."""
        before, key = dict(self.things), (change["kind"], change["id"])
        if not change["is_deleted"]:
            self.things[key] = (change["book_id"], change["object"], change.get("attachments"))
            return self.things != before
        self.things.pop(key, None)
        if change["kind"] == "book":
            self._drop(lambda _, book, __: book == change["id"])
        if change["kind"] == "account":
            own = ("account_id", "to_account_id")
            self._drop(
                lambda kind, _, thing: kind == "transaction" and change["id"] in [thing[name] for name in own]
            )
        return self.things != before

    def _drop(self, is_meant):
        self.things = {
            (kind, identity): (book, thing, attachments)
            for (kind, identity), (book, thing, attachments) in self.things.items()
            if not is_meant(kind, book, thing)
        }


def truth(person):
    """What the person finds by asking for everything, in the shape of a copy's things."""
    api, found = Api(person), {}
    for view in _listed(api, "books"):
        book_id = view["id"]
        found["book", book_id] = (book_id, view, None)
        (own,) = [member for member in _listed(api, f"books/{book_id}/members") if member["is_you"]]
        found["member", own["id"]] = (book_id, own, None)
        papers = _chart_and_papers(person, book_id, found)
        for thing in _listed(api, "transactions", book_id=book_id):
            found["transaction", thing["id"]] = (book_id, thing, papers.get(thing["id"], []))
    return found


def _listed(api, path, **query):
    body = api.get(path, limit=200, **query).json()
    results = body["results"]
    while body["next"]:
        body = api.follow(body["next"]).json()
        results += body["results"]
    return results


def _chart_and_papers(person, book_id, found):
    """Puts accounts and categories into `found`; gives the attachments by transaction."""
    papers: dict[str, list[Any]] = {}
    with acting_as(person.actor):
        accounts = Account.objects.filter(book_id=book_id, type__in=ACCOUNT_TYPES, merged_into=None)
        for account in accounts.select_related("book"):
            shown = account_out(account_placed(book=account.book, account=account))
            found["account", str(account.pk)] = (book_id, _plain(shown), None)
        book = accounts[0].book
        for placed in categories_placed(book=book, include_closed=True):
            found["category", str(placed.account.pk)] = (book_id, _plain(category_out(placed)), None)
        for attachment in Attachment.objects.filter(book_id=book_id, removed_at=None).order_by("pk"):
            kept = _plain(attachment_kept(attachment))
            papers.setdefault(kept["transaction_id"], []).append(kept)
    return papers


def _plain(shown):
    return orjson.loads(json_bytes(shown))


def differences(copy):
    """(key, in the copy, in truth) of all that is not the same; nothing, whenever all was pulled."""
    real = truth(copy.person)
    return [
        (key, copy.things.get(key), real.get(key))
        for key in copy.things.keys() | real.keys()
        if copy.things.get(key) != real.get(key)
    ]
