"""WHY: changing money must keep every promise: whole, balanced, in an open period, and nothing forgotten."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_versions_backfill")]

    operations = [run_sql(__file__, "0007_version_guards")]
