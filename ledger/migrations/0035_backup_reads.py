"""WHY: on a managed database nobody may be let past row-level security, so who dumps is let through it, table by table."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    expands = "Policies for a role of its own, also on the tables that migrations are yet to make."

    dependencies = [("ledger", "0034_posting_signs"), ("accounts", "0005_backup_reads")]

    operations = [run_sql(__file__, "0035_backup_reads")]
