"""Whatever two people do in two books, and whenever their phones ask: the copies end equal to the truth."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.amendments.asking import Phone
from tests.ledger.attachments.pictures import PDF
from tests.ledger.books.sharing import share
from tests.ledger.sync.copying import Copy, differences
from tests.support.cast import person_make

MONEY = ("Cash", "Savings account", "Credit card", "Fixed deposits")
CATEGORIES = ("Fuel", "Travel", "Shopping", "Children")
STEPS = (
    "record", "record", "record", "transfer", "elsewhere", "amount", "account", "category", "void", "restore", "undo",
    "attach", "remove", "merge", "rename", "move", "close", "reopen", "hide", "show", "read", "role", "leave", "join",
    "book", "pull", "pull", "look", "look", "look",
)  # fmt: skip
NUMBER = st.integers(0, 7)
STEP = st.tuples(st.sampled_from(STEPS), NUMBER, NUMBER, st.integers(1, 4))
_names = itertools.count()


class World:
    """Asha's book, which Bala shares at times; he has one of his own. Each has a phone with a copy."""

    def __init__(self) -> None:
        self.asha, self.bala = person_make("Asha"), person_make("Bala")
        self.phones = [Phone(self.asha), Phone(self.bala)]
        self.copies = [Copy(self.asha), Copy(self.bala)]
        self.accounts = [str(self.asha.account(name).pk) for name in MONEY]
        self.categories = [str(self.asha.account(name).pk) for name in CATEGORIES]
        self.made: list[str] = []
        self.papers: list[str] = []
        self.tokens: list[str] = []
        share(self.asha, self.bala)

    def step(self, what, first, second, number):
        """One wish; what is refused changes nothing."""
        answer = getattr(self, what)(first, second, number)
        assert answer is None or answer.status_code < 500, answer.content
        if answer is not None and answer.status_code < 300 and answer.content:
            self._remember(answer.json())

    def record(self, first, second, number):
        return self._send(
            "transactions", type="expense", amount=number, description="Something",
            account_id=self._account(first), category_id=self._category(second),
        )  # fmt: skip

    def transfer(self, first, second, number):
        return self._send(
            "transactions", type="transfer", amount=number, description="There",
            account_id=self._account(first), to_account_id=self._account(second),
        )  # fmt: skip

    def elsewhere(self, _, __, number):
        body = {"type": "income", "amount": number, "description": "Mine alone"}
        answer = self.phones[1].post(f"transactions?book_id={self.bala.book.pk}", body)
        assert answer.status_code == 201

    def amount(self, first, _, number):
        return self._change(first, amount=number)

    def account(self, first, second, _):
        return self._change(first, account_id=self._account(second))

    def category(self, first, second, _):
        return self._change(first, category_id=self._category(second))

    def void(self, first, _, __):
        return self._send(f"transactions/{self._any(first)}/void")

    def restore(self, first, _, __):
        return self._send(f"transactions/{self._any(first)}/restore")

    def undo(self, first, _, __):
        return (
            self.tokens and self._send("transactions/undo", undo_token=self.tokens[first % len(self.tokens)])
        ) or None

    def attach(self, first, second, _):
        paper = PDF + f"% {second}".encode()
        return self.phones[0].upload(f"transactions/{self._any(first)}/attachments", paper, name="bill.pdf")

    def remove(self, first, _, __):
        return (
            self.papers and self.phones[0].delete(f"attachments/{self.papers[first % len(self.papers)]}")
        ) or None

    def merge(self, first, second, number):
        if number % 2:
            return self._send(f"accounts/{self._account(first)}/merge", into_id=self._account(second))
        return self._send(f"categories/{self._category(first)}/merge", into_id=self._category(second))

    def rename(self, first, _, number):
        return self._say(first, number, name=f"Name {next(_names)}")

    def move(self, first, second, number):
        above = self._account(second) if number % 2 else self._category(second)
        return self._say(first, number, parent_id=None if first == second else above)

    def close(self, first, _, __):
        return self._send(f"categories/{self._category(first)}/close")

    def reopen(self, first, _, __):
        return self._send(f"categories/{self._category(first)}/reopen")

    def hide(self, first, _, __):
        return self._see(first, "hidden")

    def show(self, first, _, __):
        return self._see(first, "full")

    def read(self, first, _, __):
        return self._see(first, "read")

    def role(self, _, __, number):
        body = {"role": ("viewer", "editor", "editor", "owner")[number - 1]}
        return self.phones[0].patch(f"books/{self.asha.book.pk}/members/{self.bala.id}", body)

    def leave(self, _, __, ___):
        return self.phones[1].delete(f"books/{self.asha.book.pk}/members/{self.bala.id}")

    def join(self, _, __, ___):
        if self.phones[1].get(f"books/{self.asha.book.pk}").status_code == 404:
            share(self.asha, self.bala)

    def book(self, _, __, ___):
        return self.phones[0].patch(f"books/{self.asha.book.pk}", {"name": f"Book {next(_names)}"})

    def pull(self, first, _, number):
        self.copies[first % 2].pull(limit=(7, 3, 60, 500)[number - 1])

    def look(self, first, _, number):
        """One page, so that what follows happens while the phone stands within a stretch."""
        self.copies[first % 2].page(limit=(2, 5, 30, 500)[number - 1])

    def _send(self, path, **body):
        return self.phones[0].post(path, body)

    def _change(self, first, **fields):
        return self.phones[0].patch(f"transactions/{self._any(first)}", fields)

    def _say(self, first, number, **fields):
        where = f"accounts/{self._account(first)}" if number % 2 else f"categories/{self._category(first)}"
        return self.phones[0].patch(where, fields)

    def _see(self, first, visibility):
        where = f"books/{self.asha.book.pk}/members/{self.bala.id}/accounts/{self._account(first)}"
        return self.phones[0].put(where, {"visibility": visibility})

    def _account(self, number):
        return self.accounts[number % len(self.accounts)]

    def _category(self, number):
        return self.categories[number % len(self.categories)]

    def _any(self, number):
        return self.made[number % len(self.made)] if self.made else self.asha.book.pk

    def _remember(self, body):
        if "undo_token" in body:
            self.tokens.append(body["undo_token"])
        if (
            body.get("type") in {"income", "expense", "transfer"}
            and "amount" in body
            and body["id"] not in self.made
        ):
            self.made.append(body["id"])
        if "sha256" in body:
            self.papers.append(body["id"])


class TestCopies:
    @pytest.mark.slow
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=st.lists(STEP, min_size=10, max_size=40))
    def test_end_equal_to_a_full_fetch(self, committed, steps):
        world = World()

        for step in steps:
            world.step(*step)

        for copy in world.copies:
            copy.pull()
            assert differences(copy) == []
