"""`manage.py ops`, as operators and workflows call it; AWS is moto's server."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from django.core.management import CommandError, call_command

from rupaya.management.commands import ops
from rupaya.ops.fleet import MIGRATE, RUNNING, WEB
from rupaya.ops.releases import TAG_DEPLOYED, TAG_LEFT, TAG_MIGRATED
from tests.rupaya.ops.aws import World, image
from tests.rupaya.ops.test_smoke import server  # noqa: F401  # a fixture
from tests.support.moto import aws, aws_server  # noqa: F401  # fixtures

ROOT = Path(__file__).parents[4]


@pytest.fixture
def ecs(aws, server):  # noqa: F811
    """Two releases of which the second runs, with no task each: moto never starts one. /health is of the first."""
    server.answer = 200, json.dumps({"status": "ok", "version": "1.0"}).encode(), {}
    client = aws("ecs")
    ec2 = aws("ec2")
    network = {"awsvpcConfiguration": {
        "subnets": [ec2.describe_subnets()["Subnets"][0]["SubnetId"]],
        "securityGroups": [ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
    }}  # fmt: skip
    client.create_cluster(clusterName="rupaya-cluster")
    world = World()
    world.ecs = client  # the same definitions, in moto
    arns = [
        [world.register(part, version, image(digit)) for part in RUNNING]
        for version, digit in (("1.0", "a"), ("1.1", "b"))
    ]
    for day, pair in enumerate(arns, 20):
        for arn in pair:
            client.tag_resource(
                resourceArn=arn, tags=[{"key": TAG_DEPLOYED, "value": f"2026-11-{day}T10:00:00Z"}]
            )
    migrated = world.register(MIGRATE, "1.1", image("b"))
    client.tag_resource(resourceArn=migrated, tags=[{"key": TAG_MIGRATED, "value": "2026-11-21T09:00:00Z"}])
    for part, arn in zip(RUNNING, arns[1], strict=True):
        client.create_service(
            cluster="rupaya-cluster", serviceName=part.service, taskDefinition=arn, desiredCount=0,
            networkConfiguration=network, launchType="FARGATE",
        )  # fmt: skip
    client.url = server.address.removesuffix("/health")
    yield client
    for part in RUNNING:
        client.delete_service(cluster="rupaya-cluster", service=part.service, force=True)
    client.delete_cluster(cluster="rupaya-cluster")
    for arn in client.list_task_definitions()["taskDefinitionArns"]:
        client.deregister_task_definition(taskDefinition=arn)


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


def call(*arguments):
    """`manage.py ops …` in this process."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("ops", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return Done(error.returncode, out.getvalue(), f"{err.getvalue()}{error}")
    return Done(0, out.getvalue(), err.getvalue())


def program(*words, **more):
    """A program of its own, where neither a database nor a Redis is named."""
    names = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    env = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        words, cwd=ROOT, env={**env, "APP_ENV": "test", **more}, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch):
    monkeypatch.setattr(ops, "PAUSE_S", 0.05)


def runs(ecs, part=WEB):
    found = ecs.describe_services(cluster="rupaya-cluster", services=[part.service])["services"]
    return found[0]["taskDefinition"]


def revisions(ecs, part=WEB):
    return ecs.list_task_definitions(familyPrefix=part.family, sort="ASC")["taskDefinitionArns"]


class TestRollback:
    def test_dry_run_gives_the_plan_and_does_nothing(self, ecs):
        before = runs(ecs)

        done = call("rollback", "--dry-run", "--json", "--url", ecs.url)

        told = json.loads(done.stdout)
        assert done.returncode == 0, done.stderr
        assert (told["is_dry_run"], told["plan"]["facts"]["version"]) == (True, "1.0")
        assert len(told["plan"]["steps"]) == 5
        assert runs(ecs) == before

    def test_does_not_harm_unasked(self, ecs):
        before = runs(ecs)

        done = call("rollback", "--url", ecs.url)

        assert (done.returncode, done.stdout) == (2, "")
        assert "add --yes if it is meant" in done.stderr
        assert runs(ecs) == before

    def test_goes_back_and_exits_0(self, ecs):
        done = call("rollback", "--yes", "--json", "--limit", "30", "--url", ecs.url)

        told = json.loads(done.stdout)
        assert done.returncode == 0, done.stderr
        assert told["result"]["version"] == "1.0"
        assert [runs(ecs, part) for part in RUNNING] == [revisions(ecs, part)[0] for part in RUNNING]
        left = ecs.list_tags_for_resource(resourceArn=revisions(ecs)[1])["tags"]
        assert TAG_LEFT in {tag["key"] for tag in left}

    def test_exits_1_with_the_reason(self, ecs, server):  # noqa: F811
        server.answer = 200, json.dumps({"status": "ok", "version": "1.1"}).encode(), {}

        done = call("rollback", "--yes", "--json", "--limit", "2", "--url", ecs.url)

        assert done.returncode == 1
        assert "wanted: ok, version 1.0" in json.loads(done.stdout)["error"]
        assert "Traceback" not in done.stderr

    def test_is_what_the_script_runs(self, ecs):
        found = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # where a venv is not in its place
        done = program(
            "sh", "deploy/rollback.sh", "--dry-run", "--url", ecs.url, PATH=found,
            AWS_ENDPOINT_URL=ecs.meta.endpoint_url,
            AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing",
        )  # fmt: skip

        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("Roll back to 1.0\n")


class TestDeploy:
    def test_registers_by_digest_moves_both_and_tags(self, ecs, server):  # noqa: F811
        server.answer = 200, json.dumps({"status": "ok", "version": "1.2"}).encode(), {}

        done = call(
            "deploy",
            "--image",
            image("c"),
            "--version",
            "1.2",
            "--yes",
            "--json",
            "--limit",
            "30",
            "--url",
            ecs.url,
        )

        assert done.returncode == 0, done.stderr
        found = ecs.describe_task_definition(taskDefinition=runs(ecs), include=["TAGS"])
        assert found["taskDefinition"]["containerDefinitions"][0]["image"] == image("c")
        assert TAG_DEPLOYED in {tag["key"] for tag in found["tags"]}

    def test_comes_back_by_itself_where_the_version_is_another(self, ecs, server):  # noqa: F811
        before = [runs(ecs, part) for part in RUNNING]
        server.answer = 200, json.dumps({"status": "ok", "version": "1.1"}).encode(), {}

        done = call(
            "deploy", "--image", image("c"), "--version", "1.2", "--yes", "--limit", "3", "--url", ecs.url
        )

        assert done.returncode == 1
        assert "1.2 failed and was taken back" in done.stderr
        assert [runs(ecs, part) for part in RUNNING] == before

    def test_refuses_a_tag_as_wrong_use(self, ecs):
        done = call("deploy", "--image", "rupaya:latest", "--version", "1.2")

        assert done.returncode == 2
        assert "no image by digest" in done.stderr


class TestOthers:
    def test_say_what_they_would_do(self, ecs):
        for arguments in (
            ["status"], ["log-groups"], ["db-metrics"],
            ["restart"], ["scale", "--count", "2"], ["smoke", "--url", ecs.url], ["logs", "--follow"],
            ["migrate", "--image", image("c")], ["deploy", "--image", image("c")],
        ):  # fmt: skip
            done = call(*arguments, "--dry-run", "--json")

            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["is_dry_run"] is True

    @pytest.mark.parametrize("arguments", [["status"], ["log-groups"], ["db-metrics", "--start", "2h"]])
    def test_say_what_they_would_read_and_ask_nobody(self, monkeypatch, arguments):
        def client_make(*_given, **_named):
            raise AssertionError("AWS was asked")

        monkeypatch.setattr(ops, "client_make", client_make)

        done = call(*arguments, "--dry-run", "--json")

        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["plan"]["title"].startswith("Ask ")

    def test_dry_run_refuses_a_window_that_nobody_has(self):
        assert call("db-metrics", "--start", "500d", "--dry-run").returncode == 2

    def test_restart_and_scale(self, ecs):
        assert call("restart", "--yes", "--limit", "20").returncode == 0
        assert call("scale", "--count", "0", "--service", "worker", "--yes", "--limit", "20").returncode == 0
        assert call("status").stdout.count("0 of 0 run") == 2

    def test_read(self, ecs):
        for arguments in (["status"], ["log-groups"], ["db-metrics", "--start", "2h", "--period", "60"]):
            done = call(*arguments, "--json")

            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["action"] == arguments[0]

    def test_smoke_says_what_is_well(self, ecs):
        done = call("smoke", "--url", ecs.url, "--version", "1.0")

        assert (done.returncode, done.stdout) == (0, f"{ecs.url}/health is well: 200 ok, version 1.0.\n")


class TestWithoutEverything:
    def test_is_wrong_use(self):
        done = program(sys.executable, "manage.py", "ops", "explode")

        assert done.returncode == 2
        assert "invalid choice" in done.stderr

    def test_says_in_a_sentence_that_aws_does_not_answer(self):
        done = program(
            sys.executable, "manage.py", "ops", "status", AWS_ENDPOINT_URL="http://127.0.0.1:1", AWS_ACCESS_KEY_ID="x",
            AWS_SECRET_ACCESS_KEY="y", AWS_MAX_ATTEMPTS="1",
        )  # fmt: skip

        assert done.returncode == 1
        assert done.stderr.startswith("CommandError: AWS: Could not connect")

    def test_says_in_a_sentence_that_nobody_is_signed_in(self, tmp_path):
        done = program(
            sys.executable, "manage.py", "ops", "status", HOME=str(tmp_path), AWS_EC2_METADATA_DISABLED="true"
        )

        assert done.returncode == 1
        assert done.stderr == "CommandError: AWS: Unable to locate credentials\n"


class TestStandIn:
    @pytest.mark.parametrize("reference", [None, "task-definition/x:1:2"])
    def test_refuses_what_aws_does_and_moto_does_not(self, reference):
        world = World()
        world.release("1.0", "a", day=20)
        world.ecs.deregister(world.arn(WEB, 1))

        with pytest.raises(ClientError, match=r"inactive|Unable to describe"):
            world.ecs.update_service(
                cluster="x", service=WEB.service, taskDefinition=reference or world.arn(WEB, 1)
            )
