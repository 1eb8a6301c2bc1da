"""`ops rollback`: web and worker back to the last release that was really deployed, if the schema can serve it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.migrations.graph import MigrationGraph

from rupaya.ops.fleet import WEB, WORKER
from rupaya.ops.migrate import migrated_label
from rupaya.ops.plans import OpsError, Plan, Prepared
from rupaya.ops.releases import TAG_LEFT, Revision, partner_choose, target_choose
from rupaya.ops.rollout import Means, Move, moves_make, well_check
from rupaya.ops.schema import Newer, newer_than, serves_check
from rupaya.ops.smoke import health_address


def rollback_prepare(means: Means, *, number: int | None, url: str, graph: MigrationGraph) -> Prepared:
    """What a rollback will do. number: of the web's revision; None takes the last that proved healthy.

    Raises OpsError where there is none, or the schema can't serve it.
    """
    fleet = means.fleet
    services = {part: fleet.service(part) for part in (WEB, WORKER)}
    current = fleet.revision(services[WEB].revision_arn, WEB)
    current_worker = fleet.revision(services[WORKER].revision_arn, WORKER)
    target = target_choose(current=current, revisions=fleet.revisions(WEB), number=number)
    partner = partner_choose(target=target, revisions=fleet.revisions(WORKER))
    newer = _newer(means, current=current, target=target, graph=graph)
    asked = url or target.address
    address = health_address(asked)
    steps = (
        f"move {WEB.service} from {current.told} to {target.told}",
        f"move {WORKER.service} from {current_worker.told} to {partner.told}",
        f"wait until both have arrived, {means.patience.limit_s:.0f} s at most",
        f"ask {address} until it says ok and version {target.version}",
        f"tag {current.name} as left, so that the next rollback goes further back",
    )
    facts = {
        "from": current.name,
        "to": target.name,
        "version": target.version,
        "beside": [one.name for one in newer],
    }
    harm = f"Every task of {WEB.service} and {WORKER.service} is replaced by an older release."
    plan = Plan(f"Roll back to {target.version}", steps, harm, facts)

    def run() -> Mapping[str, Any]:
        moves = [Move(WEB, current, target), Move(WORKER, current_worker, partner)]
        moves_make(means, [move for move in moves if move.before.arn != move.after.arn])
        health = well_check(means, url=asked, version=target.version)
        for move in moves:
            if move.before.arn != move.after.arn:
                means.fleet.tag(move.before, TAG_LEFT, means.moment)
        return {
            "version": health.version,
            "revisions": {WEB.service: target.name, WORKER.service: partner.name},
        }

    return Prepared(plan, run)


def _newer(means: Means, *, current: Revision, target: Revision, graph: MigrationGraph) -> list[Newer]:
    """The migrations that the older release would meet; raises OpsError where it can't live with them."""
    if not target.version or not target.migrations:
        raise OpsError(
            f"{target.name} was not released by `ops deploy`: which version and schema it is, nobody noted."
        )
    present = migrated_label(means.fleet) or current.migrations
    if not present:
        raise OpsError("Which migrations the database has, nobody noted: no `ops migrate` went well yet.")
    newer = newer_than(graph, present=present, target=target.migrations)
    serves_check(newer, target=target.told)
    return newer
