"""A Valkey of a test's own, which it may freeze, fill and stop."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from rupaya.embedded.binaries import VALKEY, wheel_program

_START_S = 10


class Valkey:
    """A process on a socket in its own folder."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "v"
        self.url = f"unix://{self.socket}?db=0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, memory: str = "64mb") -> None:
        """Will answer when it returns; nothing of an earlier run is left."""
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "no"]
        options += [
            "--maxmemory",
            memory,
            "--maxmemory-policy",
            "noeviction",
            "--dir",
            str(self.socket.parent),
        ]
        self.process = subprocess.Popen([wheel_program(VALKEY), *options], stdout=subprocess.DEVNULL)
        ends = time.monotonic() + _START_S
        while not self._answers():
            if time.monotonic() > ends:
                raise TimeoutError("Valkey did not start")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            return bool(self.client().ping())
        except redis.RedisError:
            return False

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait(10)

    def _signal(self, number: int) -> None:
        assert self.process is not None
        os.kill(self.process.pid, number)


@contextmanager
def valkey_of_ones_own() -> Iterator[Valkey]:
    """A running one, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="rv-") as folder:  # a socket's path is at most 107 bytes long
        valkey = Valkey(Path(folder))
        valkey.start()
        try:
            yield valkey
        finally:
            if valkey.process and valkey.process.poll() is None:
                valkey.thaw()
                valkey.kill()
