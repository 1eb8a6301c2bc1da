"""docker-compose.yml: who may reach whom, and who holds what."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
import yaml

from tests.deploy.image.servers import ROOT

DEMANDED = re.compile(r"\$\{([A-Z][A-Z0-9_]*):\?")
REFERENCE = re.compile(r"\$\{(?P<name>[A-Z][A-Z0-9_]*)(?P<how>:-|-|:\?)(?P<else>[^${}]*)\}")
OWN = "compose brings a server of its own"
INSIDE = "stands inside an address that compose makes"
BY_HAND = "`manage.py backup` is run by people, where backups are to lie; no service of compose does it"
# What .env.example names and neither web nor worker is given, and why.
NOT_PASSED = {
    "PORT": "the port of this machine that leads to the web; inside it is the image's own, 8000",
    "APP_VERSION": "the image says what it was built of",
    "STATIC_ROOT": "the image's own: what was collected when it was built",
    "MEDIA_ROOT": "the image's own: the volume media stands there",
    "DATABASE_URL": OWN,
    "DATABASE_OWNER_URL": "only the migration has it",
    "DATABASE_SEALER_URL": OWN,
    "DATABASE_SSL": "PostgreSQL is in the same network, and that image has no TLS",
    "DATABASE_SSL_ROOT_CERT": "as DATABASE_SSL",
    "REDIS_URL": OWN,
    "BACKUP_PLACE": BY_HAND,
    "BACKUP_RECIPIENTS": BY_HAND,
    "BACKUP_IDENTITY": BY_HAND,
    "BACKUP_DATABASE_URL": BY_HAND,
    "BACKUP_DRILL_URL": BY_HAND,
    "POSTGRES_PASSWORD": "only PostgreSQL has it",
    "DATABASE_OWNER_PASSWORD": "only PostgreSQL has it, and the migration",
    "DATABASE_USER_PASSWORD": INSIDE,
    "DATABASE_SEALER_PASSWORD": INSIDE,
    "WEB_BIND": "compose's own",
    "RUPAYA_IMAGE": "compose's own",
}
# Another value for what comes through, and what the settings make of it.
OTHERS = {
    "APP_NAME": ("PAISA", "PAISA"),
    "JWT_EXPIRY": ("120", 120),
    "JWT_REFRESH_EXPIRY": ("7200", 7200),
    "RATE_LIMIT_LOGIN": ("9/h", [9, 3600]),
    "AWS_S3_BUCKET": ("bucket", "bucket"),
    "DATABASE_POOL_SIZE": ("3", 3),
    "SLOW_QUERY_MS": ("7", 7),
    "CLIENT_BUILD_NUMBER": ("12", 12),
    "AUDIT_ANCHOR_DAYS": ("30", 30),
    "METRICS_BIND": ("0.0.0.0:9464", "0.0.0.0:9464"),
    "ALLOWED_ORIGINS": ("", 0),
}
_SETTINGS = """
import json
from django.conf import settings as s
print(json.dumps({
    **{name: getattr(s, name) for name in [
        "APP_NAME", "JWT_EXPIRY", "JWT_REFRESH_EXPIRY", "AWS_S3_BUCKET", "SLOW_QUERY_MS", "CLIENT_BUILD_NUMBER",
        "AUDIT_ANCHOR_DAYS", "METRICS_BIND",
    ]},
    "RATE_LIMIT_LOGIN": s.RATE_LIMITS["login"],
    "DATABASE_POOL_SIZE": s.DATABASES["default"]["OPTIONS"]["pool"]["max_size"],
    "ALLOWED_ORIGINS": len(s.CORS_ALLOWED_ORIGIN_REGEXES),
}))
"""


def example():
    """The names of .env.example."""
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def demanded():
    """What compose does not start without."""
    return set(DEMANDED.findall((ROOT / "docker-compose.yml").read_text()))


def given(service, variables):
    """What compose gives a service, where `variables` stand in .env."""

    def read(match):
        name, how = match["name"], match["how"]
        is_said = name in variables if how == "-" else variables.get(name)
        assert is_said or how != ":?", name
        return variables[name] if is_said else match["else"]

    found = {}
    for name, value in service["environment"].items():
        while REFERENCE.search(value):  # a default may ask for another variable
            value = REFERENCE.sub(read, value)  # noqa: PLW2901
        found[name] = value
    return found


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def services(compose):
    return compose["services"]


class TestServices:
    def test_open_the_web_port_alone_and_to_this_machine_at_first(self, services):
        assert {name: service["ports"] for name, service in services.items() if "ports" in service} == {
            "web": ["${WEB_BIND:-127.0.0.1}:${PORT:-8000}:8000"]
        }

    def test_are_in_one_network(self, compose):
        assert {tuple(service["networks"]) for service in compose["services"].values()} == {
            ("rupaya_network",)
        }
        assert set(compose["networks"]) == {"rupaya_network"}

    def test_start_in_order(self, services):
        for name in ("web", "worker"):
            assert {other: wait["condition"] for other, wait in services[name]["depends_on"].items()} == {
                "postgres": "service_healthy",
                "redis": "service_healthy",
                "migrate": "service_completed_successfully",
            }

    @pytest.mark.parametrize(("name", "asks"), [("postgres", "pg_isready"), ("redis", "redis-cli ping")])
    def test_are_asked_every_ten_seconds(self, services, name, asks):
        check = services[name]["healthcheck"]

        assert asks in check["test"][-1]
        assert (check["interval"], check["timeout"], check["retries"]) == ("10s", "5s", 5)

    def test_of_ours_write_nowhere_but_to_memory_and_volumes(self, services):
        for name in ("web", "worker", "migrate"):
            assert services[name]["read_only"] is True
            assert services[name]["cap_drop"] == ["ALL"]


class TestSecrets:
    def test_have_no_default(self, compose):
        text = (ROOT / "docker-compose.yml").read_text()

        for name in (
            *("POSTGRES_PASSWORD", "DATABASE_OWNER_PASSWORD", "DATABASE_USER_PASSWORD", "REDIS_PASSWORD"),
            *("DATABASE_SEALER_PASSWORD", "AUDIT_SIGNING_KEY", "JWT_SECRET", "JWT_REFRESH_SECRET"),
        ):
            assert f"${{{name}:?" in text
            assert f"${{{name}:-" not in text
            assert f"${{{name}}}" not in text

    def test_of_the_owner_and_the_administrator_are_held_by_those_who_need_them(self, services):
        def holders(word):
            return {name for name, service in services.items() if word in str(service.get("environment"))}

        assert holders("DATABASE_OWNER_PASSWORD") == {"postgres", "migrate"}
        assert holders("POSTGRES_PASSWORD") == {"postgres"}
        assert holders("DATABASE_SEALER_PASSWORD") == {"postgres", "worker"}
        assert holders("AUDIT_SIGNING_KEY") == {"worker"}


class TestVariables:
    def test_of_the_example_reach_web_or_worker_or_it_is_said_why_not(self, services):
        passed = {
            name
            for service in ("web", "worker")
            for name, value in services[service]["environment"].items()
            if re.match(rf"\$\{{{name}[:-]", value)
        }

        assert example() - passed == set(NOT_PASSED)
        assert passed - example() == set()

    def test_that_are_secrets_of_others_do_not_reach_the_migration(self, services):
        held = set(services["migrate"]["environment"])

        assert held.isdisjoint({"AWS_SECRET_ACCESS_KEY", "RAZORPAY_KEY_SECRET", "AUDIT_SIGNING_KEY"})

    def test_that_are_demanded_are_those_that_the_readme_names(self):
        [sentence] = re.findall(
            r"^With Docker: put (.*?) into `\.env`", (ROOT / "README.md").read_text(), re.MULTILINE
        )

        assert set(re.findall(r"`([A-Z][A-Z0-9_]*)`", sentence)) == demanded()

    @pytest.mark.parametrize("is_said", [True, False], ids=["said", "unsaid"])
    def test_arrive_in_the_settings_and_leave_the_default_where_they_are_empty(self, services, is_said):
        secrets = {
            name: f"{number}-of-32-letters-and-more-abcdefgh" for number, name in enumerate(demanded())
        }
        env_file = secrets | ({name: text for name, (text, _) in OTHERS.items()} if is_said else {})
        given_web = given(services["web"], env_file)
        plain = {name: value for name, value in given_web.items() if value or name == "ALLOWED_ORIGINS"}

        found, expected = settings_of(given_web), settings_of(plain)

        assert found == expected
        for name, (_, value) in OTHERS.items():
            assert (found[name] == value) is is_said, name


def settings_of(environment):
    """What the settings make of an environment that has nothing else."""
    own = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "rupaya.settings"}
    done = subprocess.run(
        [sys.executable, "-c", _SETTINGS], cwd=ROOT, env=own | environment,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
