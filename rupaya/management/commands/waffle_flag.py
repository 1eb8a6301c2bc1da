"""`manage.py waffle_flag`: django-waffle's own is not for our flags."""

from rupaya.management.refused import FlagsOtherwise as Command

__all__ = ["Command"]
