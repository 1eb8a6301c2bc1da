"""What a release is, without AWS. Which one to go back to: test_rollback."""

from __future__ import annotations

import dataclasses
from typing import Any

import boto3
import pytest

from rupaya.ops.plans import OpsError
from rupaya.ops.releases import REGISTERED, definition_next, image_check, revision_read, target_choose
from tests.rupaya.ops.aws import REGION, image

DEFINITION: dict[str, Any] = {
    "taskDefinitionArn": f"arn:aws:ecs:{REGION}:1:task-definition/rupaya-backend:7",
    "family": "rupaya-backend", "revision": 7, "status": "ACTIVE", "registeredBy": "x", "cpu": "256",
    "containerDefinitions": [
        {"name": "agent", "image": "agent:1"},
        {"name": "web", "image": image("a"), "environment": [{"name": "APP_VERSION", "value": "1.0"},
                                                             {"name": "PORT", "value": "8000"}]},
    ],
}  # fmt: skip


class TestRegistered:
    def test_is_what_aws_takes_of_what_it_gives(self):
        model = boto3.client("ecs", region_name=REGION).meta.service_model
        takes = set(model.operation_model("RegisterTaskDefinition").input_shape.members) - {"tags"}
        gives = set(model.shape_for("TaskDefinition").members)

        assert takes & gives == REGISTERED
        assert takes <= gives


class TestRevisionRead:
    def test_takes_the_version_from_the_environment_where_no_label_says_it(self):
        revision = revision_read(DEFINITION, tags=(), container="web")

        assert (revision.name, revision.version, revision.migrations) == ("rupaya-backend:7", "1.0", "")

    def test_refuses_a_container_that_is_not_there(self):
        with pytest.raises(OpsError, match="rupaya-backend:7 has no container 'worker'"):
            revision_read(DEFINITION, tags=(), container="worker")


class TestDefinitionNext:
    def test_changes_image_version_and_labels_of_that_container_and_nothing_else(self):
        revision = revision_read(DEFINITION, tags=(), container="web")

        made = definition_next(revision, container="web", image=image("b"), version="1.1", migrations="x.1")

        assert made == {
            "family": "rupaya-backend", "cpu": "256",
            "containerDefinitions": [
                {"name": "agent", "image": "agent:1"},
                {"name": "web", "image": image("b"),
                 "environment": [{"name": "PORT", "value": "8000"}, {"name": "APP_VERSION", "value": "1.1"}],
                 "dockerLabels": {"rupaya.version": "1.1", "rupaya.migrations": "x.1"}},
            ],
        }  # fmt: skip
        assert DEFINITION["containerDefinitions"][1]["image"] == image("a")


class TestImageCheck:
    def test_takes_a_digest(self):
        assert image_check(image("a")) == image("a")

    @pytest.mark.parametrize(
        "name", ["", "rupaya", "rupaya:1.0", f"{image('a')}0", image("A"), f" {image('a')}"]
    )
    def test_refuses_the_rest(self, name):
        with pytest.raises(OpsError, match="no image by digest"):
            image_check(name)


class TestTargetChoose:
    def test_asks_each_revision_itself_whether_it_is_active(self):
        current = revision_read(DEFINITION, tags=(), container="web")
        older = dataclasses.replace(
            current, arn="older", number=6, deployed_at="2026-11-20T10:00:00Z", is_active=False
        )

        with pytest.raises(OpsError, match="rupaya-backend:6 is not active any more: ECS would refuse it"):
            target_choose(current=current, revisions=[current, older])
