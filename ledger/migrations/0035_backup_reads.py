"""WHY: on a managed database nobody may be let past row-level security, so who dumps is let through it, table by table."""

from django.db import migrations

from rupaya.core.migrations import run_sql

TABLES = (
    "ledger_account",
    "ledger_account_visibility",
    "ledger_attachment",
    "ledger_book",
    "ledger_idempotency_key",
    "ledger_invitation",
    "ledger_member",
    "ledger_month_total",
    "ledger_posting",
    "ledger_statement",
    "ledger_statement_line",
    "ledger_sync_event",
    "ledger_transaction",
    "ledger_transaction_version",
)


class Migration(migrations.Migration):
    atomic = False  # one table's lock at a time: a request holds those of others, in an order of its own
    expands = "Policies for a role of its own, also on the tables that migrations are yet to make."

    dependencies = [("ledger", "0034_posting_signs"), ("accounts", "0005_backup_reads")]

    operations = [
        run_sql(__file__, "0035_backup_reads"),
        *(
            migrations.RunSQL(
                f"SELECT backup_reads('{table}')", f"DROP POLICY IF EXISTS backup_reads ON {table}"
            )
            for table in TABLES
        ),
    ]
