"""WHY: the rule on names that counted merged accounts too has a successor."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("ledger", "0021_chart_names")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[run_sql(__file__, "0022_chart_names_before")],
            state_operations=[migrations.RemoveConstraint("account", "ledger_account_name_once")],
        ),
    ]
