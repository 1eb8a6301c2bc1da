"""WHY: who may only read an account could still bring and take away its receipts; and a book's new currency rewrote accounts that somebody had opened in another, limits and all."""

from django.db import migrations

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    expands = "Functions that refuse what nobody was meant to do; the application of before runs below them."

    dependencies = [("ledger", "0036_checks_said")]

    operations = [run_sql(__file__, "0037_accounts_as_promised")]
