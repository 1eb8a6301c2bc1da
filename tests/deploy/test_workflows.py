"""What the workflows may do, and whose code they run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
# Each was looked up in several public repositories that pin the same commit under the same version. Dependabot's pull
# requests change both places.
REVIEWED = {
    "SonarSource/sonarqube-scan-action": ("a31c9398be7ace6bbfaf30c0bd5d415f843d45e9", "v7.0.0"),
    "actions/checkout": ("de0fac2e4500dabe0009e67214ff5f5447ce83dd", "v6.0.2"),
    "actions/setup-python": ("a309ff8b426b58ec0e2a45f0f869d46889d02405", "v6.2.0"),
    "actions/upload-artifact": ("b7c566a772e6b6bfb58ed0dc250532a479d7789f", "v6.0.0"),
    "aws-actions/configure-aws-credentials": ("8df5847569e6427dd6c4fb1cf565c83acfa8afa7", "v6.0.0"),
    "codecov/codecov-action": ("671740ac38dd9b0130fbe1cec585b89eea48d3de", "v5.5.2"),
    "docker/build-push-action": ("d08e5c354a6adb9ed34480a06d141179aa583294", "v7.0.0"),
    "docker/setup-buildx-action": ("4d04d5d9486b7bd6fa91e7baf45bbb4f8b9deedd", "v4.0.0"),
    "docker/setup-qemu-action": ("ce360397dd3f832beb865e1373c09c0e9f86d70a", "v4.0.0"),
}


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.name)
def workflow(request):
    return request.param.read_text()


@pytest.fixture
def backend():
    return yaml.safe_load((ROOT / ".github/workflows/backend-ci.yml").read_text())


def commands(job):
    return [step["run"] for step in job["steps"] if "run" in step]


class TestActions:
    def test_are_pinned_to_a_commit_that_was_reviewed(self, workflow):
        used = re.findall(r"uses: (\S+)@(\S+) # (\S+)$", workflow, re.MULTILINE)

        assert len(used) == workflow.count("uses:")
        for action, commit, version in used:
            assert REVIEWED[action] == (commit, version)


class TestPermissions:
    def test_are_none_but_what_a_job_asks_for(self, workflow):
        parsed = yaml.safe_load(workflow)

        assert parsed["permissions"] == {}
        for name, job in parsed["jobs"].items():
            more = {"id-token": "write"} if name in {"push", "deploy"} else {}
            assert job["permissions"] == {"contents": "read"} | more
            assert job["timeout-minutes"] <= 75

    def test_need_no_lasting_key(self, workflow):
        assert "AWS_ACCESS_KEY_ID" not in workflow
        assert "AWS_SECRET_ACCESS_KEY" not in workflow


class TestDeploy:
    def test_happens_after_everything_was_checked(self, backend):
        assert set(backend["jobs"]["push"]["needs"]) == {"lint", "test", "security", "image"}
        assert backend["jobs"]["deploy"]["needs"] == ["push"]
        assert backend["jobs"]["deploy"]["concurrency"]["cancel-in-progress"] is False

    def test_migrates_then_moves_then_asks_then_takes_back(self, backend):
        steps = [
            found[1]
            for text in commands(backend["jobs"]["deploy"])
            if (found := re.search(r"manage\.py ops (\w+)", text))
        ]

        assert steps == ["migrate", "deploy", "smoke", "rollback"]

    def test_takes_back_only_what_was_moved(self, backend):
        back = backend["jobs"]["deploy"]["steps"][-1]

        assert "ops rollback" in back["run"]
        assert back["if"] == "failure() && steps.move.outcome == 'success'"

    def test_names_what_it_deploys_by_digest(self, backend):
        assert "image=$REPOSITORY@$DIGEST" in "".join(commands(backend["jobs"]["push"]))
        assert ":latest" not in "".join(commands(backend["jobs"]["deploy"]))
