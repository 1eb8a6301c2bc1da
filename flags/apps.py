"""Switches that fail closed."""

from django.apps import AppConfig


class FlagsConfig(AppConfig):
    """Feature flags on django-waffle's storage."""

    name = "flags"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Will answer for these flags to whoever asks in OpenFeature's way."""
        from openfeature import api  # noqa: PLC0415  # apps must be loaded first

        from flags.openfeature import FlagsProvider  # noqa: PLC0415

        api.set_provider(FlagsProvider())
