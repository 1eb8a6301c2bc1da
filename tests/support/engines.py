"""The engines under the tests: embedded and throw-away, or a server that the environment names.

TEST_ADMIN_URL names a PostgreSQL to use instead (a superuser's URL; `psql` must be on the PATH), and
REDIS_URL a Redis or Valkey. CI's older end runs the same tests that way.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rupaya import embedded

ROOT = Path(__file__).parent.parent.parent
TEMPLATE = "rupaya"
_HOME = "RUPAYA_TEST_HOME"
# All tests come from one address, and what was counted outlives each. Those about limits set them themselves.
WIDE = {f"RATE_LIMIT_{name}": "100000000/d" for name in ("API", "TRANSACTIONS", "LOGIN", "LOGIN_ADDRESS")}


def engines_start() -> str:
    """Will start the engines, point the environment at a database of this worker's own, and return its admin URL.

    The database is cloned from a template that the first worker migrates, through the same init.sql and
    migrations as everywhere.
    """
    if _HOME not in os.environ:
        os.environ[_HOME] = tempfile.mkdtemp(prefix="rupaya-test-")
    home = Path(os.environ[_HOME])
    (home / "static").mkdir(exist_ok=True)  # WhiteNoise warns of a folder that is not there
    os.environ.setdefault("STATIC_ROOT", str(home / "static"))
    os.environ.setdefault("MEDIA_ROOT", str(home / "media"))
    admin_url = os.environ.get("TEST_ADMIN_URL", "")
    engines = embedded.engines_ensure(
        home=home, postgres=not admin_url, valkey="REDIS_URL" not in os.environ, durable=False
    )
    admin_url = admin_url or str(engines.superuser_url)
    os.environ.setdefault("REDIS_URL", str(engines.redis_url))
    os.environ |= {"APP_ENV": "test", "LOG_LEVEL": "warning", "DJANGO_SETTINGS_MODULE": "rupaya.settings"}
    os.environ |= WIDE
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with _only_one(home):
        if not (home / "template-ready").exists():
            _template_make(admin_url, is_embedded="TEST_ADMIN_URL" not in os.environ)
            (home / "template-ready").touch()
        database = f"rupaya_test_{worker}"
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            admin.execute(f"CREATE DATABASE {database} TEMPLATE {TEMPLATE}")
    os.environ["DATABASE_URL"] = login_url(admin_url, user="rupaya_user", database=database)
    os.environ["DATABASE_OWNER_URL"] = login_url(admin_url, user="rupaya_owner", database=database)
    os.environ["DATABASE_SEALER_URL"] = login_url(admin_url, user="rupaya_sealer", database=database)
    return login_url(admin_url, user=str(conninfo_to_dict(admin_url)["user"]), database=database)


def login_url(admin_url: str, *, user: str, database: str) -> str:
    """The admin's URL with another login; the two roles' password is their name where one is needed."""
    parts = conninfo_to_dict(admin_url)
    password = parts.get("password") if user == parts.get("user") else user
    return make_conninfo("", **{**parts, "user": user, "password": password, "dbname": database})


def _template_make(admin_url: str, *, is_embedded: bool) -> None:
    if not is_embedded:
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")
            admin.execute(f"CREATE DATABASE {TEMPLATE}")
        roles = ("owner", "user", "sealer", "backup")
        passwords = [word for role in roles for word in ("-v", f"{role}_password=rupaya_{role}")]
        target = login_url(admin_url, user=str(conninfo_to_dict(admin_url)["user"]), database=TEMPLATE)
        command = ["psql", "-qX", "-v", "ON_ERROR_STOP=1", *passwords, "-d", target]
        subprocess.run(
            [*command, "-f", str(ROOT / "deploy/postgres/init.sql")], check=True, stdout=subprocess.DEVNULL
        )
    env = os.environ | {
        "DATABASE_URL": login_url(admin_url, user="rupaya_user", database=TEMPLATE),
        "DATABASE_OWNER_URL": login_url(admin_url, user="rupaya_owner", database=TEMPLATE),
        "DATABASE_SEALER_URL": "",
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=env, check=True
    )  # fmt: skip


@contextmanager
def _only_one(home: Path):
    with (home / "template.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        yield
