"""WHY: transactions written before have their accounts and amount in their postings alone."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_versions")]

    operations = [run_sql(__file__, "0006_versions_backfill")]
