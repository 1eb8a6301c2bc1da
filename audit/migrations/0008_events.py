"""WHY: who signed in, who was refused and who took data out is asked of the same log; and no event may pass for a change of data."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("audit", "0007_months")]

    operations = [run_sql(__file__, "0008_events")]
