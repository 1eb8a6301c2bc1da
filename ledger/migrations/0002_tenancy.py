"""WHY: books are separated by row-level security, and every change in them is audited."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("audit", "0002_audit_triggers")]

    operations = [run_sql(__file__, "0002_tenancy")]
