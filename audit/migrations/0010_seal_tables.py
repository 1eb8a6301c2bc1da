"""WHY: leaves fix the order of what is sealed, seals sign it, and a key a person makes it possible to forget one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_checks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("size", models.BigIntegerField(unique=True)),
                ("root", models.BinaryField()),
                ("frontier", models.BinaryField()),
                ("head", models.TextField()),
                ("head_hash", models.BinaryField(unique=True)),
                ("previous", models.BinaryField(null=True)),
                ("sealed_at", models.DateTimeField()),
                ("cluster", models.CharField(max_length=40)),
                ("snapshot", models.TextField()),
                ("is_complete", models.BooleanField()),
                ("key_id", models.CharField(max_length=8)),
            ],
            options={
                "db_table": "audit_seal",
            },
        ),
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                ("entry_id", models.UUIDField(unique=True)),
                ("entry_created_at", models.DateTimeField()),
                ("hash", models.BinaryField()),
                ("changes_hash", models.BinaryField()),
                ("origin_hash", models.BinaryField()),
            ],
            options={
                "db_table": "audit_leaf",
            },
        ),
        migrations.CreateModel(
            name="Anchor",
            fields=[
                (
                    "seal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="audit.seal",
                    ),
                ),
                ("version", models.CharField(max_length=1024)),
                ("anchored_at", models.DateTimeField()),
            ],
            options={
                "db_table": "audit_anchor",
            },
        ),
        migrations.CreateModel(
            name="SubjectKey",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("key", models.BinaryField(null=True)),
                ("destroyed_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "audit_key",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("destroyed_at__isnull", False), ("key__isnull", True)),
                            models.Q(("destroyed_at__isnull", True), ("key__isnull", False)),
                            _connector="OR",
                        ),
                        name="audit_key_is_or_was",
                    )
                ],
            },
        ),
    ]
