"""posting, hot_book and the first half of audit: single postings from eight clients at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.benchmarks import pgbench
from tests.benchmarks.cluster import SQL, Database
from tests.benchmarks.figures import Figure, Goal, interleaved, pair
from tests.benchmarks.run import CLIENTS, Run
from tests.benchmarks.seed import seed

BOOKS: Final = 1000
_SEEDED: Final = (
    200_000  # transactions there already: a book is rarely empty, and plans are made from statistics
)
_OURS: Final = "public.ledger_post"
_FLOOR: Final = "floor.ledger_post"
_AUDITS: Final = """
SELECT format('ALTER TABLE %%s %%s TRIGGER %%I', tgrelid::regclass, %(verb)s::text, tgname)
  FROM pg_trigger
 WHERE tgfoid = 'audit_record'::regproc AND tgrelid::regclass::text LIKE 'ledger\\_%%'
"""


def writes_database(run: Run) -> Database:
    """1,000 books with 200 transactions each, and the floor's tables with the same rows."""
    return run.cluster.database("writes", _fill)


def _fill(database: Database) -> None:
    seed(database, books=BOOKS, transactions=_SEEDED)
    with database.as_admin() as admin:
        admin.execute((SQL / "floor.sql").read_bytes())
        admin.execute((SQL / "floor_policies.sql").read_bytes())
        admin.execute("VACUUM (ANALYZE)")


def posting(run: Run) -> list[Figure]:
    """All guards, month totals and the audit log, against the same tables with no foreign key and no trigger."""
    ours = _Side(run, door=_OURS)
    floor = _Side(run, door=_FLOOR)
    rounds = interleaved({"ours": ours, "floor": floor}, rounds=run.rounds, bench="posting")
    notes = {"clients": CLIENTS, "client's share ours": ours.client_share, "floor": floor.client_share}
    return [
        pair(
            "posting",
            "one posting, 8 clients",
            "tps",
            ours=rounds["ours"],
            floor=rounds["floor"],
            goal=Goal("≥", 0.50),
            notes=notes,
        ),
        pair("posting", "CPU of the database", "ms/1", ours=ours.cpu_ms, floor=floor.cpu_ms),
    ]


def hot_book(run: Run) -> list[Figure]:
    """Eight writers in one book, against the same spread over a thousand."""
    sides = {"ours": _Side(run, door=_OURS, books=1), "floor": _Side(run, door=_OURS)}
    rounds = interleaved(sides, rounds=run.rounds, bench="hot_book")
    return [
        pair(
            "hot_book",
            "one book, 8 writers",
            "tps",
            ours=rounds["ours"],
            floor=rounds["floor"],
            goal=Goal("≥", 0.9),
        )
    ]


def audit_posting(run: Run) -> list[Figure]:
    """Posting with the audit log against posting without: milliseconds a posting."""
    with_log, without = _Side(run, door=_OURS), _Side(run, door=_OURS)

    def unlogged(number: int) -> float:
        with audit_off(writes_database(run)):
            return 1000 / without(number)

    rounds = interleaved(
        {"ours": lambda number: 1000 / with_log(number), "floor": unlogged}, rounds=run.rounds, bench="audit"
    )
    return [
        pair(
            "audit",
            "one posting, 8 clients",
            "ms/1",
            ours=rounds["ours"],
            floor=rounds["floor"],
            goal=Goal("≤", 1.6),
        )
    ]


@contextmanager
def audit_off(database: Database) -> Iterator[None]:
    """The audit triggers of the ledger's tables at rest; afterwards they speak again."""
    with database.as_admin() as admin:
        for verb in ("DISABLE", "ENABLE"):
            statements = admin.execute(_AUDITS, {"verb": verb}).fetchall()
            assert statements, "there is no audit trigger to switch off"
            for (statement,) in statements:
                admin.execute(statement)
            if verb == "DISABLE":
                yield


class _Side:
    """Posts for a round through one door."""

    def __init__(self, run: Run, *, door: str, books: int = BOOKS) -> None:
        self.client_share = ""
        self.cpu_ms: list[float] = []  # of the database, a posting
        self._run, self._door, self._books = run, door, books
        self._database = writes_database(run)

    def __call__(self, number: int) -> float:
        """Postings a second."""
        busy_s = self._run.cluster.busy_s()
        load = pgbench.posting(
            self._database.user_url,
            door=self._door,
            books=self._books,
            clients=CLIENTS,
            seconds=self._run.seconds,
        )
        self.cpu_ms.append(1000 * (self._run.cluster.busy_s() - busy_s) / load.count)
        self.client_share = load.client_share
        return load.tps
