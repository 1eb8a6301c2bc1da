"""hordak: the double-entry app that Django projects install, on the same Django and PostgreSQL, in the same minute."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Final

from tests.benchmarks.cluster import ROOT, Database, environment
from tests.benchmarks.figures import Figure, Goal, interleaved, pair, say
from tests.benchmarks.run import Run
from tests.benchmarks.seed import seed

PLACE: Final = ROOT / "var" / "bench" / "hordak"
# Installed beside the project, never into it; without their dependencies, so that Django stays the product's own.
PACKAGES: Final = (
    "django-hordak==2.0.0", "django-mptt==0.20.0", "django-js-asset==5.0.0", "django-money==3.6.2", "py-moneyed==3.0",
    "django-extensions==4.1", "django-import-export==4.4.3", "tablib==3.10.0", "diff-match-patch==20241021",
    "babel==2.17.0",
)  # fmt: skip
TRANSACTIONS: Final = 500_000  # two legs each, in one book


def hordak(run: Run) -> list[Figure]:
    """Posting one transaction through Python, and the balances of sixty accounts at a million legs."""
    _install()
    ours = environment(run.cluster, run.cluster.database("hordak_ours", _fill_ours))
    theirs = _environment(run.cluster.database("hordak", _fill_theirs))

    def asked(module: str, env: dict[str, str], wish: str) -> float:
        command = [sys.executable, "-m", f"tests.benchmarks.{module}", wish, str(run.seconds)]
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | env, check=True, stdout=subprocess.PIPE, text=True
        )
        return float(json.loads(done.stdout.splitlines()[-1]))

    posting = interleaved(
        {
            "ours": lambda _: asked("product", ours, "post"),
            "floor": lambda _: asked("hordak_side", theirs, "post"),
        },
        rounds=run.rounds,
        bench="hordak, posting",
    )
    balances = interleaved(
        {
            "ours": lambda _: asked("product", ours, "balances"),
            "floor": lambda _: asked("hordak_side", theirs, "balances"),
        },
        rounds=run.rounds,
        bench="hordak, balances",
    )
    # Times: hordak's over ours says how many times faster ours is.
    return [
        pair(
            "hordak", "one posting through Python", "tps",
            ours=posting["ours"], floor=posting["floor"], goal=Goal("≥", 2.5),
        ),
        pair(
            "hordak", "60 balances, theirs : ours", "ms",
            ours=balances["floor"], floor=balances["ours"], goal=Goal("≥", 300),
        ),
    ]  # fmt: skip


def _install() -> None:
    if (PLACE / "hordak").is_dir():
        return
    say("  installing django-hordak beside the project …")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(PLACE),
        *PACKAGES,
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _environment(database: Database) -> dict[str, str]:
    path = os.pathsep.join([str(ROOT), str(PLACE)])
    return {
        "DATABASE_URL": database.admin_url,
        "PYTHONPATH": path,
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.hordak_settings",
    }


def _fill_ours(database: Database) -> None:
    seed(database, books=1, transactions=TRANSACTIONS, days=3650)


def _fill_theirs(database: Database) -> None:
    env = os.environ | _environment(database)
    command = [sys.executable, "-m", "tests.benchmarks.hordak_side", "fill", str(TRANSACTIONS)]
    subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
