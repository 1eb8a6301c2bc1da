"""WHY: on a managed database nobody may be let past row-level security, so who dumps is let through it, month by month."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    expands = "Policies for a role of its own, also on the months that are yet to be made."

    dependencies = [("audit", "0016_refusals_once"), ("accounts", "0005_backup_reads")]

    operations = [run_sql(__file__, "0017_backup_reads")]
