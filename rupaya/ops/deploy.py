"""`ops deploy`: an image, by its digest, into web and worker; what does not prove healthy is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.migrations.graph import MigrationGraph

from rupaya.ops.fleet import MIGRATE, RUNNING, Part
from rupaya.ops.migrate import migrated_label
from rupaya.ops.plans import PARTLY, OpsError, Plan, Prepared
from rupaya.ops.releases import TAG_DEPLOYED, Revision, definition_next, image_check, version_check
from rupaya.ops.rollout import Means, Move, moves_make, well_check
from rupaya.ops.schema import label_of, nodes_known
from rupaya.ops.smoke import health_address


def deploy_prepare(means: Means, *, image: str, version: str, url: str, graph: MigrationGraph) -> Prepared:
    """What a deploy will do. url: where /health is asked; '' for the address in the running task definition.

    Raises OpsError where the image is not named by digest, or the database has not had its migrations.
    """
    image_check(image)
    version_check(version)
    label = label_of(graph)
    _migrated_check(means, graph=graph, label=label)
    before = {part: means.fleet.revision(means.fleet.service(part).revision_arn, part) for part in RUNNING}
    web = before[RUNNING[0]]
    asked = url or web.address
    address = health_address(asked)
    is_there = {part: one.image == image and one.version == version for part, one in before.items()}
    steps = [
        f"keep {one.told}, which runs this image already" if is_there[part]
        else f"register the revision after {one.told} with {image} and move {part.service} to it"
        for part, one in before.items()
    ]  # fmt: skip
    steps += [
        f"wait until both have arrived, {means.patience.limit_s:.0f} s at most",
        f"ask {address} until it says ok and version {version}",
        "tag both revisions as deployed; else move both services back to where they were",
    ]
    harm = (
        ""
        if all(is_there.values())
        else f"Every task of {' and '.join(part.service for part in RUNNING)} is replaced."
    )
    facts = {
        "image": image,
        "version": version,
        "from": {part.service: one.name for part, one in before.items()},
    }
    plan = Plan(f"Deploy {version}", tuple(steps), harm, facts)

    def run() -> Mapping[str, Any]:
        moves = [
            Move(part, one, one if is_there[part] else _registered(means, part, one, image, version, label))
            for part, one in before.items()
        ]
        _go(means, moves, url=asked, version=version)
        moment = means.moment
        for move in moves:
            if not move.after.deployed_at:
                means.fleet.tag(move.after, TAG_DEPLOYED, moment)
        return {"version": version, "revisions": {move.part.service: move.after.name for move in moves}}

    return Prepared(plan, run)


def _registered(means: Means, part: Part, before: Revision, image: str, version: str, label: str) -> Revision:
    definition = definition_next(
        before, container=part.container, image=image, version=version, migrations=label
    )
    return means.fleet.register(definition, part, like=before)


def _go(means: Means, moves: list[Move], *, url: str, version: str) -> None:
    """Will move, wait and ask; where that fails, move back, and raise OpsError either way."""
    changed = [move for move in moves if move.after.arn != move.before.arn]
    try:
        moves_make(means, changed)
        well_check(means, url=url, version=version)
    except OpsError as error:
        if not changed:
            raise
        means.say(f"{error.sentence} Going back …")
        try:
            moves_make(means, [Move(move.part, move.after, move.before) for move in changed])
            well_check(means, url=url, version=changed[0].before.version)
        except OpsError as worse:
            raise OpsError(
                f"{version} failed: {error.sentence} Going back failed too: {worse.sentence}", code=PARTLY
            ) from error
        back = " and ".join(move.before.told for move in changed)
        raise OpsError(f"{version} failed and was taken back; {back} run again. {error.sentence}") from error


def _migrated_check(means: Means, *, graph: MigrationGraph, label: str) -> None:
    had = nodes_known(graph, migrated_label(means.fleet))
    missing = sorted(".".join(node) for node in nodes_known(graph, label) - had)
    if missing:
        names = ", ".join(missing[-5:])
        raise OpsError(
            f"No successful `ops migrate` is known for {len(missing)} migrations of this release (the last: {names}); "
            f"run ops migrate --image with it first. It is noted on {MIGRATE.family}."
        )
