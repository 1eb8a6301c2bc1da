"""Which migrations an older release can live with."""

from __future__ import annotations

import pytest
from django.db import migrations, models
from django.db.migrations.graph import MigrationGraph

from rupaya.ops.plans import OpsError
from rupaya.ops.schema import Newer, newer_than, nodes_known, serves_check, standing_of


def migration(*operations, expands=""):
    made = migrations.Migration("0002_x", "ledger")
    made.operations = list(operations)  # type: ignore[misc]  # as Django itself does
    if expands:
        made.expands = expands  # type: ignore[attr-defined]
    return made


def add(field):
    return migrations.AddField("book", "x", field)


class TestStandingOf:
    @pytest.mark.parametrize(
        ("operation", "standing"),
        [
            (migrations.CreateModel("X", []), "expands"),
            (migrations.AddIndex("book", models.Index(fields=["id"], name="x")), "expands"),
            (add(models.TextField(null=True)), "expands"),
            (add(models.IntegerField(db_default=0)), "expands"),
            (add(models.TextField(default="")), "reversible"),  # the column takes no row without it
            (migrations.RemoveField("book", "x"), "reversible"),
            (migrations.RunSQL("SELECT 1", "SELECT 1"), "reversible"),
            (migrations.RunSQL("SELECT 1"), "final"),
            (migrations.RunPython(lambda *_: None), "final"),
        ],
    )
    def test_of_one_operation(self, operation, standing):
        assert standing_of(migration(operation)) == standing

    def test_takes_the_word_of_who_wrote_it(self):
        assert standing_of(migration(migrations.RunSQL("SELECT 1"), expands="A new function.")) == "expands"

    def test_is_as_bad_as_the_worst(self):
        assert (
            standing_of(migration(add(models.TextField(null=True)), migrations.RunSQL("SELECT 1"))) == "final"
        )

    def test_looks_at_what_the_database_is_asked(self):
        moved = migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL("SELECT 1", "SELECT 1")], state_operations=[]
        )
        assert standing_of(migration(moved)) == "reversible"


@pytest.fixture
def graph():
    made = MigrationGraph()
    for name in ("0001_a", "0002_b", "0003_c"):
        made.add_node(("ledger", name), migration(migrations.RunSQL("SELECT 1", "SELECT 1")))
    made.add_dependency(None, ("ledger", "0002_b"), ("ledger", "0001_a"))
    made.add_dependency(None, ("ledger", "0003_c"), ("ledger", "0002_b"))
    return made


class TestNewerThan:
    def test_gives_what_lies_between(self, graph):
        newer = newer_than(graph, present="ledger.0003_c", target="ledger.0001_a")

        assert [one.name for one in newer] == ["ledger.0002_b", "ledger.0003_c"]

    def test_gives_nothing_where_the_release_knows_all(self, graph):
        assert newer_than(graph, present="ledger.0002_b", target="ledger.0003_c") == []

    def test_refuses_what_this_checkout_does_not_have(self, graph):
        with pytest.raises(OpsError, match=r"no migration ledger\.0004_d"):
            nodes_known(graph, "ledger.0004_d")


class TestServesCheck:
    def test_passes_what_only_expands(self):
        serves_check([Newer(("ledger", "0002_b"), "expands")], target="1.0")

    def test_says_how_to_undo_what_can_be_undone(self):
        with pytest.raises(OpsError, match=r"does not know ledger\.0002_b.*ops migrate --to"):
            serves_check([Newer(("ledger", "0002_b"), "reversible")], target="1.0")

    def test_refuses_for_good_what_can_not(self):
        newer = [Newer(("ledger", "0002_b"), "reversible"), Newer(("ledger", "0003_c"), "final")]

        with pytest.raises(OpsError, match=r"ledger\.0003_c, which can't be undone"):
            serves_check(newer, target="1.0")
