"""Plans, made once for all tests; a machine without Terraform says loudly what it did not check."""

from __future__ import annotations

import pytest

from tests.deploy.terraform.planning import Plan, Workshop, is_terraform_here

@pytest.fixture(scope="session")
def workshop(tmp_path_factory):
    if not is_terraform_here():
        pytest.skip("NOT CHECKED: there is no terraform on this machine, so no plan was made")
    return Workshop(tmp_path_factory.mktemp("plans"))


@pytest.fixture(scope="session")
def production(workshop):
    return Plan(workshop.plan("production"))


@pytest.fixture(scope="session")
def staging(workshop):
    return Plan(workshop.plan("staging"))


@pytest.fixture(scope="session", params=["production", "staging"])
def plan(request):
    """Both, one after the other."""
    return request.getfixturevalue(request.param)
