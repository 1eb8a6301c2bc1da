"""WHY: zero-sum, whole, immutable and closed are promises of the database, not of Python."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_tenancy")]

    operations = [run_sql(__file__, "0003_journal_guards")]
