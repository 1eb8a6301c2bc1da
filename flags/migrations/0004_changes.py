"""WHY: a change of a flag says why, and every process learns of it at once."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("flags", "0003_audience")]

    operations = [
        migrations.CreateModel(
            name="FlagChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("flag_name", models.CharField(max_length=100)),
                ("changes", models.JSONField()),
                ("reason", models.CharField(max_length=500)),
                ("changed_by", models.UUIDField(null=True)),
                ("actor_kind", models.CharField(max_length=20)),
                ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "flags_change",
            },
        ),
        migrations.CreateModel(
            name="FlagUse",
            fields=[
                (
                    "flag",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="use",
                        serialize=False,
                        to=settings.WAFFLE_FLAG_MODEL,
                    ),
                ),
                ("last_evaluated_at", models.DateTimeField()),
            ],
            options={
                "db_table": "flags_use",
            },
        ),
        migrations.AddIndex(
            model_name="flagchange",
            index=models.Index(fields=["flag_name", "-id"], name="flags_change_of_flag"),
        ),
        migrations.AddConstraint(
            model_name="flagchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reason__regex", "[^[:space:]]"),
                    models.Q(("reason__regex", "[[:cntrl:]]"), _negated=True),
                ),
                name="flags_change_has_reason",
            ),
        ),
        run_sql(__file__, "0004_changes"),
    ]
