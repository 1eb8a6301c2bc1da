"""WHY: the log is written by PostgreSQL, so that no code path can forget it."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [run_sql(__file__, "0002_audit_triggers")]
