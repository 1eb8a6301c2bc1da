"""WHY: reports of a book that hides nothing read postings from the covering index alone, and balances are planned once."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0028_change_guards")]

    operations = [run_sql(__file__, "0029_report_reads")]
