"""`manage.py createsuperuser`: Django's own, logged in as the schema's owner, who alone gives staff rights."""

from django.contrib.auth.management.commands.createsuperuser import Command as DjangoCreatesuperuser

from rupaya.management.named import Named
from rupaya.management.owner import AsOwner


class Command(AsOwner, Named, DjangoCreatesuperuser):
    """Makes a member of staff; web and worker can't."""
