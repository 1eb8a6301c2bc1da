"""What production serves, here: gunicorn behind nginx, with TLS of a CA of ours."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from tests.support.engines import ROOT, engines_start

READY_S: Final = 60
NEEDED: Final = ("nginx", "openssl")

_NGINX: Final = """
daemon off; pid {home}/nginx.pid; error_log stderr warn; events {{}}
http {{
  access_log off; server_tokens off;
  client_body_temp_path {home}; proxy_temp_path {home}; fastcgi_temp_path {home};
  uwsgi_temp_path {home}; scgi_temp_path {home};
  server {{
    listen 127.0.0.1:{http};
    listen 127.0.0.1:{https} ssl;
    ssl_certificate {home}/site.pem; ssl_certificate_key {home}/site.key;
    location / {{
      proxy_pass http://127.0.0.1:{app};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_hide_header Server;
    }}
  }}
}}
"""


class Site(NamedTuple):
    """Where it is served, and what it wrote meanwhile."""

    host: str
    http: int
    https: int
    home: Path  # ca.pem is here
    log: Path  # one JSON object a line

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"https://{self.host}:{self.https}"


@contextmanager
def site(host: str, **environment: str) -> Iterator[Site]:
    """Will serve the product as `host` until the end of the block; `environment` is added to its own."""
    from rupaya import embedded

    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rupaya-site-")))
        app, http, https = ports_free(3)
        certificates_make(home, host)
        stack.callback(lambda: shutil.rmtree(os.environ.get("RUPAYA_TEST_HOME", ""), ignore_errors=True))
        stack.callback(embedded.engines_release)
        stack.enter_context(product(home, host=host, port=app, **environment))
        configuration = home / "nginx.conf"
        configuration.write_text(_NGINX.format(home=home, app=app, http=http, https=https))
        stack.enter_context(running(["nginx", "-c", str(configuration), "-p", str(home)], port=https))
        yield Site(host=host, http=http, https=https, home=home, log=home / "log")


def certificates_make(home: Path, host: str) -> None:
    """A CA for this run and a certificate of the host."""
    (home / "names").write_text(f"subjectAltName=DNS:{host}\n")
    new = ["openssl", "req", "-newkey", "rsa:2048", "-nodes"]
    for command in (
        [*new, "-x509", "-days", "2", "-subj", "/CN=RUPAYA test CA", "-keyout", "ca.key", "-out", "ca.pem"],
        [*new, "-subj", f"/CN={host}", "-keyout", "site.key", "-out", "site.csr"],
        ["openssl", "x509", "-req", "-in", "site.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
         "-days", "2", "-extfile", "names", "-out", "site.pem"],
    ):  # fmt: skip
        subprocess.run(command, cwd=home, check=True, capture_output=True)


@contextmanager
def product(home: Path, *, host: str, port: int, **more: str) -> Iterator[None]:
    """The product in production's settings, on the tests' database."""
    engines_start()
    environment = (
        os.environ
        | {
            "APP_ENV": "production",
            "DATABASE_URL": os.environ["DATABASE_URL"] + " password=Zb7-site-only",
            "JWT_SECRET": "Zb7-site-only-access-0123456789abcdef",
            "JWT_REFRESH_SECRET": "Zb7-site-only-refresh-0123456789abcdef",
            "SENDGRID_API_KEY": "none",
            "FRONTEND_URL": f"https://{host}",
            "API_BASE_URL": f"https://{host}/v1",
            "STATIC_ROOT": str(home / "static"),
            "FORWARDED_ALLOW_IPS": "127.0.0.1",
            "WEB_CONCURRENCY": "1",
            "LOG_LEVEL": "info",
        }
        | more
    )
    for name in ("DATABASE_OWNER_URL", "DATABASE_SEALER_URL"):  # the web server holds neither
        environment.pop(name, None)
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=ROOT, env=environment, check=True,
    )  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "deploy/gunicorn.conf.py",
        "--bind",
        f"127.0.0.1:{port}",
    ]
    with running([*command, "rupaya.wsgi"], port=port, environment=environment, log=home / "log"):
        yield


@contextmanager
def running(
    command: list[str], *, port: int, environment: dict[str, str] | None = None, log: Path = Path(os.devnull)
) -> Iterator[None]:
    """Will run a server from when its port answers until the end of the block; it writes to `log`."""
    with log.open("w") as out:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out)
    try:
        ends = time.monotonic() + READY_S
        while not answers(port):
            if server.poll() is not None or time.monotonic() > ends:
                raise SystemExit(f"{command[0]} did not come up; its log is above.")
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait()


def answers(port: int) -> bool:
    """Does anybody listen there?"""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ports_free(count: int) -> list[int]:
    """Ports that nobody has right now."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
