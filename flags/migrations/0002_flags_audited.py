"""WHY: who turned a switch, and for whom, is recorded like every change of money."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("flags", "0001_initial"), ("audit", "0002_audit_triggers")]

    operations = [run_sql(__file__, "0002_flags_audited")]
