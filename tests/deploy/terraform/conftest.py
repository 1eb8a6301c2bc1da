"""Plans, made once for all tests; a machine without Terraform says loudly what it did not check."""

from __future__ import annotations

import fcntl
import json

import pytest

from tests.deploy.terraform.planning import Plan, Workshop, is_terraform_here


@pytest.fixture(scope="session")
def workshop(tmp_path_factory):
    """Where plans are made."""
    if not is_terraform_here():
        pytest.skip("NOT CHECKED: there is no terraform on this machine, so no plan was made")
    return Workshop(tmp_path_factory.mktemp("plans"))


def shared_plan(name, tmp_path_factory, worker_id, workshop):
    """An environment's plan: whichever of the test processes is first makes it, and the others read it."""
    base = tmp_path_factory.getbasetemp()
    kept = (base if worker_id == "master" else base.parent) / f"{name}.json"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_text(json.dumps(workshop.plan(name)))
    return Plan(json.loads(kept.read_text()))


@pytest.fixture(scope="session")
def production(tmp_path_factory, worker_id, workshop):
    return shared_plan("production", tmp_path_factory, worker_id, workshop)


@pytest.fixture(scope="session")
def staging(tmp_path_factory, worker_id, workshop):
    return shared_plan("staging", tmp_path_factory, worker_id, workshop)


@pytest.fixture(scope="session", params=["production", "staging"])
def plan(request):
    """Both, one after the other."""
    return request.getfixturevalue(request.param)
