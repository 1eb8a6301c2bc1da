"""`manage.py demo`: a believable household to look around in."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.registry import signup_steps
from accounts.selectors import person_by_email
from ledger.books.access import book_for
from ledger.books.models import Book
from ledger.chart.models import Account
from ledger.chart.services import account_open
from ledger.journal.drafts import Draft
from ledger.journal.rules import Side
from ledger.journal.services import transactions_write
from rupaya.core import clock
from rupaya.core.db import Actor, acting_as
from rupaya.core.ids import uuid7
from rupaya.core.money import Money
from rupaya.demo import BANK, OPENING, SECOND_BANK, Event, household_events

EMAIL: Final = "asha@demo.example"
PASSWORD: Final = "monsoon-mango-42"  # noqa: S105  # printed on purpose; refused in production


class Command(BaseCommand):
    """Makes the demo household once; run again it only prints the sign-in."""

    help = "Load a demo household of two years and print its sign-in. Development only."

    def handle(self, *args: Any, **options: Any) -> None:
        """Will make the person, the book and what happened in it, all or nothing."""
        if settings.IS_PRODUCTION:
            raise CommandError("The demo has a known password; it is not for production.", returncode=2)
        if person_by_email(email=EMAIL) is None:
            count = _household_make()
            self.stderr.write(f"{count:,} transactions of the Rao household are in.")
        self.stdout.write(f"Sign in with {EMAIL} and the password {PASSWORD}")


def _household_make() -> int:
    user_id = uuid7()
    with acting_as(Actor(user_id=user_id, kind="command", user_agent="cli:demo")):
        user = User.objects.create_user(EMAIL, PASSWORD, id=user_id, full_name="Asha Rao")
        for step in signup_steps():
            step(user_id=user.pk, full_name=user.full_name)
        book = book_for(user_id=user.pk, book_id=None, right="write")
        account_open(book=book, name=BANK, institution="HDFC Bank", number_last4="4821")
        account_open(book=book, name=SECOND_BANK, institution="State Bank of India", number_last4="0937")
        drafts = _drafts(book, clock.today())
        transactions_write(book=book, drafts=drafts)
    return len(drafts)


def _drafts(book: Book, today: dt.date) -> list[Draft]:
    accounts = {account.name: account for account in Account.objects.filter(book=book)}
    events = sorted(household_events(today=today), key=lambda event: event.on)
    before = events[0].on.replace(day=1) - dt.timedelta(days=1)
    openings = [_opening(accounts, before, name, rupees) for name, rupees in OPENING]
    return [*openings, *(_draft(accounts, event) for event in events)]


def _opening(accounts: dict[str, Account], on: dt.date, name: str, rupees: int) -> Draft:
    pair = ("Opening balances", name) if rupees > 0 else (name, "Opening balances")
    event = Event(on, "transfer", f"Opening balance, {name}", abs(rupees), *pair)
    return _draft(accounts, event, origin="opening")


def _draft(accounts: dict[str, Account], event: Event, *, origin: str = "manual") -> Draft:
    amount = Money(event.rupees * 100, "INR")
    own, other = (Side(accounts[name].pk, amount, amount.minor) for name in (event.account, event.other))
    return Draft(uuid7(), event.on, event.type, origin, event.description, own, [other])
