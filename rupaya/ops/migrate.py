"""`ops migrate`: one task of its own, as the schema's owner, before a release moves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from django.db.migrations.graph import MigrationGraph

from rupaya.ops.fleet import MIGRATE, WEB, Fleet, Task
from rupaya.ops.plans import USAGE, OpsError, Plan, Prepared, begun
from rupaya.ops.releases import TAG_MIGRATED, definition_next, image_check, version_check
from rupaya.ops.rollout import Means
from rupaya.ops.schema import label_of
from rupaya.ops.waiting import wait_until

_TARGET: Final = re.compile(r"([a-z_]{1,40})\.([0-9]{4}_\w{1,80})")
_LINES_TOLD: Final = 20


def migrated_label(fleet: Fleet) -> str:
    """What the database had after the last migration that went well, as a release's label; '' where none did."""
    done = [one for one in fleet.revisions(MIGRATE) if one.migrated_at]
    return max(done, key=lambda one: (one.migrated_at, one.number)).migrations if done else ""


def migrate_prepare(
    means: Means, *, logs: Any, image: str, version: str, to: str, graph: MigrationGraph
) -> Prepared:
    """What a migration will do. to: `app.0001_name` takes that one app there, back too; '' brings all up to date.

    Raises OpsError where the image is not named by digest or the target is none of this checkout's migrations.
    """
    image_check(image)
    version_check(version)
    node = _target(to, graph=graph)
    command = ["python", "manage.py", "migrate", "--no-input", *node] if node else None
    label = _label_after(graph, node) if node else label_of(graph)
    service = means.fleet.service(WEB)
    before = means.fleet.revision(MIGRATE.family, MIGRATE)
    steps = (
        f"register the revision after {before.name} with {image}",
        f"run it once in the network of {service.name}: {' '.join(command) if command else 'migrate'}",
        f"wait for its end, {means.patience.limit_s:.0f} s at most, and tag the revision where it went well",
    )
    harm = f"The schema goes back to {to}: columns and rows may be lost." if node else "The schema changes."
    plan = Plan(f"Migrate to {to or version}", steps, harm, {"image": image, "migrations": label})

    def run() -> Mapping[str, Any]:
        definition = definition_next(
            before, container=MIGRATE.container, image=image, version=version, migrations=label
        )
        revision = means.fleet.register(definition, MIGRATE, like=before)
        task = means.fleet.run_once(revision, MIGRATE, like=service, command=command)
        means.say(f"Task {task.id} of {revision.name} is on its way")
        with begun():
            ended = _ended(means, task)
        for line in _log_tail(logs, revision.definition, ended):
            means.say(line)
        if ended.exit_code != 0:
            raise OpsError(
                f"The migration failed with exit code {ended.exit_code}: {ended.reason or 'see its log'}"
            )
        with begun():
            means.fleet.tag(revision, TAG_MIGRATED, means.moment)
        return {"revision": revision.name, "task": task.id, "exit_code": 0}

    return Prepared(plan, run)


def _ended(means: Means, task: Task) -> Task:
    seen = [task]

    def look() -> tuple[bool, str]:
        seen[0] = means.fleet.task(task.arn, MIGRATE)
        return seen[0].state == "STOPPED", f"The task is {seen[0].state.lower()}"

    what = f"The migration (task {task.id}, which goes on by itself)"
    wait_until(look, patience=means.patience, say=means.say, what=what)
    return seen[0]


def _target(to: str, *, graph: MigrationGraph) -> tuple[str, str] | None:
    if not to:
        return None
    found = _TARGET.fullmatch(to)
    node = (found[1], found[2]) if found else ("", "")
    if node not in graph.nodes:
        raise OpsError(
            f"{to!r} is no migration of this checkout; write it like ledger.0031_sync.", code=USAGE
        )
    return node


def _label_after(graph: MigrationGraph, node: tuple[str, str]) -> str:
    """What is known once one app has gone to a migration: what needed later ones of it goes too."""
    gone = {one for child in graph.node_map[node].children for one in graph.backwards_plan(child.key)}
    kept = {one for one in graph.nodes if one not in gone}
    parents = {parent.key for one in kept for parent in graph.node_map[one].parents}
    return " ".join(".".join(one) for one in sorted(kept - parents))


def _log_tail(logs: Any, definition: Mapping[str, Any], task: Task) -> list[str]:
    """The last lines that a task wrote; empty where they can't be had, which fails nothing."""
    options = definition["containerDefinitions"][0].get("logConfiguration", {}).get("options", {})
    if not {"awslogs-group", "awslogs-stream-prefix"} <= options.keys():
        return []
    stream = f"{options['awslogs-stream-prefix']}/{MIGRATE.container}/{task.id}"
    try:
        answer = logs.get_log_events(
            logGroupName=options["awslogs-group"],
            logStreamName=stream,
            limit=_LINES_TOLD,
            startFromHead=False,
        )
    except logs.exceptions.ClientError as error:
        return [f"Its log {stream} can't be read: {error}"]
    return [one["message"] for one in answer["events"]]
