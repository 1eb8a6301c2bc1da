"""Who did what, provably."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit log."""

    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Will have the last verifications and the months among the metrics, and words for its own tables."""
        from audit.checks import check_gauges  # noqa: PLC0415  # apps must be loaded first
        from audit.months import months_gauges  # noqa: PLC0415  # the same
        from audit.registry import speaker_register  # noqa: PLC0415
        from audit.sentences import THINGS, speak  # noqa: PLC0415
        from rupaya.core.metrics import gauges_register  # noqa: PLC0415

        gauges_register(check_gauges)
        gauges_register(months_gauges)
        speaker_register(speak, things=THINGS.values())
