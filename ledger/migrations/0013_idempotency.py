"""WHY: a phone that lost the answer asks again, and the money must not move twice."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Length
from django.db.models.lookups import Exact, LessThanOrEqual

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0012_search_tags"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "user_id", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=255)),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("created_at", models.DateTimeField()),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("headers", models.JSONField(null=True)),
                ("body", models.BinaryField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "ledger_idempotency_key",
                "indexes": [models.Index(fields=["created_at"], name="ledger_idempotency_key_age")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("key__regex", "^[!-~]+$")),
                        name="ledger_idempotency_key_is_visible",
                    ),
                    models.CheckConstraint(
                        condition=Exact(Length("fingerprint"), models.Value(32)),
                        name="ledger_idempotency_key_fingerprint",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("body__isnull", True), ("headers__isnull", True), ("status__isnull", True)
                            ),
                            models.Q(
                                ("body__isnull", False), ("headers__isnull", False), ("status__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="ledger_idempotency_key_answer_is_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__range", (200, 299))),
                        name="ledger_idempotency_key_answer_is_success",
                    ),
                    models.CheckConstraint(
                        condition=LessThanOrEqual(Length("body"), models.Value(1048576)),
                        name="ledger_idempotency_key_body_fits",
                    ),
                ],
            },
        ),
        run_sql(__file__, "0013_idempotency"),
    ]
