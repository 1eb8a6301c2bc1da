"""WHY: a tag is found through an index; most transactions have none and are not in it."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("ledger", "0011_search_text")]

    operations = [run_sql(__file__, "0012_search_tags")]
