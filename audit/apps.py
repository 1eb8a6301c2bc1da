"""Who did what, provably."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit log."""

    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Will have the last verifications, and how far the seals are behind, among the metrics."""
        from audit.checks import check_gauges  # noqa: PLC0415  # apps must be loaded first
        from audit.seals.gauges import seal_gauges  # noqa: PLC0415
        from rupaya.core.metrics import gauges_register  # noqa: PLC0415

        gauges_register(check_gauges)
        gauges_register(seal_gauges)
