"""Starting in production: refused in one sentence that names the variable, and silent when all is well."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CANARY = "kanari-9-Vogel"
GOOD = {
    "APP_ENV": "production",
    "DATABASE_URL": f"postgresql://rupaya_user:{CANARY}-db@127.0.0.1:1/rupaya",
    "REDIS_URL": f"redis://:{CANARY}-redis@127.0.0.1:1/0",
    "JWT_SECRET": f"{CANARY}-{secrets.token_urlsafe(48)}",
    "JWT_REFRESH_SECRET": f"{CANARY}-{secrets.token_urlsafe(48)}",
    "SENDGRID_API_KEY": f"SG.{CANARY}",
    "FRONTEND_URL": "https://app.rupaya.com",
    "API_BASE_URL": "https://api.rupaya.com/v1",
}
WRONG = {
    "no JWT_SECRET": {"JWT_SECRET": ""},
    "weak JWT_SECRET": {"JWT_SECRET": CANARY},
    "neither true nor false DATABASE_SSL": {"DATABASE_SSL": "maybe"},
    "another server's REDIS_URL": {"REDIS_URL": "http://cache.internal:6379"},
    "somebody else's DATABASE_REPLICA_URL": {
        "DATABASE_REPLICA_URL": f"postgresql://root:{CANARY}@replica/rupaya"
    },
    "endless DATABASE_REPLICA_WAIT_MS": {"DATABASE_REPLICA_WAIT_MS": "60000"},
    "made-up SENTRY_DSN": {"SENTRY_DSN": "xx"},
    "default DATABASE_OWNER_URL": {
        "DATABASE_OWNER_URL": "postgresql://rupaya_owner:rupaya_owner@db.internal/rupaya"
    },
    "default DATABASE_SEALER_URL": {
        "DATABASE_SEALER_URL": "postgresql://rupaya_sealer:rupaya_sealer@db.internal/rupaya"
    },
    "a sealer's login without AUDIT_SIGNING_KEY": {
        "DATABASE_SEALER_URL": f"postgresql://rupaya_sealer:{CANARY}-seal@db.internal/rupaya"
    },
    "short AUDIT_SIGNING_KEY": {
        "DATABASE_SEALER_URL": f"postgresql://rupaya_sealer:{CANARY}-seal@db.internal/rupaya",
        "AUDIT_SIGNING_KEY": "a2FuYXJp",
    },
    "endless AUDIT_ANCHOR_DAYS": {"AUDIT_ANCHOR_DAYS": "100000000"},
    "same JWT_REFRESH_SECRET": {"JWT_REFRESH_SECRET": GOOD["JWT_SECRET"]},
    "no DATABASE_URL": {"DATABASE_URL": ""},
    "default DATABASE_URL": {"DATABASE_URL": "postgresql://rupaya_user:rupaya_user@127.0.0.1:1/rupaya"},
    "broken DATABASE_URL": {"DATABASE_URL": f"postgresql://rupaya_user:{CANARY}@127.0.0.1:port/rupaya"},
    "no REDIS_URL": {"REDIS_URL": ""},
    "DEBUG": {"DEBUG": "y"},
    "no SENDGRID_API_KEY": {"SENDGRID_API_KEY": ""},
    "word PORT": {"PORT": "abc"},
    "LOG_LEVEL": {"LOG_LEVEL": "loud"},
    "APP_ENV": {"APP_ENV": "prod"},
    "ALLOWED_ORIGINS": {"ALLOWED_ORIGINS": "*"},
    "loose RATE_LIMIT_TRANSACTIONS": {"RATE_LIMIT_TRANSACTIONS": "1000/H"},
    "loose RATE_LIMIT_PEOPLE": {"RATE_LIMIT_PEOPLE": "asha:api=9/h"},
    "FRONTEND_URL": {"FRONTEND_URL": "app.rupaya.com"},
    "RAZORPAY_KEY_SECRET": {"RAZORPAY_KEY_ID": CANARY},
}


def run(*arguments, env):
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    values = {name: value for name, value in env.items() if value is not None}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=clean | values,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture(scope="module")
def refusals():
    """The outcome of each wrong environment; two processes at a time."""

    def refuse(case):
        wrong = {name: value or None for name, value in WRONG[case].items()}
        return case, run("manage.py", "check", env=GOOD | wrong)

    with ThreadPoolExecutor(2) as pool:
        return dict(pool.map(refuse, WRONG))


class TestProduction:
    @pytest.mark.parametrize("case", WRONG)
    def test_refuses_to_start_in_one_sentence_that_names_the_variable(self, refusals, case):
        done = refusals[case]

        lines = done.stderr.strip().splitlines()
        assert done.returncode == 1
        assert len(lines) == 1, done.stderr
        assert case.rpartition(" ")[2] in lines[0]
        assert lines[0].endswith(".")
        assert done.stdout == ""

    @pytest.mark.parametrize("case", WRONG)
    def test_tells_no_secret_when_it_refuses(self, refusals, case):
        assert CANARY not in refusals[case].stdout + refusals[case].stderr

    def test_refuses_in_the_web_server_so_that_it_stops_for_good(self):
        done = run("-c", "import rupaya.wsgi", env=GOOD | {"JWT_SECRET": None})

        assert done.returncode == 3
        assert done.stderr.strip() == "JWT_SECRET must be at least 32 random bytes in production."

    def test_passes_djangos_own_deployment_check(self):
        done = run("-W", "error", "manage.py", "check", "--deploy", "--fail-level", "WARNING", env=GOOD)

        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("System check identified no issues")
        assert done.stderr == ""

    def test_has_what_the_contract_asks_of_it(self):
        script = """if True:
            from django.conf import settings as s
            assert s.DEBUG is False and s.PORT == 8000 and s.JWT_EXPIRY == 3600 and s.JWT_REFRESH_EXPIRY == 604800
            assert s.DATABASES["default"]["OPTIONS"]["sslmode"] == "verify-full" and "owner" not in s.DATABASES
            assert s.DATABASES["default"]["OPTIONS"]["pool"]["max_size"] == 10
            assert (s.RATE_LIMITS["api"], s.RATE_LIMITS["login"]) == ((100, 900), (5, 900))
            assert s.RATE_LIMITS["transactions"] == (1000, 3600) and s.CORS_ALLOW_CREDENTIALS is False
            assert set(s.ALLOWED_HOSTS) == {"app.rupaya.com", "api.rupaya.com"}
            assert s.SESSION_COOKIE_SECURE and s.CSRF_COOKIE_SECURE and s.SECURE_SSL_REDIRECT
            assert s.JWT_SECRET not in s.SECRET_KEY and s.JWT_REFRESH_SECRET not in s.SECRET_KEY
            assert s.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"
            print("as agreed")"""
        tls = {
            "DATABASE_SSL": "true",
            "DATABASE_SSL_ROOT_CERT": "/etc/ssl/rds.pem",
            "DJANGO_SETTINGS_MODULE": "rupaya.settings",
        }

        done = run("-c", script, env=GOOD | tls)

        assert done.stdout == "as agreed\n", done.stderr

    def test_takes_an_empty_app_env_for_a_mistake_and_not_for_development(self):
        done = run("manage.py", "check", env=GOOD | {"APP_ENV": ""})

        assert done.returncode == 1
        assert done.stderr == "APP_ENV is ''; it must be development, test or production.\n"


class TestEmpty:
    def test_is_as_not_set_for_every_variable_of_the_example(self):
        script = """if True:
            import json
            from django.conf import settings
            print(json.dumps({name: repr(getattr(settings, name)) for name in dir(settings) if name.isupper()}))"""
        names = re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
        # What an empty one of these means is asked on its own.
        empty = {name: "" for name in names if name not in GOOD and name != "ALLOWED_ORIGINS"}
        good = GOOD | {"DJANGO_SETTINGS_MODULE": "rupaya.settings"}

        unset, none = run("-c", script, env=good), run("-c", script, env=good | empty)

        assert {"WEB_CONCURRENCY", "JWT_EXPIRY", "DATABASE_PREPARED_STATEMENTS", "STATIC_ROOT"} <= set(empty)
        assert none.returncode == 0, none.stderr
        assert addressless(none.stdout) == addressless(unset.stdout)

    def test_allowed_origins_are_nobody(self):
        script = "from django.conf import settings; print(settings.CORS_ALLOWED_ORIGIN_REGEXES)"
        nobody = GOOD | {"DJANGO_SETTINGS_MODULE": "rupaya.settings", "ALLOWED_ORIGINS": ""}

        assert run("-c", script, env=nobody).stdout == "[]\n"


def addressless(text):
    """What the settings are, without where it lies in memory."""
    return json.loads(re.sub(r" at 0x[0-9a-f]+", "", text))


class TestWithoutEngines:
    NOTHING = {"APP_ENV": "production", "API_BASE_URL": "https://api.rupaya.com/v1"}  # noqa: RUF012  # of a test

    @pytest.mark.parametrize(
        "words",
        [("ops", "smoke", "--dry-run"), ("client_config", "--format", "dotenv")],
        ids=["ops", "client_config"],
    )
    def test_starts_in_production_with_nothing_and_makes_no_secret(self, words):
        made = ROOT / "var/secrets.json"
        before = made.stat().st_mtime_ns if made.exists() else None

        done = run("manage.py", *words, env=self.NOTHING)

        assert done.returncode == 0, done.stderr
        assert "https://api.rupaya.com" in done.stdout
        assert before == (made.stat().st_mtime_ns if made.exists() else None)

    @pytest.mark.parametrize("words", [("check",), ("migrate", "ops"), ("verify_ledger",)])
    def test_refuses_every_other_command(self, words):
        done = run("manage.py", *words, env=self.NOTHING)

        assert done.returncode == 1
        assert done.stderr.startswith("DATABASE_URL is not set; production never uses the embedded engines")


class TestLog:
    @pytest.mark.parametrize(
        ("words", "place"),
        [
            ("gunicorn", "stdout"),
            ("manage.py procrastinate worker", "stdout"),
            ("manage.py verify_ledger --json", "stderr"),
            ("manage.py ops restart --service worker --json", "stderr"),
        ],
    )
    def test_of_a_server_is_its_stdout_and_of_a_command_beside_its_data(self, words, place):
        script = f"import sys; sys.argv = {words.split()}; from django.conf import settings; settings.DEBUG; "
        log = "import logging; logging.getLogger('rupaya').warning('something.happened')"

        done = run("-c", script + log, env=GOOD | {"DJANGO_SETTINGS_MODULE": "rupaya.settings"})

        assert done.returncode == 0, done.stderr
        assert [name for name in ("stdout", "stderr") if "something.happened" in getattr(done, name)] == [
            place
        ]
