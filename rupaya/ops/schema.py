"""Can the database's schema serve another release? Asked of the migrations themselves; no database is.

A release's label names the last migration of each app. What the database has is what was migrated last, or what runs;
what lies between that and the older release must be harmless to the older release.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from django.db import models
from django.db.migrations import (
    AddField,
    AddIndex,
    AlterModelManagers,
    AlterModelOptions,
    CreateModel,
    Migration,
    SeparateDatabaseAndState,
)
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from rupaya.ops.plans import OpsError

Node = tuple[str, str]
Standing = Literal["expands", "reversible", "final"]
EXPANDS: Final = "expands"  # a migration's attribute: one sentence, why releases before it can live with it
_NAMES_TOLD: Final = 5
_HARMLESS: Final = (CreateModel, AddIndex, AlterModelOptions, AlterModelManagers)


@dataclass(frozen=True, slots=True)
class Newer:
    """A migration that the database has and a release does not know."""

    node: Node
    standing: Standing

    @property
    def name(self) -> str:
        """As people write it: app.name."""
        return ".".join(self.node)


def graph_of_code() -> MigrationGraph:
    """The migrations of this checkout."""
    graph: MigrationGraph = MigrationLoader(None).graph
    return graph


def label_of(graph: MigrationGraph) -> str:
    """The last migration of each app, in order: what a release knows."""
    return " ".join(".".join(node) for node in sorted(graph.leaf_nodes()))


def nodes_known(graph: MigrationGraph, label: str) -> set[Node]:
    """Every migration up to those in a label. Raises OpsError where this checkout has not all of them."""
    known: set[Node] = set()
    for text in label.split():
        app, _, name = text.partition(".")
        if (app, name) not in graph.nodes:
            raise OpsError(
                f"This checkout has no migration {text}, which a release has: check out what runs and try again."
            )
        known.update(graph.forwards_plan((app, name)))
    return known


def newer_than(graph: MigrationGraph, *, present: str, target: str) -> list[Newer]:
    """The migrations of the label `present` that the label `target` does not know, in order."""
    newer = nodes_known(graph, present) - nodes_known(graph, target)
    return [Newer(node, standing_of(_migration(graph, node))) for node in sorted(newer)]


def _migration(graph: MigrationGraph, node: Node) -> Migration:
    found = graph.nodes[node]
    if found is None:  # Django's mark for one that others only speak of
        raise OpsError(f"This checkout has no migration {'.'.join(node)}.")
    return found


def standing_of(migration: Migration) -> Standing:
    """Whether releases before it can run beside it, or after it is undone, or neither.

    What runs SQL or Python of its own is only believed with a sentence in the attribute `expands`.
    """
    if getattr(migration, EXPANDS, "") or all(_is_harmless(one) for one in migration.operations):
        return "expands"
    return "reversible" if all(one.reversible for one in migration.operations) else "final"


def serves_check(newer: Iterable[Newer], *, target: str) -> None:
    """Will raise OpsError where a release would meet a schema that it can't live with, and say the way out."""
    found = list(newer)
    final = _listed(one.name for one in found if one.standing == "final")
    if final:
        raise OpsError(
            f"{target} does not know {final}, which can't be undone: go forward with a fix instead."
        )
    reversible = _listed(one.name for one in found if one.standing == "reversible")
    if reversible:
        raise OpsError(
            f"{target} does not know {reversible}, and is not known to work beside it. Undo it first "
            "(ops migrate --to APP.NAME, while the newer release still runs), or go forward with a fix."
        )


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _NAMES_TOLD} more" if len(listed) > _NAMES_TOLD else ""
    return ", ".join(listed[:_NAMES_TOLD]) + more


def _is_harmless(operation: Operation) -> bool:
    if isinstance(operation, SeparateDatabaseAndState):
        return all(_is_harmless(one) for one in operation.database_operations)
    if isinstance(operation, AddField):
        return _is_harmless_field(operation.field)
    return isinstance(operation, _HARMLESS)


def _is_harmless_field(field: models.Field[object, object]) -> bool:
    """Whether a release that does not name the column can still insert rows."""
    return field.null or field.many_to_many is True or field.db_default is not models.NOT_PROVIDED
