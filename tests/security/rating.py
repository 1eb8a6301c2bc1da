"""What MDN's HTTP Observatory says of what production serves: gunicorn behind nginx, with TLS of a CA of ours.

`python -m tests.security.rating` prints the verdict; exit 1 where it is below A+ and 120.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from tests.support.engines import ROOT, engines_start

HOST: Final = "rupaya.test"
SCORE_MIN: Final = 120
READY_S: Final = 60
TOOL: Final = Path(__file__).parent / "observatory"
NEEDED: Final = ("npm", "node", "nginx", "openssl")

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
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_hide_header Server;
    }}
  }}
}}
"""


def rating() -> dict[str, Any]:
    """Will serve the product, have it rated, and give the Observatory's own answer."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rupaya-rating-")))
        app, http, https = ports_free(3)
        certificates_make(home)
        tool = tool_install(home)
        stack.enter_context(product(home, port=app))
        configuration = home / "nginx.conf"
        configuration.write_text(_NGINX.format(home=home, app=app, http=http, https=https))
        stack.enter_context(running(["nginx", "-c", str(configuration), "-p", str(home)], port=https))
        done = subprocess.run(
            ["node", "--require", str(TOOL / "ports.cjs"), str(tool / "src" / "scan.js"), HOST],
            capture_output=True,
            text=True,
            timeout=120,
            env=os.environ
            | {
                "OBSERVATORY_HOST": HOST,
                "OBSERVATORY_HTTP_PORT": str(http),
                "OBSERVATORY_HTTPS_PORT": str(https),
                "NODE_EXTRA_CA_CERTS": str(home / "ca.pem"),
            },
            check=False,
        )
    answer: dict[str, Any] = json.loads(done.stdout or json.dumps({"error": done.stderr[-500:]}))
    return answer


def tool_install(home: Path) -> Path:
    """The Observatory as its lock file pins it, without the lists it fetches: nothing here is preloaded."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(TOOL / name, home)
    subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
        cwd=home,
        check=True,
        timeout=300,
    )
    tool = home / "node_modules/@mdn/mdn-http-observatory"
    (tool / "conf/hsts-preload.json").write_text("{}")
    (tool / "conf/tld-list.json").write_text("[]")
    return tool


def certificates_make(home: Path) -> None:
    """A CA for this run and a certificate of HOST."""
    (home / "names").write_text(f"subjectAltName=DNS:{HOST}\n")
    new = ["openssl", "req", "-newkey", "rsa:2048", "-nodes"]
    for command in (
        [*new, "-x509", "-days", "2", "-subj", "/CN=RUPAYA test CA", "-keyout", "ca.key", "-out", "ca.pem"],
        [*new, "-subj", f"/CN={HOST}", "-keyout", "site.key", "-out", "site.csr"],
        ["openssl", "x509", "-req", "-in", "site.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
         "-days", "2", "-extfile", "names", "-out", "site.pem"],
    ):  # fmt: skip
        subprocess.run(command, cwd=home, check=True, capture_output=True)


@contextmanager
def product(home: Path, *, port: int):
    """The product in production's settings, on the tests' database."""
    engines_start()
    environment = os.environ | {
        "APP_ENV": "production",
        "DATABASE_URL": os.environ["DATABASE_URL"] + " password=Zb7-rating-only",
        "JWT_SECRET": "Zb7-rating-only-access-0123456789abcdef",
        "JWT_REFRESH_SECRET": "Zb7-rating-only-refresh-0123456789abcdef",
        "SENDGRID_API_KEY": "none",
        "FRONTEND_URL": f"https://{HOST}",
        "API_BASE_URL": f"https://{HOST}/v1",
        "STATIC_ROOT": str(home / "static"),
        "FORWARDED_ALLOW_IPS": "127.0.0.1",
        "WEB_CONCURRENCY": "1",
    }
    environment.pop("DATABASE_OWNER_URL", None)
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
    with running([*command, "rupaya.wsgi"], port=port, environment=environment):
        yield


@contextmanager
def running(command: list[str], *, port: int, environment: dict[str, str] | None = None):
    """Will run a server from when its port answers until the end of the block."""
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
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


def main() -> int:
    """Will print the verdict; 0 where it is good enough."""
    from rupaya import embedded

    try:
        found = rating()
    finally:
        embedded.engines_release()
        shutil.rmtree(os.environ.get("RUPAYA_TEST_HOME", ""), ignore_errors=True)
    if "scan" not in found:
        print(f"The Observatory could not rate it: {found.get('error')}", file=sys.stderr)
        return 1
    scan = found["scan"]
    print(
        f"MDN HTTP Observatory: {scan['grade']}, {scan['score']}; {scan['testsPassed']} of {scan['testsQuantity']}"
    )
    for name, test in found["tests"].items():
        print(f"  {test['scoreModifier'] or 0:+4d} {name}: {test['result']}")
    return 0 if scan["grade"] == "A+" and scan["score"] >= SCORE_MIN else 1


if __name__ == "__main__":
    sys.exit(main())
