"""What a bench asks of django-hordak, in a process of its own: `python -m tests.benchmarks.hordak_side WISH N`."""

from __future__ import annotations

import datetime as dt
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import django

if __name__ == "__main__":
    django.setup()

from django.core.management import call_command
from django.db import connection
from hordak.models import Account  # installed beside the project, for a bench alone
from moneyed import Money

_TODAY: Final = dt.date(2026, 11, 20)
_WARM: Final = 20
_ASKED: Final = 7
# Their guards at rest, as in our own seed; the sums of every transaction are zero.
_FILL: Final = """
SET session_replication_role = replica;
INSERT INTO hordak_transaction (id, uuid, timestamp, date, description)
SELECT i, gen_random_uuid(), now(), date '2026-11-20' - 3649 + (i * 3650 / ({count} + 1))::integer, 'Meena Tiffin'
  FROM generate_series(1, {count}::bigint) i;
INSERT INTO hordak_leg (uuid, transaction_id, account_id, {side}, currency, description)
SELECT gen_random_uuid(), i, (SELECT min(id) FROM hordak_account) + {account}, 1 + i % 5000, 'INR', ''
  FROM generate_series(1, {count}::bigint) i;
"""


def fill(transactions: str) -> None:
    """Will migrate, open 60 accounts, and write so many transactions of two legs."""
    call_command("migrate", verbosity=0)
    for number in range(60):
        kind = "AS" if number < 10 else "IN" if number < 20 else "EX"
        Account.objects.create(name=f"Account {number}", code=f"{number:03}", type=kind, currencies=["INR"])
    debit = _FILL.format(count=transactions, side="debit", account="20 + i % 40")
    credit = _FILL.partition("INSERT INTO hordak_leg")[2].format(
        count=transactions, side="credit", account="i % 10"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{debit} INSERT INTO hordak_leg{credit}")
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('hordak_transaction', 'id'), %s)", [int(transactions)]
        )
        cursor.execute("VACUUM (ANALYZE)")


def post(seconds: str) -> float:
    """Postings a second by transfer_to, each in a transaction of its own, in one thread."""
    accounts = list(Account.objects.order_by("id"))
    count, ends = 0, 0.0
    while not ends or time.perf_counter() < ends:
        source, category = accounts[count % 10], accounts[20 + count % 40]
        source.transfer_to(category, Money(500, "INR"), description="Meena Tiffin Service", date=_TODAY)
        count += 1
        if not ends and count == _WARM:
            count, ends = 0, time.perf_counter() + int(seconds)
    return count / int(seconds)


def balances(_seconds: str) -> float:
    """Milliseconds of asking for the balances of sixty accounts, the way its documentation calls fast."""
    took = []
    for _ in range(_ASKED):
        started = time.perf_counter()
        found = list(Account.objects.with_balances())
        took.append(1000 * (time.perf_counter() - started))
    assert len(found) == 60
    return statistics.median(took[1:])


WISHES: Final[dict[str, Callable[..., Any]]] = {"fill": fill, "post": post, "balances": balances}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(WISHES[sys.argv[1]](*sys.argv[2:])))
