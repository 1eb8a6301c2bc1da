"""PostgreSQL's own load driver, from the embedded engine: so cheap that the machine is left to the server."""

from __future__ import annotations

import re
import resource
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from psycopg.conninfo import conninfo_to_dict

from rupaya.embedded.binaries import POSTGRES, wheel_program
from tests.benchmarks.cluster import SQL
from tests.benchmarks.figures import share, timed

_TPS: Final = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
_COUNT: Final = re.compile(r"^number of transactions actually processed: (\d+)", re.MULTILINE)
_FAILED: Final = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)
_ABORTED: Final = "pgbench: error"


@dataclass(frozen=True, slots=True)
class Load:
    """So many transactions, and in a second, and what the driver itself took of the machine."""

    count: int
    tps: float
    client_share: str


def posting(url: str, *, door: str, books: int, clients: int, seconds: int) -> Load:
    """Will post through that SQL function from so many clients; raises RuntimeError where any posting fails."""
    text = (SQL / "post.pgbench").read_text().format(door=door, books=books)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(text)
        script.flush()
        return _run(url, script=Path(script.name), clients=clients, seconds=seconds)


def _run(url: str, *, script: Path, clients: int, seconds: int) -> Load:
    login = conninfo_to_dict(url)
    command = [
        str(wheel_program(POSTGRES).with_name("pgbench")), "--no-vacuum", "--protocol=prepared",
        "-h", str(login["host"]), "-p", str(login["port"]), "-U", str(login["user"]),
        f"--client={clients}", "--jobs=1", f"--time={seconds}", f"--file={script}", str(login["dbname"]),
    ]  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with timed() as wall:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    tps, count, failed = (pattern.search(done.stdout) for pattern in (_TPS, _COUNT, _FAILED))
    if done.returncode or _ABORTED in done.stderr or not tps or not count or not failed or failed[1] != "0":
        raise RuntimeError(f"pgbench failed:\n{done.stdout}{done.stderr}")
    busy_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Load(count=int(count[1]), tps=float(tps[1]), client_share=share(busy_s=busy_s, wall_s=wall()))
