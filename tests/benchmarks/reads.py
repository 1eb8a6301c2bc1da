"""reports, list_rls and search_rls: what reading costs in a ledger of ten million postings, under RLS."""

from __future__ import annotations

import datetime as dt
import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql

from tests.benchmarks.api import as_product, list_query
from tests.benchmarks.cluster import ROOT, SQL, Database
from tests.benchmarks.figures import Figure, Goal, interleaved, pair, timed
from tests.benchmarks.run import Run
from tests.benchmarks.seed import UNTIL, identity, seed

BOOKS: Final = 101  # one has half of all postings
DAYS: Final = 3650
_ASKED: Final = 15  # times a round; the median counts
_WARM: Final = 12  # times before: a statement is prepared at the sixth, and planned for good at the eleventh
_BARE: Final = "bench_bare"
_GRANTS: Final = (
    "GRANT USAGE ON SCHEMA public, bench TO {}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}",
    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}",
)
_PLAIN = tuple[str, Mapping[str, Any]]


class Statement(NamedTuple):
    """One statement as the product sends it: with its values in the text, or apart and prepared."""

    sql: str
    parameters: Mapping[str, Any]
    is_prepared: bool = False


_DAY_AS_OF: Final = dt.date(2023, 5, 17)


def _balances(on: dt.date) -> _PLAIN:
    text = (ROOT / "ledger/reports/sql/balances.sql").read_text()
    return text, {
        "book": identity(2, 1),
        "base": "INR",
        "today": on,
        "types": ["asset", "liability", "equity", "income", "expense"],
    }


def _income_expense() -> _PLAIN:
    until = UNTIL.replace(day=1)
    parameters = {"book": identity(2, 1), "since": until.replace(year=until.year - 1), "until": until}
    return (SQL / "income_expense.sql").read_text(), parameters


# A report is a name and what gives its SQL with parameters, for the book that has half of everything.
REPORTS: Final[dict[str, Callable[[], _PLAIN]]] = {
    "balances": lambda: _balances(UNTIL),
    "balances as of a past day": lambda: _balances(_DAY_AS_OF),
    "12 months of income and expense": _income_expense,
    "net worth by month": lambda: ((SQL / "net_worth.sql").read_text(), {"book": identity(2, 1)}),
}


def reports(run: Run) -> list[Figure]:
    """Each report in the large ledger against the same in one of a tenth: flat, where it reads month totals."""
    large, small = ledger_of(run, run.rows), ledger_of(run, run.rows // 10)
    figures = []
    for name, statement in REPORTS.items():
        text, parameters = statement()
        statements = [Statement(text, parameters)]
        sides = {"ours": _asker(large, statements), "floor": _asker(small, statements)}
        rounds = interleaved(sides, rounds=run.rounds, bench=f"reports, {name}")
        figures.append(
            pair(
                "reports",
                f"{name}, {run.rows:,} : {run.rows // 10:,}",
                "ms",
                ours=rounds["ours"],
                floor=rounds["floor"],
                goal=Goal("≤", 2),
            )
        )
    return figures


def list_rls(run: Run) -> list[Figure]:
    """The page of fifty as the API runs it, against the same prepared statement by a role that no policy binds."""
    database = ledger_of(run, run.rows)
    captured = list_query(run)
    parameters = {**captured["parameters"], "book": identity(2, 1)}
    statements = [Statement(captured["sql"], parameters, is_prepared=True)]
    return _against_bare(run, "list_rls", "a page of 50", database, statements, statements)


def search_rls(run: Run) -> list[Figure]:
    """A rare and a frequent word as the API searches, against the plain page by a role that no policy binds.

    That one may know how frequent words are, so it needs one statement, planned for its word and its book.
    """
    database = ledger_of(run, run.rows)
    captured = list_query(run)
    whole = captured["sql"].replace("(SELECT %(book)s::uuid)", "%(book)s")
    text = whole.replace(
        "t.status <> 'void'",
        "t.status <> 'void' AND (t.description || ' ' || t.payee || ' ' || t.notes) ILIKE %(word)s",
    )
    if text == whole:
        raise RuntimeError(
            "the page's statement has no condition on the status any more: say where the word goes"
        )
    figures = []
    for what, word in (
        ("a word of one transaction", _rare_word(database)),
        ("a word of every eleventh", "chemist"),
    ):
        said = json.loads(as_product(run, database, "search", word))
        ours = [
            Statement(one["sql"], _typed(one["parameters"]), is_prepared=one["is_prepared"]) for one in said
        ]
        parameters = {**captured["parameters"], "book": identity(2, 1), "word": f"%{word}%"}
        figures += _against_bare(run, "search_rls", what, database, ours, [Statement(text, parameters)])
    return figures


def _typed(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The book and the ids as the product gave them, before they were JSON."""
    kinds: dict[str, Callable[[Any], Any]] = {"book": UUID, "ids": lambda ids: [UUID(one) for one in ids]}
    return {name: kinds.get(name, lambda same: same)(value) for name, value in parameters.items()}


def ledger_of(run: Run, rows: int) -> Database:
    """A ledger of so many postings; the first of its 101 books has half of them, over ten years."""

    def fill(database: Database) -> None:
        seed(database, books=BOOKS, transactions=rows // 2, days=DAYS, is_hot=True)

    return run.cluster.database(f"ledger_{rows}", fill, goes_on=True)


def _against_bare(
    run: Run,
    bench: str,
    what: str,
    database: Database,
    ours: Sequence[Statement],
    bare: Sequence[Statement],
) -> list[Figure]:
    with database.as_admin() as admin:
        if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [_BARE]).fetchone():
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN BYPASSRLS").format(sql.Identifier(_BARE)))
        for statement in _GRANTS:
            admin.execute(sql.SQL(statement).format(sql.Identifier(_BARE)))
    sides = {"ours": _asker(database, ours), "floor": _asker(database, bare, role=_BARE)}
    rounds = interleaved(sides, rounds=run.rounds, bench=f"{bench}, {what}")
    return [pair(bench, what, "ms", ours=rounds["ours"], floor=rounds["floor"], goal=Goal("≤", 1.15))]


def _asker(
    database: Database, statements: Sequence[Statement], *, role: str = "rupaya_user"
) -> Callable[[int], float]:
    """A round: the median of some runs of the statements in milliseconds, as the product asks."""

    def ask(_number: int) -> float:
        url = database.user_url.replace("user=rupaya_user", f"user={role}")
        took = []
        with psycopg.connect(url, prepare_threshold=1) as connection:
            connection.execute("SELECT bench.act(1)")
            prepared, plain = psycopg.Cursor(connection), psycopg.ClientCursor(connection)
            for _ in range(_WARM + _ASKED):
                with timed() as wall:
                    for text, parameters, is_prepared in statements:
                        cursor = prepared if is_prepared else plain
                        rows = cursor.execute(text.encode(), parameters).fetchall()
                took.append(1000 * wall())
            if not rows:
                raise RuntimeError("a read found nothing")
        return statistics.median(took[_WARM:])

    return ask


def _rare_word(database: Database) -> str:
    with database.as_admin() as admin:
        row = admin.execute(
            "SELECT right(description, 8) FROM ledger_transaction WHERE book_id = %s ORDER BY id LIMIT 1 OFFSET 777",
            [identity(2, 1)],
        ).fetchone()
    assert row is not None
    return str(row[0])
