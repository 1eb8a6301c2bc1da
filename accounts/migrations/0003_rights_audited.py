"""WHY: who gained or lost a right must be in the log, as everything else about a person is."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_session_guards")]

    operations = [run_sql(__file__, "0003_rights_audited")]
