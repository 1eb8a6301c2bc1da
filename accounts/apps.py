"""People: who may sign in, and from where they are signed in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, sessions and credentials."""

    name = "accounts"
    verbose_name = "People"
