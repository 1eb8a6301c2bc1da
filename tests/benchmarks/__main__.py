"""`python -m tests.benchmarks [names …]`: measures, prints a table, keeps the figures as JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rupaya.core import clock
from tests.benchmarks import api, audit_log, bulk, hordak, memory, reads, workers, writes
from tests.benchmarks.cluster import ROOT, cluster
from tests.benchmarks.figures import Figure, keep, say, table
from tests.benchmarks.run import Bench, Run

# What changes a database comes after what only reads it.
BENCHES: Final[dict[str, tuple[Bench, ...]]] = {
    "posting": (writes.posting,),
    "hot_book": (writes.hot_book,),
    "bulk": (bulk.bulk,),
    "api_post": (api.api_post,),
    "api_list": (api.api_list,),
    "reports": (reads.reports,),
    "list_rls": (reads.list_rls,),
    "search_rls": (reads.search_rls,),
    "hordak": (hordak.hordak,),
    "memory": (memory.memory,),
    "servers": (workers.servers,),
    "audit": (writes.audit_posting, bulk.audit_bulk),
    "audit_log": (audit_log.audit_log,),
}
_WHEN_NAMED: Final = {"audit_log"}  # an hour, and twenty gigabytes of disk


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every figure was taken, met or not; 1 when a bench failed; the others still ran."""
    options = _parser().parse_args(arguments)
    figures: list[Figure] = []
    failed = []
    with cluster(options.home) as engines:
        run = Run(engines, rounds=options.rounds, seconds=options.seconds, rows=options.rows)
        for name in options.names or [name for name in BENCHES if name not in _WHEN_NAMED]:
            for bench in BENCHES[name]:
                say(f"{name} …")
                try:
                    figures += bench(run)
                except Exception as error:  # noqa: BLE001  # an hour of other figures must not be lost with one
                    failed.append(name)
                    say(f"{name} failed: {type(error).__name__}: {error}")
    target = options.json or ROOT / "var" / "bench" / f"{clock.today():%Y-%m-%d}.json"
    keep(figures, target, context={"options": vars(options), "at": clock.now()})
    sys.stdout.write(f"{table(figures)}\n")
    say(f"Kept in {target}.")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        choices=[[], *BENCHES],
        metavar="name",
        help=f"{', '.join(BENCHES)} (default: all but {', '.join(_WHEN_NAMED)})",
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="how often each side is measured (default 3, the least)"
    )
    parser.add_argument("--seconds", type=int, default=5, help="how long a load lasts in a round (default 5)")
    parser.add_argument(
        "--rows",
        type=int,
        default=10_000_000,
        help="postings of the large ledger, entries of the long log (default 10,000,000)",
    )
    parser.add_argument(
        "--json", type=Path, help="where the figures are kept (default var/bench/<date>.json)"
    )
    parser.add_argument(
        "--home", type=Path, help="keep the databases there for the next run (default: none are kept)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
