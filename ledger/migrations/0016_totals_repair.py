"""WHY: month totals are computed; whoever finds one wrong must be able to put it right without touching what was said."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0015_attachments")]

    operations = [run_sql(__file__, "0016_totals_repair")]
