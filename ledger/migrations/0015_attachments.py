"""WHY: a receipt belongs to one transaction of one book, is never altered, and is found again; the database says so."""

import django.db.models.deletion
import django.db.models.functions.datetime
import rupaya.core.ids
from django.db import migrations, models

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0014_books"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=rupaya.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("slot", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=120)),
                ("content_type", models.CharField(max_length=20)),
                ("size_bytes", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("width", models.PositiveIntegerField(null=True)),
                ("height", models.PositiveIntegerField(null=True)),
                ("storage_key", models.CharField(max_length=60)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("created_by", models.UUIDField(null=True)),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "book",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.book",
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.transaction",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("removed_at__isnull", False)),
                        fields=["removed_at"],
                        name="ledger_attachment_removed",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at", None)),
                        fields=("transaction", "slot"),
                        name="ledger_attachment_slot",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at", None)),
                        fields=("transaction", "sha256"),
                        name="ledger_attachment_once",
                    ),
                    models.UniqueConstraint(fields=("storage_key",), name="ledger_attachment_blob"),
                    models.CheckConstraint(
                        condition=models.Q(("slot__range", (1, 10))), name="ledger_attachment_limit"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("size_bytes__range", (1, 10485760))),
                        name="ledger_attachment_size",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "content_type__in",
                                ["image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf"],
                            )
                        ),
                        name="ledger_attachment_type",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="ledger_attachment_is_named"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")),
                        name="ledger_attachment_sha256",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("storage_key__regex", "^attachments/[0-9]{4}-[0-9]{2}-[0-9]{2}/[0-9a-f]{32}$")
                        ),
                        name="ledger_attachment_key",
                    ),
                ],
            },
        ),
        run_sql(__file__, "0015_attachments"),
    ]
