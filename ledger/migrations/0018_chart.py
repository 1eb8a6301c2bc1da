"""WHY: accounts of every kind, and accounts that became another one. The checks bind new rows; 0022 reads the old ones."""

import django.contrib.postgres.operations
import django.db.models.deletion
from django.db import migrations, models

KINDS = [
    ("bank", "Bank account"), ("cash", "Cash"), ("wallet", "Wallet"), ("credit_card", "Credit card"), ("loan", "Loan"),
    ("deposit", "Deposit"), ("investment", "Investment"), ("receivable", "Money lent"), ("property", "Property"),
    ("other_asset", "Gold and other assets"), ("payable", "Money borrowed"), ("other_debt", "Other debt"),
    ("category", "Category"), ("equity", "Equity"),
]  # fmt: skip
CHECKS = [
    ("ledger_account_kind_fits",
     models.Q(kind="category", type__in=("income", "expense"))
     | models.Q(type="asset", kind__in=["bank", "cash", "wallet", "deposit", "investment", "receivable", "property", "other_asset"])
     | models.Q(type="liability", kind__in=["credit_card", "loan", "payable", "other_debt"])
     | models.Q(type="equity", kind__in=["equity"])),
    ("ledger_account_terms_fit",
     (models.Q(credit_limit_minor__isnull=True) | models.Q(kind__in=["credit_card"]))
     & (models.Q(statement_day__isnull=True) | models.Q(kind__in=["credit_card"]))
     & (models.Q(due_day__isnull=True) | models.Q(kind__in=["credit_card", "loan"]))),
    ("ledger_account_purpose_stays_open", models.Q(purpose__isnull=True) | models.Q(closed_at__isnull=True)),
    ("ledger_account_merged_stays_closed", models.Q(merged_into__isnull=True) | models.Q(closed_at__isnull=False)),
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("ledger", "0017_retired_index")]

    operations = [
        migrations.AlterField("account", "kind", models.CharField(choices=KINDS, max_length=12)),
        migrations.AddField("account", "merged_into", models.ForeignKey(
            db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
            to="ledger.account")),
        *(
            django.contrib.postgres.operations.AddConstraintNotValid(
                "account", models.CheckConstraint(condition=condition, name=name))
            for name, condition in CHECKS
        ),
    ]  # fmt: skip
