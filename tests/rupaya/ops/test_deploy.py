"""A release by digest, that proves itself or is taken back."""

from __future__ import annotations

import pytest

from rupaya.ops.deploy import deploy_prepare
from rupaya.ops.fleet import MIGRATE, RUNNING, WEB
from rupaya.ops.plans import FAILED, PARTLY, USAGE, OpsError
from rupaya.ops.releases import LABEL_MIGRATIONS, LABEL_VERSION, TAG_DEPLOYED
from rupaya.ops.smoke import Health
from tests.rupaya.ops.aws import GRAPH, LABEL, NOW, image


def prepare(world, name=None, version="1.1"):
    return deploy_prepare(world.means, image=name or image("b"), version=version, url="", graph=GRAPH)


@pytest.fixture
def running(world):
    """1.0 runs, and its migrations were run."""
    world.release("1.0", "a", day=20)
    world.migrated()
    return world


class TestDeploy:
    def test_runs_the_image_in_both_and_tags_what_proved_healthy(self, running):
        result = prepare(running).run()

        assert running.running() == (2, 2)
        assert result["revisions"] == {
            "rupaya-service": "rupaya-backend:2",
            "rupaya-worker": "rupaya-worker:2",
        }
        for part in RUNNING:
            definition, tags = running.ecs.definitions[running.arn(part, 2)]
            container = definition["containerDefinitions"][0]
            assert container["image"] == image("b")
            assert {"name": "APP_VERSION", "value": "1.1"} in container["environment"]
            assert container["dockerLabels"] == {LABEL_VERSION: "1.1", LABEL_MIGRATIONS: LABEL}
            assert tags["Project"] == "rupaya"
            assert tags[TAG_DEPLOYED] > f"{NOW:%Y-%m-%dT%H:%M:%SZ}"

    def test_changes_nothing_until_it_is_run(self, running):
        before = len(running.ecs.definitions)

        prepare(running)

        assert running.ecs.calls == []
        assert len(running.ecs.definitions) == before

    def test_registers_nothing_twice(self, running):
        prepare(running).run()
        calls, definitions = len(running.ecs.calls), len(running.ecs.definitions)
        tags = dict(running.ecs.tags_of(running.arn(WEB, 2)))

        again = prepare(running)
        again.run()

        assert again.plan.harm == ""
        assert (len(running.ecs.calls), len(running.ecs.definitions)) == (calls, definitions)
        assert running.ecs.tags_of(running.arn(WEB, 2)) == tags

    def test_goes_back_where_the_tasks_do_not_start(self, running):
        running.ecs.broken.add(image("b"))

        with pytest.raises(
            OpsError, match=r"1\.1 failed and was taken back; rupaya-backend:1 \(1\.0\)"
        ) as refused:
            prepare(running).run()

        assert refused.value.code == FAILED
        assert running.running() == (1, 1)
        assert TAG_DEPLOYED not in running.ecs.tags_of(running.arn(WEB, 2))

    def test_goes_back_where_it_is_not_the_version_that_was_asked_for(self, running):
        running.healths = [Health(200, "ok", "1.0", "")] * 24

        with pytest.raises(OpsError, match="taken back"):
            prepare(running).run()

        assert running.running() == (1, 1)

    def test_says_so_where_going_back_fails_too(self, running):
        running.healths = [Health(503, "unavailable", "1.1", "Down: database.")] * 1000

        with pytest.raises(OpsError, match="Going back failed too") as refused:
            prepare(running).run()

        assert refused.value.code == PARTLY

    def test_refuses_before_the_migrations(self, running):
        running.ecs.deregister(running.arn(MIGRATE, 1))

        with pytest.raises(OpsError, match="run ops migrate --image with it first"):
            prepare(running)

    @pytest.mark.parametrize("name", ["rupaya:latest", "rupaya@sha256:abc", f"{image('b')} --rm", "rupaya"])
    def test_refuses_an_image_that_is_not_named_by_its_digest(self, running, name):
        with pytest.raises(OpsError, match="no image by digest") as refused:
            prepare(running, name)

        assert refused.value.code == USAGE

    @pytest.mark.parametrize("version", ["", "a b", "x" * 65, "-1"])
    def test_refuses_what_is_no_version(self, running, version):
        with pytest.raises(OpsError, match="is no version"):
            prepare(running, version=version)
