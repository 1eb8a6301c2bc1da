"""People: who may sign in, and from where they are signed in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, sessions and credentials."""

    name = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        """Will tell the audit log what people are called."""
        from accounts.selectors import names_of  # noqa: PLC0415  # apps must be loaded first
        from audit.registry import naming_register  # noqa: PLC0415

        naming_register(names_of)
