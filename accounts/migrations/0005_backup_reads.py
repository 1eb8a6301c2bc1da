"""WHY: on a managed database nobody may be let past row-level security, so who dumps is let through it, table by table."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    expands = "A policy for a role of its own, and a function that migrations call."

    dependencies = [("accounts", "0004_login_attempts")]

    operations = [run_sql(__file__, "0005_backup_reads")]
