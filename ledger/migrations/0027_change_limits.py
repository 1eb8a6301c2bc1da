"""WHY: a transaction that was changed a thousand times must still become void, and no tag may be nothing; a draft must know its account."""

import django.contrib.postgres.operations
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("ledger", "0026_actor_once")]

    operations = [
        migrations.AddField("account", "opened_by_upload", models.BooleanField(db_default=False, default=False)),
        # By the change alone: whoever may also choose an index by the book would walk a whole book where nothing is known
        # of the table yet.
        AddIndexConcurrently("transactionversion", models.Index(fields=["change_id"], name="ledger_version_change")),
        AddIndexConcurrently("transaction", models.Index(fields=["change_id"], name="ledger_transaction_of_change")),
        RemoveIndexConcurrently("transaction", "ledger_transaction_change"),
        migrations.SeparateDatabaseAndState(
            database_operations=[run_sql(__file__, "0027_change_limits")],
            state_operations=[
                migrations.RemoveConstraint("transaction", "ledger_transaction_versions_few"),
                migrations.AddConstraint("transaction", models.CheckConstraint(
                    condition=models.Q(version__lte=1100) | models.Q(version=1101, status="void"),
                    name="ledger_transaction_versions_few")),
            ],
        ),
        django.contrib.postgres.operations.ValidateConstraint("transaction", "ledger_transaction_versions_few"),
        migrations.RunSQL(
            "ALTER TABLE ledger_transaction VALIDATE CONSTRAINT ledger_transaction_tags_said",
            "-- Nothing to take back: the constraint goes with what made it.",
        ),
    ]  # fmt: skip
