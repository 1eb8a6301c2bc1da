"""WHY: a flag knows its audience, its time, and who answers for it; and loses what a browser could turn."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("flags", "0002_flags_audited")]

    operations = [
        migrations.RemoveConstraint(
            model_name="flag",
            name="flags_flag_is_named",
        ),
        migrations.RemoveField(
            model_name="flag",
            name="authenticated",
        ),
        migrations.RemoveField(
            model_name="flag",
            name="languages",
        ),
        migrations.RemoveField(
            model_name="flag",
            name="note",
        ),
        migrations.RemoveField(
            model_name="flag",
            name="rollout",
        ),
        migrations.RemoveField(
            model_name="flag",
            name="superusers",
        ),
        migrations.RemoveField(
            model_name="flag",
            name="testing",
        ),
        migrations.AddField(
            model_name="flag",
            name="expires_at",
            field=models.DateTimeField(
                blank=True, help_text="From then on it is off for everyone.", null=True
            ),
        ),
        migrations.AddField(
            model_name="flag",
            name="kind",
            field=models.CharField(
                choices=[
                    ("release", "release"),
                    ("experiment", "experiment"),
                    ("ops", "ops"),
                    ("permission", "permission"),
                ],
                default="ops",
                max_length=12,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="flag",
            name="owner",
            field=models.CharField(
                default="RUPAYA", help_text="Who is asked about it: a team or a person.", max_length=120
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="flag",
            name="purpose",
            field=models.CharField(default="Made before anybody was asked what for.", max_length=500),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="flag",
            name="remove_on",
            field=models.DateField(
                blank=True,
                help_text="Release and experiment flags have one.",
                null=True,
                verbose_name="remove by",
            ),
        ),
        migrations.AddField(
            model_name="flag",
            name="starts_at",
            field=models.DateTimeField(
                blank=True, help_text="Before this it is off for everyone.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="flag",
            name="everyone",
            field=models.BooleanField(
                blank=True,
                help_text="Yes: on for everyone. No: off for everyone. Unknown: as said below.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="flag",
            name="name",
            field=models.CharField(help_text="Small letters, digits and _.", max_length=100, unique=True),
        ),
        migrations.AlterField(
            model_name="flag",
            name="percent",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                help_text="On for that many of a hundred people, always the same ones.",
                max_digits=5,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="flag",
            name="staff",
            field=models.BooleanField(db_default=False, default=False, help_text="On for staff."),
        ),
        migrations.AddConstraint(
            model_name="flag",
            constraint=models.CheckConstraint(
                condition=models.Q(("name__regex", "^[a-z][a-z0-9_]*$")),
                name="flags_flag_name_is_word",
                violation_error_message="A name is small letters, digits and _, and begins with a letter.",
            ),
        ),
        migrations.AddConstraint(
            model_name="flag",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("percent__isnull", True),
                    models.Q(("percent__gte", 0), ("percent__lte", 100)),
                    _connector="OR",
                ),
                name="flags_flag_percent_is_one",
                violation_error_message="A percentage is from 0 to 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="flag",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_at__isnull", True),
                    ("expires_at__isnull", True),
                    ("expires_at__gt", models.F("starts_at")),
                    _connector="OR",
                ),
                name="flags_flag_ends_after_start",
                violation_error_message="It must end after it begins.",
            ),
        ),
        migrations.AddConstraint(
            model_name="flag",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["release", "experiment", "ops", "permission"])),
                name="flags_flag_kind_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="flag",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("owner__regex", "[^[:space:]]"), models.Q(("owner__regex", "[[:cntrl:]]"), _negated=True)
                ),
                name="flags_flag_has_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="flag",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("purpose__regex", "[^[:space:]]"),
                    models.Q(("purpose__regex", "[[:cntrl:]]"), _negated=True),
                ),
                name="flags_flag_has_purpose",
            ),
        ),
        migrations.AddConstraint(
            model_name="flag",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("remove_on__isnull", False),
                    models.Q(("kind__in", ["release", "experiment"]), _negated=True),
                    _connector="OR",
                ),
                name="flags_flag_goes_some_day",
                violation_error_message="A release or experiment flag needs the day by which it is removed.",
            ),
        ),
    ]
