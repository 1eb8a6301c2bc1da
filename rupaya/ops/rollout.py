"""Moving web and worker to other revisions together, until they have arrived, and asking whether all is well."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rupaya.ops.fleet import Deployment, Fleet, Part, arrivals
from rupaya.ops.plans import Say
from rupaya.ops.releases import Revision
from rupaya.ops.smoke import Health, health_address, health_ask, smoke
from rupaya.ops.waiting import Patience, wait_until

SMOKE_S = 120.0


@dataclass(frozen=True, slots=True)
class Means:
    """What an action works with: AWS, time, the operator's ear, and how /health is asked. Tests bring their own."""

    fleet: Fleet
    patience: Patience
    say: Say
    now: Callable[[], dt.datetime]
    ask: Callable[[str], Health] = health_ask

    @property
    def moment(self) -> str:
        """Now, as tags have it: ISO 8601 in UTC, which sorts."""
        return f"{self.now().astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True)
class Move:
    """A part, where it is and where it goes."""

    part: Part
    before: Revision
    after: Revision


def moves_make(means: Means, moves: Iterable[Move]) -> None:
    """Will have each service go to its revision and wait until all have arrived. Raises OpsError where one does not."""
    going = [(move.part, means.fleet.move(move.part, move.after)) for move in moves]
    arrive(means, going)


def arrive(means: Means, going: list[tuple[Part, Deployment]]) -> None:
    """Will wait until the services have arrived where their deployments bring them. Raises OpsError."""

    def look() -> tuple[bool, str]:
        return arrivals((means.fleet.service(part), wanted) for part, wanted in going)

    names = " and ".join(part.service for part, _ in going)
    wait_until(look, patience=means.patience, say=means.say, what=f"The way of {names}")


def well_check(means: Means, *, url: str, version: str) -> Health:
    """Will ask /health until it is well and of that version. Raises OpsError after two minutes."""
    patience = dataclasses.replace(means.patience, limit_s=min(SMOKE_S, means.patience.limit_s))
    return smoke(
        address=health_address(url), version=version, patience=patience, say=means.say, ask=means.ask
    )
