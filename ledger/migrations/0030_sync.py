"""WHY: a phone asks what changed since it last asked, and must miss nothing that was committed late.

No model stands for these tables: PostgreSQL's triggers write them, and one query reads them (ledger/sync).
"""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0029_report_reads")]

    operations = [run_sql(__file__, "0030_sync")]
