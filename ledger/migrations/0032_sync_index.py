"""WHY: what changed in a book since a phone last asked is read in the order in which it was written."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    atomic = False  # the index is made while people go on posting

    dependencies = [("ledger", "0031_idempotency_once")]

    operations = [run_sql(__file__, "0032_sync_index")]
