"""Real engines, real migrations, and the cast of three."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import django
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.support.engines import engines_start

ADMIN_URL = engines_start()
django.setup()

from django.conf import settings  # noqa: E402  # the engines must be there before
from django.db import connections  # noqa: E402

from rupaya import embedded  # noqa: E402
from tests.support import contract  # noqa: E402

contract.watch()
settings.PASSWORD_HASHERS = ["tests.support.hashing.QuickArgon2", *settings.PASSWORD_HASHERS[1:]]


def pytest_sessionstart(session):
    """A worker of xdist must not inherit this: it would load the settings before its own database is named."""
    if getattr(session.config.option, "numprocesses", None):
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_unconfigure(config):
    """The engines stop with the last process that uses them; the first one removes their home."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    embedded.engines_release()
    shutil.rmtree(Path(os.environ["RUPAYA_TEST_HOME"]), ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup():
    """Nothing to do: the database was cloned from a migrated template."""


@pytest.fixture(autouse=True)
def _mail_stays_here(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def promised_limits(settings):
    """The limits as they are promised; all other tests run without reaching any."""
    from rupaya.core.counting import breaker
    from tests.support.limits import PROMISED

    settings.RATE_LIMITS = dict(PROMISED)
    breaker.reset()
    yield
    breaker.reset()


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    """Real commits. Nothing is cleaned: each test makes people of its own, and tenancy keeps them apart."""
    with django_db_blocker.unblock():
        yield
        connections.close_all()


@pytest.fixture(scope="module")
def own_database():
    """A database of this module's own, 0.1 s away, for what reads all that anybody ever wrote.

    The worker's fills with what was committed, and whoever reads it whole would wait longer with each test.
    """
    from tests.support.scratch import scratch_database, working_in

    with scratch_database(ADMIN_URL, purpose="own") as scratch, working_in(scratch):
        yield


@pytest.fixture(scope="module")
def admin_url():
    """A superuser's login to the test database."""
    parts = conninfo_to_dict(os.environ["DATABASE_URL"])
    return make_conninfo(ADMIN_URL, dbname=parts["dbname"])


@pytest.fixture
def raw(committed):
    """A connection of one's own as rupaya_user, for attacks in raw SQL."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        yield connection


@pytest.fixture
def asha(request):
    """The owner. Asks for `db`, unless the test asked for `committed` or `raw`."""
    return _person(request, "Asha")


@pytest.fixture
def bala(request):
    """The one who shares."""
    return _person(request, "Bala")


@pytest.fixture
def chitra(request):
    """The stranger."""
    return _person(request, "Chitra")


def _person(request, name):
    is_committed = {"committed", "raw", "live"} & set(request.fixturenames)
    request.getfixturevalue("committed" if is_committed else "db")
    from tests.support.cast import person_make

    return person_make(name)
