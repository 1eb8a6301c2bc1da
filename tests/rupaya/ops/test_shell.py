"""A shell through SSM; moto knows no ExecuteCommand."""

from __future__ import annotations

import json

import pytest

from rupaya.ops.fleet import WEB
from rupaya.ops.plans import OpsError
from rupaya.ops.shell import shell_prepare
from tests.rupaya.ops.aws import REGION

ARN = f"arn:aws:ecs:{REGION}:1:task/rupaya-cluster/abc"


def task(*, agent="RUNNING"):
    agents = [{"name": "ExecuteCommandAgent", "lastStatus": agent}] if agent else []
    return {"taskArn": ARN, "lastStatus": "RUNNING", "containers": [{"name": "web", "managedAgents": agents}]}


@pytest.fixture
def ecs(world):
    world.release("1.0", "a", day=20)
    world.ecs.list_tasks = lambda **_: {"taskArns": [ARN]}
    world.ecs.describe_tasks = lambda **_: {"tasks": [task()]}
    world.ecs.execute_command = lambda **_: {
        "session": {"sessionId": "s", "streamUrl": "wss://x", "tokenValue": "t"}
    }
    return world.ecs


def prepare(world, ecs, *, which=lambda _: "/bin/plugin", call=lambda _: 0, name=""):
    return shell_prepare(
        world.means.fleet, part=WEB, task=name, command="/bin/sh", region=REGION, which=which, call=call
    )


class TestShell:
    def test_hands_the_session_to_the_plugin(self, world, ecs):
        called: list[list[str]] = []

        def call(words):
            called.append(words)
            return 0

        prepare(world, ecs, call=call).run()

        ((program, session, region, action),) = called
        assert (program, region, action) == ("/bin/plugin", REGION, "StartSession")
        assert json.loads(session) == {"SessionId": "s", "StreamUrl": "wss://x", "TokenValue": "t"}

    def test_refuses_without_the_plugin(self, world, ecs):
        with pytest.raises(OpsError, match="session-manager-plugin is not installed"):
            prepare(world, ecs, which=lambda _: None)

    def test_refuses_where_the_agent_does_not_run(self, world, ecs):
        ecs.describe_tasks = lambda **_: {"tasks": [task(agent="PENDING")]}

        with pytest.raises(OpsError, match="agent that carries a shell"):
            prepare(world, ecs)

    def test_refuses_a_task_that_is_not_there(self, world, ecs):
        with pytest.raises(OpsError, match="runs no task xyz"):
            prepare(world, ecs, name="xyz")

    def test_fails_as_the_plugin_does(self, world, ecs):
        with pytest.raises(OpsError, match="exit code 255"):
            prepare(world, ecs, call=lambda _: 255).run()
