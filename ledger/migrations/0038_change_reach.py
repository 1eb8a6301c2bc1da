"""WHY: a member from whom an account is hidden took half a change back, and read of an external id without its place."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0037_accounts_as_promised")]

    operations = [run_sql(__file__, "0038_change_reach")]
