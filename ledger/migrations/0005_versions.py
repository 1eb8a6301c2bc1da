"""WHY: a transaction can be changed, and what it was stays: the columns and the table of superseded versions."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

_ACCOUNT = {
    "db_constraint": False,
    "db_index": False,
    "on_delete": django.db.models.deletion.PROTECT,
    "related_name": "+",
    "to": "ledger.account",
}
_NOW = django.db.models.functions.datetime.Now()
_TYPES = [("income", "Income"), ("expense", "Expense"), ("transfer", "Transfer")]
_STATUSES = [("pending", "Pending"), ("posted", "Posted"), ("void", "Void")]


def tags():
    return django.contrib.postgres.fields.ArrayField(
        base_field=models.CharField(max_length=40), db_default=[], default=list, size=None
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_statement_guards")]

    operations = [
        migrations.CreateModel(
            name="TransactionVersion",
            fields=[
                ("date", models.DateField()),
                ("type", models.CharField(choices=_TYPES, max_length=10)),
                ("description", models.CharField(max_length=200)),
                ("payee", models.CharField(db_default="", default="", max_length=120)),
                ("notes", models.CharField(db_default="", default="", max_length=2000)),
                ("tags", tags()),
                (
                    "status",
                    models.CharField(choices=_STATUSES, db_default="posted", default="posted", max_length=10),
                ),
                ("is_reconciled", models.BooleanField(db_default=False, default=False)),
                ("amount_minor", models.BigIntegerField()),
                ("change_id", models.UUIDField()),
                ("changed_at", models.DateTimeField(db_default=_NOW)),
                ("changed_by", models.UUIDField(null=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "transaction_id",
                        "version",
                        "book_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("version", models.PositiveSmallIntegerField()),
                ("first_line", models.PositiveSmallIntegerField()),
                ("last_line", models.PositiveSmallIntegerField()),
                ("account", models.ForeignKey(**_ACCOUNT)),
                (
                    "book",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.book",
                    ),
                ),
                ("to_account", models.ForeignKey(null=True, **_ACCOUNT)),
                (
                    "transaction",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="ledger.transaction",
                    ),
                ),
            ],
            options={"db_table": "ledger_transaction_version"},
        ),
        migrations.AddField("account", "closed_at", models.DateTimeField(null=True)),
        migrations.AddField("account", "credit_limit_minor", models.BigIntegerField(null=True)),
        migrations.AddField("account", "due_day", models.PositiveSmallIntegerField(null=True)),
        migrations.AddField("account", "statement_day", models.PositiveSmallIntegerField(null=True)),
        migrations.AddField("posting", "recorded_at", models.DateTimeField(db_default=_NOW)),
        migrations.AddField("posting", "retired_at", models.DateTimeField(null=True)),
        migrations.AddField("transaction", "account", models.ForeignKey(null=True, **_ACCOUNT)),
        migrations.AddField("transaction", "amount_minor", models.BigIntegerField(null=True)),
        migrations.AddField("transaction", "change_id", models.UUIDField(null=True)),
        migrations.AddField("transaction", "changed_at", models.DateTimeField(db_default=_NOW)),
        migrations.AddField("transaction", "changed_by", models.UUIDField(null=True)),
        migrations.AddField("transaction", "external_account", models.ForeignKey(null=True, **_ACCOUNT)),
        migrations.AddField("transaction", "external_id", models.CharField(max_length=120, null=True)),
        migrations.AddField(
            "transaction", "first_line", models.PositiveSmallIntegerField(db_default=1, default=1)
        ),
        migrations.AddField(
            "transaction", "is_reconciled", models.BooleanField(db_default=False, default=False)
        ),
        migrations.AddField(
            "transaction", "notes", models.CharField(db_default="", default="", max_length=2000)
        ),
        migrations.AddField(
            "transaction", "payee", models.CharField(db_default="", default="", max_length=120)
        ),
        migrations.AddField(
            "transaction",
            "status",
            models.CharField(choices=_STATUSES, db_default="posted", default="posted", max_length=10),
        ),
        migrations.AddField("transaction", "tags", tags()),
        migrations.AddField("transaction", "to_account", models.ForeignKey(null=True, **_ACCOUNT)),
        migrations.AddField(
            "transaction", "version", models.PositiveSmallIntegerField(db_default=1, default=1)
        ),
    ]
