"""Back to the last release that really ran, if the schema serves it."""

from __future__ import annotations

import re

import pytest

from rupaya.ops.fleet import RUNNING, WEB, WORKER
from rupaya.ops.plans import OpsError
from rupaya.ops.releases import TAG_DEPLOYED, TAG_LEFT
from rupaya.ops.rollback import rollback_prepare
from rupaya.ops.smoke import Health
from tests.rupaya.ops.aws import GRAPH, LABEL, image

# The log's later migrations need later ones of the ledger: a release that knows them knows those.
OLDER = re.sub(
    r"ledger\.\w+", "ledger.0004_statement_guards", re.sub(r"audit\.\w+", "audit.0006_month_key", LABEL)
)


def prepare(world, number=None, url=""):
    return rollback_prepare(world.means, number=number, url=url, graph=GRAPH)


class TestRollback:
    def test_goes_to_the_release_before_and_notes_which_was_left(self, world):
        world.release("1.0", "a", day=20)
        world.release("1.1", "b", day=21)
        world.migrated()

        prepared = prepare(world)
        result = prepared.run()

        assert "rupaya-backend:2 (1.1) to rupaya-backend:1 (1.0)" in prepared.plan.steps[0]
        assert world.running() == (1, 1)
        assert result["version"] == "1.0"
        assert all(world.ecs.tags_of(world.arn(part, 2))[TAG_LEFT] for part in RUNNING)

    def test_changes_nothing_until_it_is_run(self, world):
        world.release("1.0", "a", day=20)
        world.release("1.1", "b", day=21)
        world.migrated()

        prepare(world)

        assert world.ecs.calls == []

    def test_passes_over_what_is_inactive_and_what_never_proved_healthy(self, world):
        world.release("1.0", "a", day=18)
        world.release("1.1", "b", day=19)
        world.release("1.2", "c", day=21)
        world.release("1.3", "d", day=22)
        world.migrated()
        for part in RUNNING:
            world.ecs.deregister(world.arn(part, 2))
            del world.ecs.tags_of(world.arn(part, 3))[TAG_DEPLOYED]

        prepare(world).run()

        assert world.running() == (1, 1)

    def test_goes_further_back_the_second_time_and_not_forth_again(self, world):
        for number, digit in enumerate("abc"):
            world.release(f"1.{number}", digit, day=18 + number)
        world.migrated()

        prepare(world).run()
        prepare(world).run()

        assert world.running() == (1, 1)

    def test_passes_over_what_was_left_also_from_a_later_release(self, world):
        world.release("1.0", "a", day=18)
        world.release("1.1", "b", day=19)
        world.migrated()
        prepare(world).run()
        world.release("1.2", "c", day=25)

        prepare(world).run()

        assert world.running() == (1, 1)

    def test_never_goes_forth(self, world):
        world.release("1.0", "a", day=18)
        world.release("1.1", "b", day=19)
        world.migrated()
        for part in RUNNING:
            world.ecs.service_make(part.service, world.arn(part, 1))

        with pytest.raises(OpsError, match="came after the one that runs"):
            prepare(world)

    def test_goes_to_the_last_healthy_one_from_one_that_never_was(self, world):
        world.release("1.0", "a", day=18)
        world.release("1.1", "b", day=19)
        for part in RUNNING:
            world.ecs.service_make(part.service, world.register(part, "1.2", image("c")))
        world.migrated()

        prepare(world).run()

        assert world.running() == (2, 2)

    def test_refuses_where_there_is_nothing_to_go_back_to_and_says_why(self, world):
        world.release("1.0", "a", day=20)
        world.migrated()

        with pytest.raises(OpsError, match=r"no revision of rupaya-backend to go back to: .*1 is what runs"):
            prepare(world)

    def test_passes_over_an_image_by_tag(self, world):
        world.release("1.0", "a", day=19)
        world.ecs.definitions[world.arn(WEB, 1)][0]["containerDefinitions"][0]["image"] = "rupaya:latest"
        world.release("1.1", "b", day=20)
        world.migrated()

        with pytest.raises(OpsError, match="may be any image by now"):
            prepare(world)

    def test_refuses_two_releases_side_by_side(self, world):
        world.release("1.0", "a", day=19, parts=[WEB])
        world.release("0.9", "9", day=19, parts=[WORKER])
        world.release("1.1", "b", day=20)
        world.migrated()

        with pytest.raises(
            OpsError, match="No active revision of the worker runs the image of rupaya-backend:1"
        ):
            prepare(world)

    @pytest.mark.parametrize(
        ("number", "sentence"),
        [(2, "is what runs already"), (9, "has no active revision 9"), (3, "has no active revision 3")],
    )
    def test_refuses_a_named_revision_that_can_not_be(self, world, number, sentence):
        world.release("1.0", "a", day=19)
        world.release("1.1", "b", day=20)
        world.register(WEB, "1.2", image("c"))
        world.ecs.deregister(world.arn(WEB, 3))
        world.migrated()

        with pytest.raises(OpsError, match=sentence):
            prepare(world, number=number)

    def test_refuses_a_release_that_the_schema_does_not_serve(self, world):
        world.release("1.0", "a", day=19, migrations=OLDER)
        world.release("1.1", "b", day=20)
        world.migrated()

        with pytest.raises(OpsError, match=r"does not know audit\.0007.* and \d+ more.*ops migrate --to"):
            prepare(world)

    def test_goes_back_once_the_schema_has_gone_back(self, world):
        world.release("1.0", "a", day=19, migrations=OLDER)
        world.release("1.1", "b", day=20)
        world.migrated(day=20)
        world.migrated(OLDER, day=21)

        prepare(world).run()

        assert world.running() == (1, 1)

    def test_refuses_a_revision_of_which_nobody_noted_the_schema(self, world):
        world.release("1.0", "a", day=19, migrations="")
        world.release("1.1", "b", day=20)
        world.migrated()

        with pytest.raises(OpsError, match="nobody noted"):
            prepare(world)

    def test_refuses_from_a_checkout_that_does_not_know_what_runs(self, world):
        world.release("1.0", "a", day=19)
        world.release("1.1", "b", day=20)
        world.migrated(f"{LABEL} ledger.9999_tomorrow")

        with pytest.raises(OpsError, match=r"no migration ledger\.9999_tomorrow.*check out what runs"):
            prepare(world)

    def test_fails_where_the_health_is_of_another_version(self, world):
        world.release("1.0", "a", day=19)
        world.release("1.1", "b", day=20)
        world.migrated()
        world.healths = [Health(200, "ok", "1.1", "")] * 1000

        with pytest.raises(OpsError, match=r"wanted: ok, version 1\.0"):
            prepare(world).run()
        assert TAG_LEFT not in world.ecs.tags_of(world.arn(WEB, 2))

    def test_fails_where_the_older_release_does_not_start(self, world):
        world.release("1.0", "a", day=19)
        world.release("1.1", "b", day=20)
        world.migrated()
        world.ecs.broken.add(image("a"))

        with pytest.raises(OpsError, match="gave up the deployment"):
            prepare(world).run()
