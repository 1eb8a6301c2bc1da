"""WHY: a check that was written shorter under a short lock holds for new rows; this says that it holds for the old ones too."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0033_posting_once")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE ledger_posting VALIDATE CONSTRAINT ledger_posting_signs_agree",
            "-- Nothing to take back: the constraint goes with what made it.",
        )
    ]
