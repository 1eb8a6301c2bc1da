"""WHY: a claim that writes a row and an answer that writes it anew were a tenth of what the database did for a request.

The function that web servers of the release before call stays: a claim of theirs and one of these meet in the primary
key, and the second answer is refused.
"""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0030_sync")]

    operations = [run_sql(__file__, "0031_idempotency_once")]
