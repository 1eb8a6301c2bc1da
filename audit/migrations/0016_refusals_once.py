"""WHY: twenty refusals a minute were counted by each without the others' knowledge, so forty at once left forty entries."""

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
    ("TOKEN_USED", "Token Used"),
    ("REFUSED", "Refused"),
    ("EXPORTED", "Exported"),
    ("PERSON_READ", "Person Read"),
    ("STAFF_ACTED", "Staff Acted"),
]


class Migration(migrations.Migration):
    expands = (
        "Both functions take and give what they did; the events that go were never recorded by any release."
    )

    dependencies = [("audit", "0015_request_index")]

    operations = [
        run_sql(__file__, "0016_refusals_once"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField("auditlog", "action", models.CharField(choices=ACTIONS, max_length=30))
            ]
        ),
    ]
