"""Locks that die with their holder, and engines that outlive their starter."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

LOG_BYTES_MAX: Final = 5 * 1024 * 1024
_LOG_TAIL_BYTES: Final = 4096
_POLL_S: Final = 0.02
# Nothing of the person's environment (PGDATA, LANG, TZ …) reaches an engine.
ENVIRONMENT: Final = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class EngineError(RuntimeError):
    """An embedded engine cannot do its work; the message is one sentence for the person at the terminal."""


@dataclass(frozen=True)
class Account:
    """The operating system's user that an engine runs as."""

    uid: int
    gid: int
    name: str


class FileLock:
    """An flock on a file of its own; the file stays, the lock ends with the process."""

    def __init__(self, path: Path) -> None:
        """Will open `path`, and make it where it is missing. Raises OSError."""
        self._path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)

    @property
    def fd(self) -> int:
        """The descriptor, to hand to a child that shall hold the lock on."""
        return self._fd

    def shared(self) -> None:
        """Will take the lock together with others; returns at once, since exclusive holders hold a mutex too."""
        fcntl.flock(self._fd, fcntl.LOCK_SH)

    def try_exclusive(self) -> bool:
        """Will take the lock alone, or say False where somebody else has it."""
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def is_in_place(self) -> bool:
        """Is the file that was opened still the one at its path?"""
        try:
            return os.path.samestat(os.fstat(self._fd), self._path.stat())
        except FileNotFoundError:
            return False

    @contextmanager
    def exclusive(self, *, timeout_s: float) -> Iterator[None]:
        """Will hold the lock alone inside, and close it after. Raises EngineError after `timeout_s`."""
        try:
            if not wait_until(self.try_exclusive, timeout_s=timeout_s):
                raise EngineError(
                    f"Another process has been starting or stopping the engines for {timeout_s:.0f} s; "
                    f"see who holds {self._path}."
                )
            yield
        finally:
            self.close()

    def close(self) -> None:
        """Will let go."""
        os.close(self._fd)


@dataclass(frozen=True)
class Engine:
    """One engine of one home: its program's name, the argument that tells it from others, and its files.

    The engine itself holds `alive` locked from start to its last process's end: that is how anyone sees that
    it runs, even from another container, without trusting a number in a file.
    """

    program: str
    marker: Path
    alive: Path
    log: Path

    def is_alive(self) -> bool:
        """Does any process of this engine still live?"""
        lock = FileLock(self.alive)
        try:
            return not lock.try_exclusive()
        finally:
            lock.close()

    def pids(self) -> list[int]:
        """The pids of this engine's main process: none, one, or a stray's whose directory was removed."""
        find = _processes if sys.platform.startswith("linux") else _processes_by_ps
        parents = dict(find(self.program.encode(), os.fsencode(self.marker)))
        # A child that was forked just now still bears its parent's command.
        return [pid for pid, parent in parents.items() if parent not in parents]

    def start(self, *, command: Sequence[str | Path], cwd: Path, account: Account | None) -> None:
        """Will start it detached: in a session of its own, so that Ctrl-C does not reach it. Raises OSError."""
        _log_cap(self.log)
        lock = FileLock(self.alive)
        try:
            if not lock.try_exclusive():
                raise EngineError(f"{self.program} still runs, though it does not answer; see {self.log}.")
            with self.log.open("ab") as log:
                child = subprocess.Popen(
                    command,
                    cwd=cwd,
                    env=ENVIRONMENT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=(lock.fd,),
                    umask=0o077,
                    **as_account(account),
                )
        finally:
            lock.close()
        _children.append(child)

    def stop(self, *, signals: Sequence[tuple[signal.Signals, float]]) -> bool:
        """Will send each signal in turn, waiting its seconds; True as soon as no process of it lives."""
        for number, timeout_s in signals:
            for pid in self.pids():
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    continue
            if wait_until(self._is_gone, timeout_s=timeout_s):
                return True
        return False

    def failure(self, what: str) -> EngineError:
        """The error that says `what`, names the log file and quotes its last line."""
        return EngineError(f"{what}; {self.log} ends with: {log_last_line(self.log)}")

    def _is_gone(self) -> bool:
        for child in _children:
            child.poll()
        return not self.is_alive() and not self.pids()


# Kept so that those that ended can be reaped, and so that none is collected while it runs.
_children: Final[list[subprocess.Popen[bytes]]] = []


class RunsAs(TypedDict, total=False):
    """The arguments of subprocess that choose a user."""

    user: int
    group: int
    extra_groups: list[int]


def as_account(account: Account | None) -> RunsAs:
    """The arguments of subprocess that run a program as `account`; none for None, the current user."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def wait_until(check: Callable[[], bool], *, timeout_s: float) -> bool:
    """Will ask `check` every 20 ms until it says True; False once `timeout_s` have passed."""
    ends = time.monotonic() + timeout_s
    while not check():
        if time.monotonic() > ends:
            return False
        time.sleep(_POLL_S)
    return True


def log_last_line(log: Path) -> str:
    """The last line of a log that says anything, or "(nothing)"."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LOG_TAIL_BYTES))
            lines = file.read().decode(errors="replace").split("\n")
    except FileNotFoundError:
        lines = []
    return next((line.strip() for line in reversed(lines) if line.strip()), "(nothing)")


def _log_cap(log: Path) -> None:
    log.parent.mkdir(mode=0o700, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_name(f"{log.name}.1"))


def _processes(program: bytes, marker: bytes) -> Iterator[tuple[int, int]]:
    """Pid and parent of every visible process that runs `program` with `marker` among its arguments."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if words[0].rpartition(b"/")[2] != program or marker not in words:
                continue
            # pid (name) state parent …, and the name may hold spaces and parentheses
            parent = int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1])
        except OSError:  # it ended meanwhile
            continue
        yield int(entry.name), parent


def _processes_by_ps(program: bytes, marker: bytes) -> Iterator[tuple[int, int]]:
    """The same where there is no /proc: ps tells no space in an argument from one between two."""
    listing = subprocess.run(
        ["/bin/ps", "-axww", "-o", "pid=,ppid=,command="], capture_output=True, check=True
    )
    for line in listing.stdout.splitlines():
        pid, parent, command = line.split(maxsplit=2)
        if b"/" + program + b" " in command and b" " + marker + b" " in command + b" ":
            yield int(pid), int(parent)
