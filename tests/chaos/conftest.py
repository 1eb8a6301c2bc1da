"""One house for all scenarios: each leaves it whole."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.benchmarks.cluster import cluster
from tests.chaos.house import House, Phone

HERE = Path(__file__).parent
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items):
    for item in items:  # of the whole run, not of this folder alone
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.chaos)


@pytest.fixture(scope="session")
def house():
    """Engines of its own, migrated; none of the tests' own are touched."""
    with cluster(None) as engines:
        yield House(engines, engines.database("chaos", lambda _: None))


@pytest.fixture
def web(house):
    """The service as it runs every day."""
    with house.web() as served:
        yield served


@pytest.fixture
def phones(web):
    """Makes people with a device each."""
    return lambda count: [Phone(web.port, next(_numbers)).sign_up() for _ in range(count)]
