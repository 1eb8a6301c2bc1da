"""WHY: one statement reads all flags for a person, and fails without failing the transaction around it."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("flags", "0004_changes"), ("accounts", "0004_login_attempts")]

    operations = [
        run_sql(__file__, "0005_reading"),
    ]
