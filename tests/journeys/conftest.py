"""The product as it is met from outside: a real server on a port, and a real browser in front of it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from rupaya.management.commands.dev import health_is_ok
from tests.journeys.visitor import Visitor
from tests.support.engines import ROOT

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
READY_S = 30
STOP_S = 10
_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    """Browser tests are skipped, loudly, where there is no Chromium."""
    if CHROMIUM:
        return
    skip = pytest.mark.skip(reason="NO CHROMIUM ON THE PATH: the dashboard was not tried in a browser")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def live():
    """The address of the product, served by gunicorn from this worker's database, with its static files.

    As `make run` serves it: APP_ENV is development, because the test environment has no hashed static files.
    """
    with tempfile.TemporaryDirectory(prefix="rupaya-live-") as home, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        environment = os.environ | {
            "APP_ENV": "development",
            "LOG_LEVEL": "warning",
            "PORT": str(port),
            "STATIC_ROOT": f"{home}/static",
            "TRUSTED_PROXY_HOPS": "1",  # each visitor comes from an address of their own
            "WEB_CONCURRENCY": "1",
        }
        environment.pop("DATABASE_OWNER_URL", None)
        environment.pop("DATABASE_SEALER_URL", None)
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
            cwd=ROOT,
            env=environment,
            check=True,
        )
        taken.close()
        with Path(home, "log").open("w+") as log, _server(port, environment, log):
            yield f"http://127.0.0.1:{port}"
            log.seek(0)
            assert "Traceback" not in (written := log.read()), written


@contextmanager
def _server(port, environment, log):
    config = ["--config", "deploy/gunicorn.conf.py", "--bind", f"127.0.0.1:{port}"]
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *config, "rupaya.wsgi"],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        ends = time.monotonic() + READY_S
        while not health_is_ok(port=port):
            if server.poll() is not None or time.monotonic() > ends:
                log.seek(0)
                pytest.fail(f"The server did not come up:\n{log.read()}")
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        try:
            server.wait(STOP_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture(scope="module")
def browser():
    """A Chromium. For one module only: while it lives, its event loop keeps Django off this thread."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def visitor(live: str, browser: Browser):
    """Will let somebody in, with a window of the wished size; in the end nobody may have met trouble."""
    came: list[Visitor] = []

    def come(**window) -> Visitor:
        came.append(Visitor(live, browser, **window))
        return came[-1]

    yield come
    for one in came:
        one.leave()
    assert [trouble for one in came for trouble in one.troubles] == []
