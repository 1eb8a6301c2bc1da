"""WHY: a log that only grows is kept in months, so that an old one can be put away whole; and a person sees what others did to them.

No row is written anew: the table as it is becomes the month of the migration, which also keeps all that came before.
It is read once, under its lock, for the months' bounds.
"""

from django.db import migrations, models

from rupaya.core.migrations import run_sql

ACTIONS = [
    ("INSERT", "Insert"),
    ("UPDATE", "Update"),
    ("DELETE", "Delete"),
    ("SIGN_UP", "Sign Up"),
    ("SIGN_IN", "Sign In"),
    ("SIGN_IN_FAILED", "Sign In Failed"),
    ("SIGN_OUT", "Sign Out"),
    ("REFRESH_REPLAYED", "Refresh Replayed"),
    ("PASSWORD_CHANGED", "Password Changed"),
    ("FACTOR_CHANGED", "Factor Changed"),
    ("FACTOR_USED", "Factor Used"),
    ("FACTOR_FAILED", "Factor Failed"),
    ("TOKEN_USED", "Token Used"),
    ("REFUSED", "Refused"),
    ("EXPORTED", "Exported"),
    ("PERSON_READ", "Person Read"),
    ("STAFF_ACTED", "Staff Acted"),
]


class Migration(migrations.Migration):
    # The policies ask who shares a book and who is staff, and the people's tables are told whom their rows are about.
    dependencies = [
        ("audit", "0006_month_key"),
        ("accounts", "0004_login_attempts"),
        ("flags", "0002_flags_audited"),
        ("ledger", "0032_sync_index"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[run_sql(__file__, "0007_months")],
            state_operations=[
                migrations.AddField("auditlog", "about_id", models.UUIDField(null=True)),
                migrations.AlterField("auditlog", "action", models.CharField(choices=ACTIONS, max_length=30)),
                migrations.AddIndex(
                    "auditlog",
                    models.Index(
                        fields=["about_id", "-created_at"],
                        name="audit_logs_about",
                        condition=models.Q(about_id__isnull=False),
                    ),
                ),
            ],
        )
    ]
