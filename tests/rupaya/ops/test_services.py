"""What runs, restarted and scaled."""

from __future__ import annotations

import dataclasses

import pytest
from botocore.exceptions import ClientError

from rupaya.ops.fleet import WEB, WORKER
from rupaya.ops.plans import FAILED, PARTLY, OpsError
from rupaya.ops.services import restart_prepare, scale_prepare, status, status_lines
from tests.rupaya.ops.aws import image, refusal


class Scaling:
    def __init__(self, *ranges):
        self.ranges = [{"MinCapacity": least, "MaxCapacity": most} for least, most in ranges]

    def describe_scalable_targets(self, **asked):
        assert asked == {"ServiceNamespace": "ecs", "ResourceIds": ["service/rupaya-cluster/rupaya-service"]}
        return {"ScalableTargets": self.ranges}


@pytest.fixture
def running(world):
    world.release("1.0", "a", day=20)
    return world


def hurried(world):
    """Ten seconds, which no deployment is done in."""
    return dataclasses.replace(world.means, patience=world.time.patience(limit_s=10))


def refusing(world, monkeypatch, *, after):
    """AWS says no to every change of a service after so many; gives those it made."""
    update = world.ecs.update_service
    made: list[str] = []

    def updated(**asked):
        if len(made) == after:
            raise refusal("UpdateService", "no capacity")
        made.append(asked["service"])
        return update(**asked)

    monkeypatch.setattr(world.ecs, "update_service", updated)
    return made


class TestStatus:
    def test_says_what_runs(self, running):
        told = status(running.means.fleet)

        assert [(one["service"], one["version"], one["running"], one["image"]) for one in told] == [
            ("rupaya-service", "1.0", 2, image("a")),
            ("rupaya-worker", "1.0", 2, image("a")),
        ]
        assert status_lines(told)[0].startswith(
            "rupaya-service: 2 of 2 run, 0 are starting; rupaya-backend:1 (1.0)"
        )

    def test_refuses_where_there_is_no_service(self, world):
        with pytest.raises(OpsError, match="no active service rupaya-service"):
            status(world.means.fleet)


class TestRestart:
    def test_keeps_the_revision_and_waits_for_new_tasks(self, running):
        restart_prepare(running.means, parts=[WEB, WORKER]).run()

        assert running.running() == (1, 1)
        assert [call[2] for call in running.ecs.calls] == [True, True]
        assert running.time.seconds >= 40

    def test_that_takes_too_long_is_neither_done_nor_undone(self, running):
        with pytest.raises(OpsError, match="took longer than 10 s") as caught:
            restart_prepare(hurried(running), parts=[WEB, WORKER]).run()

        assert caught.value.code == PARTLY

    def test_of_which_aws_refuses_the_second_half_is_neither_done_nor_undone(self, running, monkeypatch):
        restarted = refusing(running, monkeypatch, after=1)

        with pytest.raises(OpsError, match=r"AWS: .*no capacity") as caught:
            restart_prepare(running.means, parts=[WEB, WORKER]).run()

        assert caught.value.code == PARTLY
        assert restarted == ["rupaya-service"]

    def test_that_aws_refuses_at_once_is_not_begun(self, running, monkeypatch):
        restarted = refusing(running, monkeypatch, after=0)

        with pytest.raises(ClientError, match="no capacity"):
            restart_prepare(running.means, parts=[WEB, WORKER]).run()

        assert restarted == []


class TestScale:
    def test_that_takes_too_long_is_neither_done_nor_undone(self, running):
        with pytest.raises(OpsError, match="took longer than 10 s") as caught:
            scale_prepare(hurried(running), scaling=Scaling(), part=WEB, count=3).run()

        assert caught.value.code == PARTLY
        assert running.means.fleet.service(WEB).desired == 3

    def test_that_is_refused_is_not_begun(self, running):
        with pytest.raises(OpsError) as caught:
            scale_prepare(running.means, scaling=Scaling((2, 4)), part=WEB, count=1)

        assert caught.value.code == FAILED

    def test_waits_until_they_run(self, running):
        prepared = scale_prepare(running.means, scaling=Scaling((1, 4)), part=WEB, count=3)

        assert prepared.run() == {"service": "rupaya-service", "count": 3}
        assert prepared.plan.harm == ""
        assert running.time.seconds >= 40

    @pytest.mark.parametrize(
        ("count", "harm"), [(0, "nobody is served"), (1, "1 tasks of rupaya-service end")]
    )
    def test_says_what_ends(self, running, count, harm):
        assert harm in scale_prepare(running.means, scaling=Scaling(), part=WEB, count=count).plan.harm

    def test_stops_a_service_whatever_its_range(self, running):
        scale_prepare(running.means, scaling=Scaling((2, 4)), part=WEB, count=0).run()

        assert running.means.fleet.service(WEB).desired == 0

    @pytest.mark.parametrize("count", [-1, 51])
    def test_refuses_what_can_not_be_meant(self, running, count):
        with pytest.raises(OpsError, match="must be from 0 to 50"):
            scale_prepare(running.means, scaling=Scaling(), part=WEB, count=count)

    def test_refuses_what_automatic_scaling_would_undo(self, running):
        with pytest.raises(OpsError, match="from 2 to 4 tasks and would undo 1"):
            scale_prepare(running.means, scaling=Scaling((2, 4)), part=WEB, count=1)
