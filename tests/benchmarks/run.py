"""What every bench is given, and the list of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.benchmarks.cluster import Cluster
from tests.benchmarks.figures import Figure

CLIENTS: Final = 8


@dataclass(frozen=True, slots=True)
class Run:
    """rows: postings of the large ledger. seconds: how long a load is measured in a round."""

    cluster: Cluster
    rounds: int
    seconds: int
    rows: int


Bench = Callable[[Run], list[Figure]]
