"""Who did what, provably."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit log."""

    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"
