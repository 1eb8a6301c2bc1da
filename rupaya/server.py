"""What gunicorn's threaded worker lacks at the edge: an end to waiting, proxies that are believed by address alone,
and refusals of its own that read like ours. `deploy/gunicorn.conf.py` puts it in place.
"""

from __future__ import annotations

import functools
import time
from typing import Any, Final

from gunicorn import util
from gunicorn.http import errors, wsgi
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers import gthread

HEADERS_S: Final = 10.0  # from the first byte of a request to the end of its headers
PAUSE_S: Final = 15.0  # that a client may pause while it sends a body or takes an answer
BODY_BYTES_PER_S_MIN: Final = 1024  # what it must send on average after the first pause
# What is taken of a body that was refused unread, in gunicorn's 5 s, so that the connection serves the next request:
# all that the application lets anybody announce. gunicorn's 64 KiB would hang up on who was told that it stays open.
SKIPPED_BYTES_MAX: Final = 32 * 1024 * 1024
_FORWARDED: Final = frozenset(
    ["FORWARDED", "X-FORWARDED-FOR", "X-FORWARDED-HOST", "X-FORWARDED-PORT", "X-FORWARDED-PROTO"]
)


class HeadersTooSlow(errors.ParseException):  # type: ignore[misc]  # gunicorn has no types
    """Raised while headers are read; a TimeoutError would be logged as a fault of ours."""


class BoundedUnreader(SocketUnreader):  # type: ignore[misc]
    """Reads a client's bytes, and stops where they come too slowly: the thread is needed by somebody else."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.headers_begin()

    def headers_begin(self) -> None:
        """Will allow HEADERS_S from now on."""
        self._is_body = False
        self._started = time.monotonic()
        self._received = 0

    def body_begin(self) -> None:
        """Will allow what a body may take: no pause longer than PAUSE_S, and a least speed."""
        self._is_body = True
        self._started = time.monotonic()
        self._received = 0
        self.sock.settimeout(PAUSE_S)

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Will receive what is there. Raises TimeoutError within a body and HeadersTooSlow before it."""
        elapsed = time.monotonic() - self._started
        left = PAUSE_S + self._received / BODY_BYTES_PER_S_MIN if self._is_body else HEADERS_S
        try:
            # gunicorn gives an unread body less time, to skip it. 0 would mean: never wait.
            self.sock.settimeout(max(min(left - elapsed, self.sock.gettimeout() or PAUSE_S), 0.001))
            received: bytes = super().chunk(size_hint)
        except TimeoutError:
            if self._is_body:
                raise
            raise HeadersTooSlow from None
        self.sock.settimeout(PAUSE_S)  # an answer that nobody takes ends too
        self._received += len(received)
        return received


class BoundedConnection(gthread.TConn):  # type: ignore[misc]
    """A connection whose requests are read by BoundedUnreader."""

    def init(self) -> None:
        """Called by gunicorn before each request of the connection."""
        is_new = not self.initialized
        super().init()
        if is_new:
            bounded = BoundedUnreader(self.sock)
            bounded.unread(self.parser.unreader.take_buffered())
            self.parser.unreader = bounded
            self.parser.finish_body = functools.partial(self.parser.finish_body, max_bytes=SKIPPED_BYTES_MAX)
        self.parser.unreader.headers_begin()


class Worker(gthread.ThreadWorker):  # type: ignore[misc]
    """gunicorn's threads, with the bounds, and a door that is shut when nobody is let in any more."""

    def _cap_keepalive(self, deadline: float) -> None:
        """Called by gunicorn at a stop, once: after the last accept, and before it waits for what still runs.

        It leaves the listener open until then: the kernel would greet people whom nobody serves, and reset them all at
        the end. And it lets connections that never sent a byte hold up the stop to its very end.
        """
        for listener in self.sockets:
            self._take_who_waits(listener)
            listener.close()  # the kernel refuses from here on, once every worker has done so
        super()._cap_keepalive(deadline)
        for connection in self.pending_conns:
            connection.timeout = min(connection.timeout, deadline)

    def _take_who_waits(self, listener: Any) -> None:
        """Will accept everybody whom the kernel has greeted already."""
        while (present := self.nr_conns) < self.worker_connections:
            self.accept(listener)
            if self.nr_conns == present:  # nobody is left
                return

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Will answer 408 to somebody slow; all else as gunicorn does, in our words."""
        if isinstance(exc, HeadersTooSlow):
            refusal_write(client, 408, "Request Timeout")
        else:
            super().handle_error(req, client, addr, exc)


def request_begin(worker: Any, request: Any) -> None:  # noqa: ARG001  # gunicorn's own hook, pre_request
    """Bounds the body that follows, and leaves out what a stranger says of who sent the request and how.

    Where the body is more than is skipped, the answer says that the connection ends.
    """
    request.unreader.body_begin()
    if any(name == "CONTENT-LENGTH" and int(value) > SKIPPED_BYTES_MAX for name, value in request.headers):
        request.force_close()
    if not request._peer_is_trusted_proxy():  # noqa: SLF001  # what FORWARDED_ALLOW_IPS means is gunicorn's to say
        request.headers = [header for header in request.headers if header[0] not in _FORWARDED]


def refusal_write(client: Any, status: int, reason: str, message: str = "") -> None:  # noqa: ARG001  # gunicorn's shape
    """Will answer what never became a request: problem details, with the headers of every answer.

    `message` quotes the client's bytes and is not sent back.
    """
    # Not above: gunicorn's master reads this module, and it needs no Django.
    from django.conf import settings  # noqa: PLC0415

    from rupaya.core.headers import security_headers  # noqa: PLC0415
    from rupaya.core.ids import uuid7  # noqa: PLC0415
    from rupaya.core.json import json_bytes  # noqa: PLC0415
    from rupaya.core.problem import CONTENT_TYPE, plain_problem  # noqa: PLC0415

    request_id = str(uuid7())
    body = json_bytes(plain_problem(status, request_id=request_id))
    headers = {
        "Connection": "close",
        "Content-Type": CONTENT_TYPE,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "X-Request-ID": request_id,
        **security_headers(is_secure=settings.SECURE_SSL_REDIRECT),  # the proxy in front speaks TLS
    }
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
    util.write_nonblock(client, "\r\n".join([*lines, "", ""]).encode() + body)


def install() -> None:
    """Will put in the place of gunicorn's own what can't be had by a setting."""
    gthread.TConn = BoundedConnection
    util.write_error = refusal_write
    wsgi.Response.default_headers = _headers_without_banner


_headers_with_banner = wsgi.Response.default_headers


def _headers_without_banner(response: wsgi.Response) -> list[str]:
    """What gunicorn adds by itself, less the name of the software."""
    return [header for header in _headers_with_banner(response) if not header.startswith("Server:")]
