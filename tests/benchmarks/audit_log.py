"""audit_log: sealing, verifying, exporting a long log, and checking the export offline; the peak of each process."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg

from audit.seals.heads import Signer
from tests.benchmarks.cluster import SQL, Database
from tests.benchmarks.figures import Figure, pair, say, timed
from tests.benchmarks.memory import FLAT, peak_mb
from tests.benchmarks.run import Run

SMALL: Final = 200_000  # entries
_PART: Final = (
    450_000  # filled while the one before is sealed; one or two of them end with a seal of all there is
)
_SEED: Final = bytes(range(32))
_SIGNER: Final = Signer("bench.example.in/audit", _SEED)
_ENV: Final = {"AUDIT_SIGNING_KEY": base64.b64encode(_SEED).decode()}
_ENTRY_MAX: Final = "SELECT coalesce(max(last), 0) FROM bench.part"


def audit_log(run: Run) -> list[Figure]:
    """Megabytes for a log of `rows` entries against 200,000. Once each: no other program changes a peak of memory."""
    small, large = (_measured(run, rows) for rows in (SMALL, run.rows))
    return [
        pair(
            "audit_log",
            f"{what}, {run.rows:,} : {SMALL:,} entries",
            "MB",
            ours=[large[what][0]],
            floor=[small[what][0]],
            goal=FLAT,
            notes={"entries a second": f"{run.rows / large[what][1]:,.0f}"},
        )
        for what in small
    ]


def _measured(run: Run, rows: int) -> dict[str, tuple[float, float]]:
    """Of each process megabytes at its peak, and seconds."""
    database = run.cluster.database(f"audit_log_{rows}", lambda made: _fill(run, made, rows), goes_on=True)
    with ThreadPoolExecutor(2) as hands:
        verified = hands.submit(_peak, run, database, "manage.py", "audit", "verify")
        exported = _exported(run, database)
        with database.as_admin() as admin:
            sealed = admin.execute("SELECT max(mb), sum(seconds) FROM bench.part").fetchone()
        assert sealed is not None
        found = {"seal": sealed, "verify": verified.result(), **exported}
    for what, (mb, seconds) in found.items():
        say(f"  audit_log, {rows:,} entries: {what} {mb:,.1f} MB, {seconds:,.0f} s")
    return found


def _exported(run: Run, database: Database) -> dict[str, tuple[float, float]]:
    with tempfile.TemporaryDirectory(dir=run.cluster.home) as folder:
        file = Path(folder) / "log.jsonl.gz"
        exported = _peak(run, database, "manage.py", "audit", "export", str(file), "--gzip")
        checked = _peak(
            run, database, "-m", "audit.seals.offline", "export", str(file), "--public-key", str(_SIGNER.public)
        )  # fmt: skip
    return {"export": exported, "check of the export, offline": checked}


def _fill(run: Run, database: Database, rows: int) -> None:
    """Will fill and seal a part at a time, the next being filled meanwhile; what is there is not done again."""
    with database.as_admin() as admin:
        if not admin.execute("SELECT to_regnamespace('bench')").fetchone()[0]:  # type: ignore[index]  # one row
            admin.execute((SQL / "audit_log.sql").read_bytes())
    with _filling(database) as hand, database.as_admin() as admin, ThreadPoolExecutor(1) as other:
        (done,) = hand.execute("SELECT count(*) FROM audit_logs WHERE request_id LIKE 'bench-%'").fetchone()  # type: ignore[misc]  # one row
        (sealed,) = admin.execute(_ENTRY_MAX).fetchone()  # type: ignore[misc]  # the same
        while sealed < rows:
            done = _ahead(hand, done, min(sealed + _PART, rows))
            waiting = other.submit(_ahead, hand, done, min(done + _PART, rows))
            with timed() as seconds:
                mb = _peak(run, database, "manage.py", "audit", "seal")[0]
            admin.execute("INSERT INTO bench.part VALUES (%s, %s, %s)", [done, mb, seconds()])
            sealed, done = done, waiting.result()
            admin.execute("VACUUM (ANALYZE) audit_logs, audit_leaf")  # as autovacuum would
            say(f"  … {sealed:,} of {rows:,} entries sealed, {seconds():,.0f} s, {mb:,.1f} MB")


def _ahead(hand: psycopg.Connection[Any], done: int, last: int) -> int:
    """Will fill up to an entry, if that is not there yet; up to which entry all are there."""
    if done < last:
        hand.execute("CALL bench.entries(%s, %s)", [done + 1, last])
    return max(done, last)


@contextmanager
def _filling(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A connection for which no guard and no foreign key speaks, and that waits for no disk."""
    with database.as_admin() as hand:
        hand.execute("SET session_replication_role = replica")
        hand.execute("SET synchronous_commit = off")
        yield hand


def _peak(run: Run, database: Database, *arguments: str) -> tuple[float, float]:
    with timed() as seconds:
        mb = peak_mb(run, database, *arguments, env=_ENV)
    return mb, seconds()
