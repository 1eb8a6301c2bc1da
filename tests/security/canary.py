"""A page with the two faults that the scanners look for. Whoever finds nothing here has not looked.

`python -m tests.security.canary PORT` serves it: `?name=` is written into SQL and into HTML as it came.
"""

from __future__ import annotations

import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Page(BaseHTTPRequestHandler):
    """One page for every path."""

    def do_GET(self) -> None:  # the name that http.server calls
        """Will answer with what is asked for, whatever that is."""
        name = parse_qs(urlsplit(self.path).query).get("name", ["asha"])[0]
        try:
            rows, status = found(name), 200
        except sqlite3.Error as error:
            rows, status = [str(error)], 500
        body = f"<html><body><a href='/?name=asha'>{name}</a> {rows}</body></html>".encode(errors="replace")
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def found(name: str) -> list[str]:
    """The ages of a name: injectable, and meant to be."""
    with sqlite3.connect(":memory:") as base:
        base.execute("CREATE TABLE person AS SELECT 'asha' AS name, 41 AS age UNION SELECT 'bala', 39")
        return [str(age) for (age,) in base.execute(f"SELECT age FROM person WHERE name = '{name}'")]


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
