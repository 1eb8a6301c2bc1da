"""WHY: guards that were added one by one made a posting a quarter dearer, and a CHECK costs each statement that writes.

The foreign keys to the book go where another key or a guard implies them, and with them their look at the commit. The
checks that Django's positive numbers brought go too: lines and versions begin at 1, and go up by 1.
"""

import django.db.models.deletion
from django.db import migrations, models

from rupaya.core.migrations import run_sql


def _book(model: str) -> migrations.AlterField:
    return migrations.AlterField(
        model_name=model,
        name="book",
        field=models.ForeignKey(
            db_constraint=False,
            db_index=False,
            on_delete=django.db.models.deletion.PROTECT,
            related_name="+",
            to="ledger.book",
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0032_sync_index")]

    operations = [
        _book("transaction"),
        _book("posting"),
        migrations.AlterField("transaction", "version", models.SmallIntegerField(db_default=1, default=1)),
        migrations.AlterField("transaction", "first_line", models.SmallIntegerField(db_default=1, default=1)),
        migrations.AlterField("posting", "line", models.SmallIntegerField()),
        migrations.SeparateDatabaseAndState(
            database_operations=[run_sql(__file__, "0033_posting_once")],
            state_operations=[
                *(
                    migrations.RemoveConstraint("transaction", f"ledger_transaction_{name}")
                    for name in (
                        "type",
                        "origin",
                        "status",
                        "tags_few",
                        "transfer_has_target",
                        "external_whole",
                        "versions_few",
                    )
                ),
                migrations.RemoveConstraint("monthtotal", "ledger_month_total_first_day"),
            ],
        ),
    ]
