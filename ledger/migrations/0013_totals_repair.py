"""WHY: month totals are computed; whoever finds one wrong must be able to put it right without touching what was said."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0012_search_tags")]

    operations = [run_sql(__file__, "0013_totals_repair")]
