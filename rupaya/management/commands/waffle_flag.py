"""`manage.py waffle_flag`: django-waffle's own, which the audit log knows by its name."""

from waffle.management.commands.waffle_flag import Command as WaffleFlag

from rupaya.management.named import Named


class Command(Named, WaffleFlag):
    """Turns a flag on or off."""
