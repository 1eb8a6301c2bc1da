"""WHY: an account that was merged leaves its name to others."""

from django.db import migrations, models
from django.db.models.functions import Lower

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("ledger", "0020_chart_checks")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[run_sql(__file__, "0021_chart_names")],
            state_operations=[
                migrations.AddConstraint("account", models.UniqueConstraint(
                    models.F("book"), models.F("type"), Lower("name"), models.F("parent"),
                    condition=models.Q(merged_into__isnull=True), name="ledger_account_name_free", nulls_distinct=False)),
            ],
        ),
    ]  # fmt: skip
