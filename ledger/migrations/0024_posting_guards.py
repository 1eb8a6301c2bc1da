"""WHY: one posting cost the database four times what its rows cost, and much of it asked the same things again.

The total's foreign keys go: it counts legs, and each leg has its account and its book.
"""

import django.db.models.deletion
from django.db import migrations, models

from rupaya.core.migrations import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0023_visibility")]

    operations = [
        migrations.AlterField(
            model_name="monthtotal",
            name="book",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.book",
            ),
        ),
        run_sql(__file__, "0024_posting_guards"),
    ]
