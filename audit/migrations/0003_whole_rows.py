"""WHY: a new row needs no comparison; comparing each with nothing made a big import take twice its time."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_audit_triggers")]

    operations = [run_sql(__file__, "0003_whole_rows")]
