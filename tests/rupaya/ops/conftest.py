"""A service on AWS of a test's own: one that keeps ECS's rules, and moto's server, which speaks the real protocol."""

from __future__ import annotations

import pytest

from tests.rupaya.ops.aws import World
from tests.support.moto import aws, aws_server  # noqa: F401  # fixtures


@pytest.fixture
def world():
    return World()
