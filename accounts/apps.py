"""People: who may sign in, and from where they are signed in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, sessions and credentials."""

    name = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        """Will tell the audit log who people are."""
        from accounts.selectors import id_of, names_of  # noqa: PLC0415  # apps must be loaded first
        from audit.registry import people_register  # noqa: PLC0415

        people_register(names_of, id_of)
