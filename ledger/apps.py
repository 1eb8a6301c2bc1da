"""Money, in double entry."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Registers what the ledger does when a person signs up, and what a new book begins with."""

    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Will open a book for each new person, inside the sign-up's own transaction."""
        from accounts.registry import signup_step_register  # noqa: PLC0415  # apps must be loaded first
        from ledger.books.registry import opening_step_register  # noqa: PLC0415
        from ledger.books.services import household_start  # noqa: PLC0415
        from ledger.chart.services import chart_start  # noqa: PLC0415

        opening_step_register(chart_start)
        signup_step_register(household_start)
