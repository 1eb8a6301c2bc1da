"""WHY: balances read only what counts; a search finds words under row-level security; a client's key is used once."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("ledger", "0008_version_constraints")]

    operations = [
        AddIndexConcurrently("posting", models.Index(
            fields=["book", "account", "date"], include=["base_minor", "amount_minor", "recorded_at"],
            condition=models.Q(retired_at__isnull=True), name="ledger_posting_live")),
        RemoveIndexConcurrently("posting", "ledger_posting_account"),
        AddIndexConcurrently("transaction", models.Index(fields=["book", "change_id"], name="ledger_transaction_change")),
        migrations.SeparateDatabaseAndState(
            database_operations=[run_sql(__file__, "0009_version_indexes")],
            state_operations=[
                migrations.AddConstraint("transaction", models.UniqueConstraint(
                    fields=["book", "external_account", "external_id"],
                    condition=models.Q(external_id__isnull=False), name="ledger_transaction_external_once")),
            ],
        ),
    ]  # fmt: skip
