"""Money, in double entry."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Registers what the ledger does at a sign-up, what a new book begins with, and how the log speaks of it."""

    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Will open a book for each new person, inside the sign-up's own transaction, and speak for the audit log."""
        from accounts.registry import signup_step_register  # noqa: PLC0415  # apps must be loaded first
        from audit.registry import speaker_register  # noqa: PLC0415
        from ledger.activity.rules import THINGS  # noqa: PLC0415
        from ledger.activity.selectors import speak  # noqa: PLC0415
        from ledger.books.registry import opening_step_register  # noqa: PLC0415
        from ledger.books.services import household_start  # noqa: PLC0415
        from ledger.chart.services import chart_start  # noqa: PLC0415

        opening_step_register(chart_start)
        signup_step_register(household_start)
        speaker_register(speak, things=THINGS.values())
