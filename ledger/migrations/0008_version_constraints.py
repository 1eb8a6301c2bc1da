"""WHY: what the columns of versions may hold. Checked without stopping writers: first for new rows, then for the old."""

import django.contrib.postgres.operations
from django.db import migrations, models

from rupaya.core.migrations import run_sql

CHECKS = [
    ("account", "ledger_account_credit_limit", models.Q(credit_limit_minor__isnull=True) | models.Q(credit_limit_minor__gte=0)),
    ("account", "ledger_account_days",
     (models.Q(statement_day__isnull=True) | models.Q(statement_day__range=(1, 31)))
     & (models.Q(due_day__isnull=True) | models.Q(due_day__range=(1, 31)))),
    ("transaction", "ledger_transaction_status", models.Q(status__in=["pending", "posted", "void"])),
    ("transaction", "ledger_transaction_amount_positive", models.Q(amount_minor__gt=0)),
    ("transaction", "ledger_transaction_transfer_has_target",
     models.Q(type="transfer", to_account__isnull=False) | (~models.Q(type="transfer") & models.Q(to_account__isnull=True))),
    ("transaction", "ledger_transaction_external_whole",
     models.Q(external_id__isnull=True, external_account__isnull=True) | (models.Q(external_id__gt="") & models.Q(external_account__isnull=False))),
    ("transaction", "ledger_transaction_tags_few", models.Q(tags__len__lte=20)),
    ("transaction", "ledger_transaction_versions_few", models.Q(version__lte=1000)),
]  # fmt: skip


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("ledger", "0007_version_guards")]

    operations = [
        *(
            django.contrib.postgres.operations.AddConstraintNotValid(model, models.CheckConstraint(condition=condition, name=name))
            for model, name, condition in CHECKS
        ),
        *(django.contrib.postgres.operations.ValidateConstraint(model, name) for model, name, _ in CHECKS),
        migrations.SeparateDatabaseAndState(
            database_operations=[run_sql(__file__, "0008_version_constraints")],
            state_operations=[
                migrations.AlterField("transaction", "account", models.ForeignKey(
                    db_constraint=False, db_index=False, on_delete=models.PROTECT, related_name="+", to="ledger.account")),
                migrations.AlterField("transaction", "amount_minor", models.BigIntegerField()),
                migrations.AlterField("transaction", "change_id", models.UUIDField()),
            ],
        ),
    ]  # fmt: skip
