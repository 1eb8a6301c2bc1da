"""WHY: 0024 and 0033 wrote two checks anew for the database alone; here the models' state says what has stood there since."""

from django.db import migrations, models
from django.db.models.functions import Abs, Greatest
from django.db.models.lookups import Exact, LessThan, LessThanOrEqual

SIGNS_AGREE = models.Q(Exact(LessThan(models.F("amount_minor"), 0), LessThan(models.F("base_minor"), 0)))
IN_RANGE = models.Q(LessThanOrEqual(Greatest(Abs("amount_minor"), Abs("base_minor")), 10**18))


class Migration(migrations.Migration):
    dependencies = [("ledger", "0035_backup_reads")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("posting", "ledger_posting_signs_agree"),
                migrations.AddConstraint(
                    "posting",
                    models.CheckConstraint(
                        condition=SIGNS_AGREE & ~models.Q(base_minor=0), name="ledger_posting_signs_agree"
                    ),
                ),
                migrations.RemoveConstraint("monthtotal", "ledger_month_total_in_range"),
                migrations.AddConstraint(
                    "monthtotal",
                    models.CheckConstraint(condition=IN_RANGE, name="ledger_month_total_in_range"),
                ),
            ]
        )
    ]
