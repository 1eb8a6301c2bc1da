"""The project as an app: it holds the commands, the template tags and the checks."""

from django.apps import AppConfig


class RupayaConfig(AppConfig):
    """What all apps share."""

    name = "rupaya"

    def ready(self) -> None:
        """Will register the system checks."""
        from rupaya.core import checks  # noqa: F401, PLC0415  # importing registers them
