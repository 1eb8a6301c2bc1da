"""WHY: the key of a log in months holds the time; it is made while people go on, and only given its name by 0007."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    atomic = False  # the index is made while people go on posting

    dependencies = [("audit", "0005_checks")]

    operations = [run_sql(__file__, "0006_month_key")]
