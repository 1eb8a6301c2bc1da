"""WHY: the JSON of a row was built three times for one entry; it is built once."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_whole_rows")]

    operations = [run_sql(__file__, "0004_row_once")]
