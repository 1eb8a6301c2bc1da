"""WHY: a report as it was once known also counts legs that were retired since; without this it would read every book's."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("ledger", "0016_totals_repair")]

    operations = [
        AddIndexConcurrently("posting", models.Index(
            fields=["book", "account", "retired_at"], condition=models.Q(retired_at__isnull=False),
            name="ledger_posting_retired")),
    ]  # fmt: skip
