"""WHY: a check that was added under a short lock holds for new rows; this says that it holds for the old ones too."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0024_posting_guards")]

    operations = [run_sql(__file__, "0025_posting_checks")]
