"""WHY: what stood before is held to the chart's rules too, read without stopping writers."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0019_chart_guards")]

    operations = [run_sql(__file__, "0020_chart_checks")]
