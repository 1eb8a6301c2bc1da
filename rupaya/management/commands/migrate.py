"""`manage.py migrate`: Django's own, logged in as the schema's owner where its URL is known."""

from django.core.management.commands.migrate import Command as DjangoMigrate

from rupaya.management.owner import AsOwner


class Command(AsOwner, DjangoMigrate):
    """Migrations run as rupaya_owner; web and worker never do."""
