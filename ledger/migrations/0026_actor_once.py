"""WHY: every policy asks who acts; asked for each row of the member table it cost thirty microseconds a time."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0025_posting_checks")]

    operations = [run_sql(__file__, "0026_actor_once")]
