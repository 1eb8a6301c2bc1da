"""WHY: what happened on an account that is hidden from a member does not exist for them."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0022_chart_names_before")]

    operations = [run_sql(__file__, "0023_visibility")]
