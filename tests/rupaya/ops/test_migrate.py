"""Migrations in a task of their own."""

from __future__ import annotations

from typing import Any

import pytest

from rupaya.ops.fleet import MIGRATE
from rupaya.ops.migrate import migrate_prepare, migrated_label
from rupaya.ops.plans import FAILED, PARTLY, OpsError
from rupaya.ops.releases import TAG_MIGRATED
from rupaya.ops.schema import nodes_known
from tests.rupaya.ops.aws import GRAPH, LABEL, image, refusal


@pytest.fixture
def before(world):
    """1.0 runs; nothing was migrated yet."""
    world.release("1.0", "a", day=20)
    world.register(MIGRATE, "1.0", image("a"), "")
    return world


def prepare(world, to=""):
    return migrate_prepare(world.means, logs=world.logs, image=image("b"), version="1.1", to=to, graph=GRAPH)


class TestMigrate:
    def test_runs_the_image_once_and_notes_the_schema(self, before):
        result = prepare(before).run()

        (task,) = before.ecs.tasks.values()
        assert result["exit_code"] == 0
        assert task["taskDefinition"] == before.arn(MIGRATE, 2)
        assert task["overrides"] == {"containerOverrides": [{"name": "migrate"}]}
        assert "Applying ledger.0031… OK" in before.said
        assert before.logs.asked["logStreamName"].startswith("migrate/migrate/0")
        assert migrated_label(before.means.fleet) == LABEL

    def test_fails_with_the_exit_code_and_notes_nothing(self, before):
        before.ecs.exit_code = 1

        with pytest.raises(OpsError, match="exit code 1") as caught:
            prepare(before).run()

        assert caught.value.code == FAILED
        assert TAG_MIGRATED not in before.ecs.tags_of(before.arn(MIGRATE, 2))
        assert migrated_label(before.means.fleet) == ""

    def test_waits_no_longer_than_it_may_and_says_that_the_task_goes_on(self, before):
        prepared = prepare(before)
        before.ecs.tasks = Endless()

        with pytest.raises(OpsError, match="goes on by itself") as caught:
            prepared.run()

        assert caught.value.code == PARTLY

    def test_that_can_not_be_noted_is_neither_done_nor_undone(self, before, monkeypatch):
        def tag_resource(**_asked):
            raise refusal("TagResource", "too fast", code="ThrottlingException")

        monkeypatch.setattr(before.ecs, "tag_resource", tag_resource)

        with pytest.raises(OpsError, match="too fast") as caught:
            prepare(before).run()

        assert caught.value.code == PARTLY

    def test_takes_one_app_back_and_what_needed_the_later_ones_too(self, before):
        prepared = prepare(before, to="ledger.0004_statement_guards")
        prepared.run()

        known = nodes_known(GRAPH, migrated_label(before.means.fleet))
        (task,) = before.ecs.tasks.values()
        assert "columns and rows may be lost" in prepared.plan.harm
        assert task["overrides"]["containerOverrides"][0]["command"][-2:] == [
            "ledger",
            "0004_statement_guards",
        ]
        assert ("ledger", "0004_statement_guards") in known
        assert ("ledger", "0005_versions") not in known
        assert ("accounts", "0001_initial") in known

    @pytest.mark.parametrize("to", ["ledger", "ledger.9999_none", "ledger.0004_statement_guards; ls"])
    def test_refuses_what_is_no_migration(self, before, to):
        with pytest.raises(OpsError, match="is no migration of this checkout"):
            prepare(before, to=to)


class Endless(dict[str, Any]):
    """Tasks that never stop."""

    def __setitem__(self, key, value):
        super().__setitem__(key, {**value, "stops": 10**9})
