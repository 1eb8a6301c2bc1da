"""WHY: a log that only its own database vouches for can be rewritten by whoever owns the database; signed trees can't."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("audit", "0010_seal_tables")]

    operations = [run_sql(__file__, "0011_seals")]
