"""WHY: a tree without circles, closed accounts that are empty, and merges that lose nothing, whoever writes."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0018_chart")]

    operations = [run_sql(__file__, "0019_chart_guards")]
