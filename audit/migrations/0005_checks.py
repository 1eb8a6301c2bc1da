"""WHY: whoever is on call asks when the ledger was last proven sound, and no process that serves people may say so itself."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_row_once")]

    operations = [
        migrations.CreateModel(
            name="Check",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("differences", models.PositiveIntegerField()),
                ("checked_at", models.DateTimeField()),
            ],
            options={"db_table": "audit_check"},
        ),
        migrations.RunSQL(
            "REVOKE INSERT, UPDATE, DELETE ON audit_check FROM rupaya_user",
            "GRANT INSERT, UPDATE, DELETE ON audit_check TO rupaya_user",
        ),
    ]
