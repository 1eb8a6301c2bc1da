"""WHY: while Valkey is away sign-ins stay limited, so failed ones are counted here."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_rights_audited")]

    operations = [run_sql(__file__, "0004_login_attempts")]
