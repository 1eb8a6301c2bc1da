"""A cluster on one machine: primary and replica, PgBouncer, two web hosts behind nginx, a worker.

`python deploy/local-cluster/cluster.py --home DIR` starts all of it from what is installed (PostgreSQL and Valkey
come with pip; PgBouncer and nginx are packages), prints one JSON object with the addresses, and stops everything at
Ctrl-C or SIGTERM. It is for trying and measuring; docs/SCALING.md says what for. Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from string import Template
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import psycopg  # noqa: E402  # after the path above

from rupaya import embedded  # noqa: E402
from rupaya.embedded import binaries  # noqa: E402
from rupaya.embedded.place import Place, place_find  # noqa: E402
from rupaya.embedded.process import ENVIRONMENT, as_account  # noqa: E402

HERE: Final = Path(__file__).resolve().parent
PRIMARY, REPLICA, POOLER = 5432, 5433, 6432  # parts of the sockets' names; none of the three listens on TCP
PREPARES_FROM: Final = (1, 21)  # the first PgBouncer that keeps prepared statements in transaction mode
START_S: Final = 90.0
STOP_S: Final = 30.0
HOST: Final = "cluster.example.in"


class Cluster:
    """The processes, in the order in which they started."""

    def __init__(self, home: Path, *, port: int, webs: int) -> None:
        self.home, self.port, self.webs = home, port, webs
        engines = embedded.engines_ensure(home=home, durable=True)
        self.admin_url, self.redis_url = str(engines.superuser_url), str(engines.redis_url)
        self.place: Place = place_find(home=home, durable=True)
        self.folder = self.place.engines / "cluster"  # belongs to the engines' user, as whom all but ours run
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._give(self.folder)
        self.processes: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self) -> dict[str, object]:
        """Will start everything and return where it is."""
        self._run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"], DATABASE_URL=self.url(PRIMARY)
        )
        self._run([sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"])
        self.replica_start()
        self.pooler_start()
        ports = [self.port + number for number in range(1, self.webs + 1)]
        for port in ports:
            bind = ["-c", "deploy/gunicorn.conf.py", "--bind", f"127.0.0.1:{port}", "rupaya.wsgi:application"]
            self._ours(
                f"web-{port}",
                [sys.executable, "-m", "gunicorn", *bind],
                DATABASE_URL=self.url(POOLER),
                DATABASE_REPLICA_URL=self.url(REPLICA),
            )
        # LISTEN needs a session of its own, which a pooler in transaction mode does not give.
        worker = [sys.executable, "manage.py", "procrastinate", "worker"]
        self._ours("worker", worker, DATABASE_URL=self.url(PRIMARY))
        self.balancer_start(ports)
        for port in (*ports, self.port):
            self._wait_for(partial(answers, port), f"port {port}")
        return {
            "url": f"http://127.0.0.1:{self.port}",
            "host": HOST,
            "webs": ports,
            "primary": self.url(PRIMARY),
            "replica": self.url(REPLICA),
            "pooler": self.url(POOLER),
            "admin": self.admin_url,
            "pooler_version": ".".join(map(str, pooler_version())),
            "pids": {name: process.pid for name, process in self.processes},
        }

    def url(self, port: int, *, user: str = "rupaya_user") -> str:
        """One login through one of the three doors; the password satisfies who asks, which none does."""
        return f"host={self.place.run} port={port} dbname=rupaya user={user} password=local-only"

    def replica_start(self) -> None:
        """Will copy the primary once, and follow it through a slot."""
        data = self.folder / "replica"
        programs = binaries.reachable_program(binaries.POSTGRES, place=self.place)
        if not data.is_dir():
            with psycopg.connect(self.admin_url, autocommit=True) as admin:
                admin.execute(
                    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active"
                )
            copy: list[str | Path] = [programs.with_name("pg_basebackup"), "--pgdata", data, "--host", self.place.run,
                    "--port", str(PRIMARY), "--username", "postgres", "--write-recovery-conf",
                    "--create-slot", "--slot", "replica", "--checkpoint", "fast"]  # fmt: skip
            subprocess.run(
                copy, check=True, env=ENVIRONMENT, cwd=self.folder, **as_account(self.place.account)
            )
        settings = [f'unix_socket_directories="{self.place.run}"', f"port={REPLICA}", "listen_addresses=",
                    "unix_socket_permissions=0700", "hot_standby_feedback=on"]  # fmt: skip
        words = [word for setting in settings for word in ("-c", setting)]
        self._theirs("replica", [programs, "-D", data, *words])
        replica = f"host={self.place.run} port={REPLICA} dbname=postgres user=postgres"
        self._wait_for(lambda: connects(replica), "the replica")

    def pooler_start(self) -> None:
        """Will start PgBouncer in transaction mode."""
        users = self.folder / "users.txt"
        users.write_text('"rupaya_user" "local-only"\n')
        self._give(users)
        config = self._fill("pgbouncer.ini", users=users, run=self.place.run, folder=self.folder)
        self._theirs("pooler", [program("pgbouncer"), config])
        self._wait_for(lambda: connects(self.url(POOLER)), "PgBouncer")

    def balancer_start(self, ports: Sequence[int]) -> None:
        """Will start nginx before the web hosts."""
        servers = "\n".join(f"    server 127.0.0.1:{port} max_fails=1 fail_timeout=2s;" for port in ports)
        config = self._fill("nginx.conf", servers=servers, port=self.port, folder=self.folder, host=HOST)
        self._theirs(
            "balancer", [program("nginx"), "-c", config, "-p", self.folder, "-e", self.folder / "nginx.log"]
        )

    def stop(self) -> None:
        """Will stop everything, the newest first; what does not within half a minute is killed."""
        for _, process in reversed(self.processes):
            process.send_signal(
                signal.SIGINT if process.args and "replica" in str(process.args) else signal.SIGTERM
            )
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        embedded.engines_release(home=self.home)

    def _environment(self, **more: str) -> dict[str, str]:
        keeps = pooler_version() >= PREPARES_FROM
        static = self.home / "static"
        static.mkdir(exist_ok=True)
        return {
            **os.environ, "APP_ENV": "production", "LOG_LEVEL": "info", "REDIS_URL": self.redis_url,
            "DATABASE_URL": self.url(PRIMARY), "DATABASE_OWNER_URL": self.url(PRIMARY, user="rupaya_owner"),
            "DATABASE_PREPARED_STATEMENTS": "true" if keeps else "false", "STATIC_ROOT": str(static),
            "JWT_SECRET": self._secret("access"), "JWT_REFRESH_SECRET": self._secret("refresh"),
            "SENDGRID_API_KEY": "none", "FRONTEND_URL": f"https://{HOST}", "API_BASE_URL": f"https://{HOST}/v1",
            "DJANGO_SETTINGS_MODULE": "rupaya.settings", **more,
        }  # fmt: skip

    def _secret(self, name: str) -> str:
        path = self.home / f"{name}.secret"
        if not path.exists():
            path.write_text(secrets.token_urlsafe(48))
            path.chmod(0o600)
        return path.read_text()

    def _run(self, command: Sequence[str], **more: str) -> None:
        subprocess.run(command, check=True, cwd=ROOT, env=self._environment(**more), stdout=sys.stderr)

    def _ours(self, name: str, command: Sequence[str], **more: str) -> None:
        only = {
            "DATABASE_OWNER_URL": "",
            "DATABASE_SEALER_URL": "",
        }  # web and worker never hold the owner's login
        with (self.home / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment(**only, **more),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.processes.append((name, process))

    def _theirs(self, name: str, command: Sequence[str | Path]) -> None:
        with (self.home / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                **as_account(self.place.account),
            )  # fmt: skip
        self.processes.append((name, process))

    def _fill(self, name: str, **values: object) -> Path:
        path = self.folder / name
        path.write_text(
            Template((HERE / name).read_text()).substitute({key: str(value) for key, value in values.items()})
        )
        self._give(path)
        return path

    def _give(self, path: Path) -> None:
        if self.place.account:
            os.chown(path, self.place.account.uid, self.place.account.gid)

    def _wait_for(self, check: Callable[[], bool], what: str) -> None:
        ends = time.monotonic() + START_S
        while not check():
            gone = [name for name, process in self.processes if process.poll() is not None]
            if gone or time.monotonic() > ends:
                raise SystemExit(f"{what} did not come; ended: {gone or 'nobody'}; logs: {self.home}/*.log")
            time.sleep(0.2)


def program(name: str) -> str:
    """Where a package's program is; a sentence and exit 1 without it."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise SystemExit(f"{name} is not installed; on Debian and Ubuntu: apt-get install {name}")
    return found


def pooler_version() -> tuple[int, ...]:
    """PgBouncer's version."""
    said = subprocess.run(
        [program("pgbouncer"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def connects(url: str) -> bool:
    """Whether somebody lets us in."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.Error:
        return False
    return True


def answers(port: int) -> bool:
    """Whether the product answers there."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/health", headers={"Host": HOST, "X-Forwarded-Proto": "https"}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  # this machine's own address  # nosec B310
            return bool(answer.status == 200)
    except OSError:
        return False


def main() -> None:
    """Will run the cluster until it is told to end."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--home", type=Path, default=ROOT / "var/cluster", help="where it keeps its data")
    parser.add_argument("--port", type=int, default=8080, help="nginx's; the web hosts take those after it")
    parser.add_argument("--webs", type=int, default=2, choices=range(1, 9), help="how many web hosts")
    parser.add_argument("--check", action="store_true", help="say whether everything is installed, and end")
    options = parser.parse_args()
    for name in ("pgbouncer", "nginx"):
        program(name)
    if options.check:
        sys.stdout.write("Everything is here.\n")
        return
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    options.home.mkdir(parents=True, exist_ok=True)
    options.home.chmod(0o711)
    cluster = Cluster(options.home.resolve(), port=options.port, webs=options.webs)
    try:
        sys.stdout.write(f"{json.dumps(cluster.start())}\n")
        sys.stdout.flush()
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
