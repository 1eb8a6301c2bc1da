"""`manage.py backup`, as operators call it."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from rupaya.backups.database import scratch_made, url_with
from rupaya.management.commands import backup
from tests.ledger.desk import record
from tests.rupaya.backups.conftest import backup_url, keys  # noqa: F401  # fixtures

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def ready(committed, settings, tmp_path, keys, backup_url, admin_url, asha):  # noqa: F811
    """The settings of a machine that makes backups and may read them, and something to back up."""
    settings.BACKUP_PLACE = str(tmp_path / "backups")
    settings.BACKUP_DATABASE_URL, settings.BACKUP_DRILL_URL = (
        backup_url,
        url_with(admin_url, database="postgres"),
    )
    settings.BACKUP_RECIPIENTS, settings.BACKUP_IDENTITY = [keys.public], keys.private
    record(asha)
    return settings


def call(*arguments):
    out = io.StringIO()
    call_command("backup", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def told(*arguments):
    return json.loads(call(*arguments, "--json"))


class TestBackup:
    def test_creates_lists_and_verifies(self, ready):
        made = told("create")

        assert told("list")["names"] == [made["name"]]
        assert told("verify") == made | {"action": "verify"}
        assert made["rows"] > 100

    def test_drill_says_until_when_and_how_fast_and_that_the_ledger_holds(self, ready):
        told("create")

        drilled = told("drill")

        assert drilled["recovery_point"] == drilled["newest_at"]
        assert drilled["recovery_s"] > 0
        assert [check["exit_code"] for check in drilled["checks"].values()] == [0] * len(backup.CHECKS)
        assert "verify_ledger --json" in drilled["checks"]

    def test_drill_fails_where_a_promise_does_not_hold(self, ready, monkeypatch):
        told("create")
        monkeypatch.setattr(backup, "_manage", lambda words, variables: (1, "one difference"))

        with pytest.raises(CommandError, match="does not hold"):
            call("drill")

    def test_restores_into_an_empty_database_when_it_is_meant(self, ready):
        made = told("create")
        with scratch_made(server_url=ready.BACKUP_DRILL_URL, name="rupaya_restore_here") as url:
            with pytest.raises(CommandError, match="add --yes if it is meant"):
                call("restore", "--into", url)

            assert told("restore", "--into", url, "--yes")["rows"] == made["rows"]

    def test_prunes_when_it_is_meant(self, ready):
        told("create")

        assert told("prune", "--keep", "1")["removed"] == []
        assert told("prune", "--keep", "1", "--dry-run") == {
            "action": "prune",
            "removed": [],
            "is_dry_run": True,
        }

    def test_makes_keys_that_fit(self, ready):
        made = told("key")
        ready.BACKUP_RECIPIENTS = [made["public"]]
        told("create")
        ready.BACKUP_IDENTITY = made["private"]

        assert told("verify")["rows"] > 100

    @pytest.mark.parametrize(
        ("name", "value", "action", "sentence"),
        [
            ("BACKUP_RECIPIENTS", [], ["create"], "BACKUP_RECIPIENTS names no"),
            ("BACKUP_DATABASE_URL", "", ["create"], "Set BACKUP_DATABASE_URL"),
            ("BACKUP_IDENTITY", "", ["drill"], "BACKUP_IDENTITY is no private key"),
            ("BACKUP_DRILL_URL", "", ["drill"], "Set BACKUP_DRILL_URL"),
        ],
    )
    def test_names_the_variable_that_is_missing(self, ready, name, value, action, sentence):
        told("create")
        setattr(ready, name, value)

        with pytest.raises(CommandError, match=sentence) as refused:
            call(*action)

        assert refused.value.returncode == 2
