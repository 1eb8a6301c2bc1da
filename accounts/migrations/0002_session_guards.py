"""WHY: who sees a session, that it stays revoked, and that both tables are audited, whatever Python does."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("audit", "0002_audit_triggers")]

    operations = [run_sql(__file__, "0002_session_guards")]
