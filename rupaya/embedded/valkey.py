"""Valkey: in memory only, on a Unix socket only."""

from __future__ import annotations

import os
import signal
import socket
from typing import Final

from rupaya.embedded import binaries
from rupaya.embedded.place import Place, directory_claim
from rupaya.embedded.process import Engine, wait_until

SOCKET: Final = "valkey.sock"
START_S: Final = 20.0
_STOP: Final = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))  # nothing is kept, so nothing is lost


def valkey_ensure(*, place: Place) -> None:
    """Will have Valkey answering on its socket. The caller holds `start.lock`. Raises EngineError, OSError."""
    engine = _engine(place)
    if engine.is_alive() and _answers(place):
        return
    valkey_stop(place=place)
    program = binaries.reachable_program(binaries.VALKEY, place=place)
    directory = engine.marker
    uids = frozenset({os.geteuid()} | ({place.account.uid} if place.account else set()))
    directory_claim(directory, uids=uids)
    if place.account:
        os.chown(directory, place.account.uid, place.account.gid)
    settings = {
        "port": "0",
        "unixsocket": str(place.run / SOCKET),
        "unixsocketperm": "700",
        "dir": str(directory),
        "save": "",
        "appendonly": "no",
        "maxmemory": "128mb",
        # Evicting a rate limiter's counter would lift the limit without a word: refuse writes instead.
        "maxmemory-policy": "noeviction",
        # Its own title would hide the words by which it is recognised.
        "set-proc-title": "no",
    }
    options = [word for name, value in settings.items() for word in (f"--{name}", value)]
    engine.start(command=[program, *options], cwd=directory, account=place.account)
    if not wait_until(lambda: _answers(place) or not engine.is_alive(), timeout_s=START_S):
        raise engine.failure(f"Valkey did not answer within {START_S:.0f} s")
    if not engine.is_alive():
        raise engine.failure("Valkey did not start")


def valkey_stop(*, place: Place) -> None:
    """Will stop Valkey where it runs. Raises EngineError."""
    if not _engine(place).stop(signals=_STOP):
        raise _engine(place).failure("Valkey did not stop")


def _engine(place: Place) -> Engine:
    return Engine(
        program="valkey-server",
        marker=place.engines / "valkey",
        alive=place.base / "valkey.alive",
        log=place.log / "valkey.log",
    )


def _answers(place: Place) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(os.fsencode(place.run / SOCKET))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
