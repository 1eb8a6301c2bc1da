"""A place for backups, a pair of keys, and the login that dumps."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

from rupaya.backups.envelope import identity_read, key_make, recipients_read
from rupaya.backups.places import Folder
from rupaya.backups.services import backup_create
from rupaya.core import clock
from tests.support.engines import login_url
from tests.support.moto import aws, aws_server  # noqa: F401  # fixtures


@dataclass(frozen=True)
class Keys:
    public: str
    private: str

    @property
    def recipients(self):
        return recipients_read([self.public])

    @property
    def identity(self):
        return identity_read(self.private)


@pytest.fixture(scope="session")
def keys():
    return Keys(*key_make())


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "backups")


@pytest.fixture
def backup_url(admin_url):
    database = os.environ["DATABASE_URL"].split("dbname=")[1].split()[0]
    return login_url(admin_url, user="rupaya_backup", database=database)


@pytest.fixture
def make(folder, keys, backup_url):
    """Makes a backup of the test's database in the folder."""

    def made(place=folder, url=backup_url, now=None, progress=lambda _: None):
        return backup_create(
            place=place,
            url=url,
            recipients=keys.recipients,
            app_version="1.0",
            now=now or clock.now(),
            progress=progress,
        )

    return made
