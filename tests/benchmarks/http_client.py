"""A load of HTTP requests: raw sockets kept alive, requests made before the clock starts, every status checked."""

from __future__ import annotations

import http.client
import multiprocessing as mp
import selectors
import socket
import statistics
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Final

from tests.benchmarks.figures import share

HOST: Final = "127.0.0.1"
PROCESSES: Final = 2
CONNECTIONS: Final = 8  # of each process
_START_S: Final = 60
_STALL_S: Final = 10

# Makes a process's requests: its number and how many. Must be picklable: each process makes its own.
Requests = Callable[[int, int], list[bytes]]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a load gave: requests a second, and milliseconds of latency."""

    count: int
    rate: float
    p50_ms: float
    p99_ms: float
    client_share: str


def answer_of(*, port: int, request: bytes) -> bytes:
    """The body of the answer to one request."""
    with socket.create_connection((HOST, port)) as line:
        line.sendall(request)
        response = http.client.HTTPResponse(line)
        response.begin()
        return response.read()


def load(*, port: int, requests: Requests, count: int, seconds: float, status: int) -> Answered:
    """Will send requests for so long from 16 connections; raises RuntimeError for any other status.

    count: how many requests a process makes beforehand. Each is sent once; raises where they do not suffice.
    """
    context = mp.get_context("spawn")
    workers = []
    for number in range(PROCESSES):
        ours, theirs = context.Pipe()
        worker = context.Process(target=_work, args=(theirs, number, port, requests, count, seconds, status))
        worker.start()
        workers.append((worker, ours))
    try:
        for _, pipe in workers:
            _receive(pipe, _START_S)
        for _, pipe in workers:
            pipe.send("go")
        results = [_receive(pipe, seconds + _START_S) for _, pipe in workers]
    finally:
        for worker, _ in workers:
            worker.join(_STALL_S)
            if worker.is_alive():
                worker.kill()
    latencies = sorted(latency for result in results for latency in result["latencies"])
    wall_s = statistics.mean(result["wall_s"] for result in results)
    return Answered(
        count=len(latencies),
        rate=len(latencies) / wall_s,
        p50_ms=latencies[len(latencies) // 2] / 1e6,
        p99_ms=latencies[len(latencies) * 99 // 100] / 1e6,
        client_share=share(busy_s=sum(result["busy_s"] for result in results), wall_s=wall_s),
    )


def _receive(pipe: Any, timeout_s: float) -> Any:
    if not pipe.poll(timeout_s):
        raise RuntimeError("a process of the HTTP load does not answer")
    said = pipe.recv()
    if isinstance(said, str) and said != "ready":
        raise RuntimeError(said)
    return said


def _work(
    pipe: Connection, number: int, port: int, requests: Requests, count: int, seconds: float, status: int
) -> None:
    try:
        made = requests(number, count)
        pipe.send("ready")
        pipe.recv()
        pipe.send(_drive(port, made, seconds, b" %d " % status))
    except Exception as error:  # noqa: BLE001  # whatever it is, the parent must hear of it
        pipe.send(f"{type(error).__name__}: {error}")


@dataclass(slots=True)
class _Line:
    """One connection and the request that is under way on it."""

    port: int
    socket: socket.socket = field(init=False)
    sent_at: int = 0
    buffer: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self.connect()

    def connect(self) -> None:
        self.socket = socket.create_connection((HOST, self.port), timeout=_STALL_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> None:
        self.buffer.clear()
        self.sent_at = time.perf_counter_ns()
        self.socket.sendall(request)

    def answer(self) -> bytes | None:
        """The answer's head once all of it is here; None as long as some is missing."""
        received = self.socket.recv(1 << 18)
        if not received:
            raise ConnectionError("the server closed a connection before it answered")
        self.buffer += received
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self.buffer[:end]).lower()
        _, is_counted, length = head.partition(b"\r\ncontent-length: ")
        if not is_counted:  # chunked: a server that was told no length
            return head if self.buffer.endswith(b"\r\n0\r\n\r\n") else None
        whole = end + 4 + int(length.split(b"\r\n", 1)[0])
        return head if len(self.buffer) >= whole else None


def _drive(port: int, requests: list[bytes], seconds: float, status: bytes) -> dict[str, Any]:
    latencies, waiting = array("Q"), iter(requests)
    selector = selectors.DefaultSelector()
    busy_from, started = time.process_time(), time.perf_counter()
    ends = started + seconds
    open_lines = 0
    for _ in range(CONNECTIONS):
        line = _Line(port)
        selector.register(line.socket, selectors.EVENT_READ, line)
        line.send(next(waiting))
        open_lines += 1
    while open_lines:
        ready = selector.select(_STALL_S)
        if not ready:
            raise RuntimeError("the server answers nothing any more")
        for key, _ in ready:
            line = key.data
            head = line.answer()
            if head is None:
                continue
            latencies.append(time.perf_counter_ns() - line.sent_at)
            if status not in head[:20]:
                raise RuntimeError(f"the server answered {bytes(line.buffer[:600])!r}")
            is_over = time.perf_counter() >= ends
            if is_over or b"\r\nconnection: close" in head:
                selector.unregister(line.socket)
                line.socket.close()
                open_lines -= 1
            if is_over:
                continue
            if line.socket.fileno() < 0:
                line.connect()
                selector.register(line.socket, selectors.EVENT_READ, line)
                open_lines += 1
            line.send(next(waiting))
    wall_s = time.perf_counter() - started
    return {"latencies": latencies, "wall_s": wall_s, "busy_s": time.process_time() - busy_from}
