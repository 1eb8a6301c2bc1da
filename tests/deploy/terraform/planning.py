"""Plans of the environments, made by the real Terraform with the stand-in for AWS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.deploy.terraform.code import TERRAFORM

ROOT: Final = TERRAFORM.parent.parent
_VERSION: Final = "6.62.0"
_TIMEOUT_S: Final = 120


class Refused(Exception):
    """What Terraform said when it did not accept the code."""


def is_terraform_here() -> bool:
    """Is Terraform on this machine?"""
    return shutil.which("terraform") is not None


class Plan:
    """What a plan would make, with everything that modules and variables come to worked out."""

    def __init__(self, shown: dict[str, Any]) -> None:
        self.text = json.dumps(shown["planned_values"])
        self.unknown = [
            change["address"]
            for change in shown["resource_changes"]
            if True in change["change"]["after_unknown"].values()
        ]
        self._made = list(_resources(shown["planned_values"]["root_module"]))

    def of(self, type_name: str) -> list[dict[str, Any]]:
        """The values of every thing of a type."""
        return [made["values"] for made in self._made if made["type"] == type_name]

    def by(self, type_name: str, name: str) -> dict[str, dict[str, Any]]:
        """The same by the value of one of their attributes."""
        return {values[name]: values for values in self.of(type_name)}


def _resources(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)


class Workshop:
    """A copy of the code in `folder`, with a stand-in for AWS beside it and a state of its own."""

    def __init__(self, folder: Path, *, source: Path = TERRAFORM) -> None:
        self.code = folder / "terraform"
        shutil.copytree(source, self.code, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
        platform = json.loads(_run(["terraform", "version", "-json"], folder, os.environ))["platform"]
        place = folder / f"mirror/registry.terraform.io/hashicorp/aws/{_VERSION}/{platform}"
        place.mkdir(parents=True)
        program = place / f"terraform-provider-aws_v{_VERSION}_x5"
        program.write_text(
            f"#!/bin/sh\ncd '{ROOT}' && exec '{sys.executable}' -m tests.deploy.terraform.provider\n"
        )
        program.chmod(0o755)
        settings = folder / "terraform.rc"
        settings.write_text(
            f'provider_installation {{\n  filesystem_mirror {{\n    path = "{folder}/mirror"\n  }}\n}}\n'
        )
        self._environment = os.environ | {
            "TF_CLI_CONFIG_FILE": str(settings), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "TF_INPUT": "0",
        }  # fmt: skip

    def plan(self, name: str) -> dict[str, Any]:
        """The whole plan of environments/`name` with its example's variables, as `terraform show -json` gives it.

        Raises Refused with Terraform's own words where it does not accept the code.
        """
        folder = self.code / "environments" / name
        # The state would be in a bucket.
        (folder / "backend_override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
        self._run(["init", "-no-color"], folder)
        self._run(["plan", "-no-color", "-out=plan", "-var-file=terraform.tfvars.example"], folder)
        return dict(json.loads(self._run(["show", "-json", "plan"], folder)))

    def validate(self, path: str) -> None:
        """Will have Terraform check a folder that is no environment. Raises Refused."""
        folder = self.code / path
        self._run(["init", "-no-color", "-backend=false"], folder)
        self._run(["validate", "-no-color"], folder)

    def _run(self, words: list[str], folder: Path) -> str:
        return _run(["terraform", *words], folder, self._environment)


def _run(command: list[str], folder: Path, environment: Any) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    if done.returncode:
        raise Refused(f"{done.stdout}\n{done.stderr}")
    return done.stdout
