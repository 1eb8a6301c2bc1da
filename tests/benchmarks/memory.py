"""memory: the most that a process ever held (the kernel's VmHWM), for little work and for more of the same."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.benchmarks.cluster import ROOT, Database, environment
from tests.benchmarks.figures import Figure, Goal, interleaved, pair
from tests.benchmarks.reads import ledger_of
from tests.benchmarks.run import Run
from tests.benchmarks.seed import UNTIL, seed
from tests.ledger.statements.writers import hdfc_file, line

FLAT: Final = Goal("≤", 1.5)
_PEOPLE: Final = 200  # each import is somebody's first


def memory(run: Run) -> list[Figure]:
    """Megabytes of importing a statement, of verifying a ledger, of recording batches."""
    imports = run.cluster.database("memory", _fill)
    people = iter(range(1, _PEOPLE))
    nonce = secrets.randbelow(
        10**9
    )  # in a home that is kept, yesterday's file would be known, and nothing imported
    small, large = ledger_of(run, 100_000), ledger_of(run, 1_000_000)

    def importing(rows: int) -> float:
        person = next(people)
        with tempfile.NamedTemporaryFile(suffix=".txt") as file:
            file.write(_statement(rows, seed=nonce + person))
            file.flush()
            return peak_mb(
                run, imports, "manage.py", "import_statement", file.name, "--account", f"Bank {nonce}-{rows}",
                "--email", f"person-{person}@example.in", "--adjust",
            )  # fmt: skip

    def verifying(database: Database) -> float:
        return peak_mb(run, database, "manage.py", "verify_ledger")

    def batches(times: int) -> float:
        return peak_mb(run, imports, "-m", "tests.benchmarks.product", "batch", str(times))

    sides = {
        "import, 20,000 : 5,000 rows": {
            "ours": lambda _: importing(20_000),
            "floor": lambda _: importing(5000),
        },
        "verify_ledger, 1,000,000 : 100,000": {
            "ours": lambda _: verifying(large),
            "floor": lambda _: verifying(small),
        },
        "20 batches of 500 : 2": {"ours": lambda _: batches(20), "floor": lambda _: batches(2)},
    }
    return [
        _figure(what, interleaved(both, rounds=run.rounds, bench=f"memory, {what}"))
        for what, both in sides.items()
    ]


def _figure(what: str, rounds: Mapping[str, list[float]]) -> Figure:
    return pair("memory", what, "MB", ours=rounds["ours"], floor=rounds["floor"], goal=FLAT)


def _fill(database: Database) -> None:
    seed(database, books=_PEOPLE, transactions=2000)


def peak_mb(run: Run, database: Database, *arguments: str, env: Mapping[str, str] | None = None) -> float:
    """Megabytes at the process's peak; raises RuntimeError where it fails. A process that only starts holds some 80."""
    env = {
        **os.environ,
        **environment(run.cluster, database),
        "DATABASE_OWNER_URL": f"{database.owner_url} password=Zb7-bench-only",
        "DATABASE_SEALER_URL": f"{database.sealer_url} password=Zb7-bench-only",
        **(env or {}),
    }
    with tempfile.NamedTemporaryFile("r") as peak:
        command = [sys.executable, "-m", "tests.benchmarks.peak", peak.name, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=False)
        if done.returncode:
            said = (done.stdout + done.stderr)[-1500:].decode(errors="replace")
            raise RuntimeError(f"{' '.join(arguments[:3])} failed: {said}")
        return int(Path(peak.name).read_text()) / 1024


def _statement(rows: int, *, seed: int) -> bytes:
    """A file as HDFC Bank gives it, of so many rows."""
    balance, lines = 10_000_000, []
    for number in range(rows):
        amount = 25_000 if number % 7 == 0 else -(100 + (number * 37 + seed) % 5000)
        balance += amount
        on = UNTIL - dt.timedelta(days=(rows - number) // 20 + 1)
        lines.append(
            line(
                number + 1,
                amount=amount,
                balance=balance,
                on=on,
                narration=f"UPI-SHOP {number} {seed}",
                reference=str(number + 1),
            )
        )
    return hdfc_file(lines)
