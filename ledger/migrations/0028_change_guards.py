"""WHY: what a change made is taken back whole and alone, and ends somewhere; what leaves an account reaches another."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0027_change_limits")]

    operations = [run_sql(__file__, "0028_change_guards")]
