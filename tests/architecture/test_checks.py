"""What the models say of a row is what the database asks of it."""

from __future__ import annotations

import re

import psycopg
import pytest
from django.apps import apps
from django.db import connection
from django.db.models import CheckConstraint

OURS = {"accounts", "audit", "flags", "ledger"}
CHECKS = [
    (model, constraint)
    for model in apps.get_models()
    if model._meta.app_label in OURS and not model._meta.proxy
    for constraint in model._meta.constraints
    if isinstance(constraint, CheckConstraint)
]
STANDS = (
    "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass(%s) AND conname = %s"
)


class TestChecks:
    @pytest.mark.parametrize(("model", "check"), CHECKS, ids=[check.name for _, check in CHECKS])
    def test_stand_as_the_model_says(self, db, admin_url, model, check):
        table = model._meta.db_table
        with connection.schema_editor(collect_sql=True) as editor:
            condition = check._get_check_sql(model, editor)

        with psycopg.connect(admin_url) as admin:
            admin.execute(f"CREATE TEMP TABLE said (LIKE {table})")
            admin.execute(f"ALTER TABLE said ADD CONSTRAINT said CHECK ({condition})")
            [said] = admin.execute(STANDS, ["said", "said"]).fetchall()
            [stands] = admin.execute(STANDS, [table, check.name]).fetchall()

        assert unlike(stands[0]) == unlike(said[0])


def unlike(condition):
    """A condition with `<>` for what Django can only say as NOT and `=`."""
    return re.sub(r"NOT \((\w+) = ([^()]+)\)", r"\1 <> \2", condition)
