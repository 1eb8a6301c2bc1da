"""Switches that fail closed."""

from django.apps import AppConfig


class FlagsConfig(AppConfig):
    """Feature flags on django-waffle's storage."""

    name = "flags"
    default_auto_field = "django.db.models.BigAutoField"
