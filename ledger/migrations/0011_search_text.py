"""WHY: a word in a description is found through an index, also in a book of millions."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("ledger", "0010_search")]

    operations = [run_sql(__file__, "0011_search_text")]
