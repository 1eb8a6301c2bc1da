"""WHY: what a bank wrote is evidence, so it can't be edited, and no row of it is posted twice."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_journal_guards")]

    operations = [run_sql(__file__, "0004_statement_guards")]
