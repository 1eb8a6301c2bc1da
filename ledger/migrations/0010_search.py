"""WHY: a search through descriptions must use its index, and under row-level security ILIKE may not."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0009_version_indexes")]

    operations = [run_sql(__file__, "0010_search")]
