"""The flag, stored and administered by django-waffle."""

from typing import ClassVar

from django.db import models
from waffle.models import AbstractUserFlag


class Flag(AbstractUserFlag):
    """A switch, on for everyone, for some people or for nobody.

    A model of our own from the first migration on: waffle's cannot be swapped later.
    """

    class Meta(AbstractUserFlag.Meta):
        """A flag that is not known is off, so a name exists once."""

        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(name=""), name="flags_flag_is_named"),
        ]
