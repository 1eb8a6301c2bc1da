"""The flag, stored by django-waffle; why it changed; and when code last asked for it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from waffle.models import AbstractUserFlag

from flags.evaluation import evaluate
from flags.registry import TEMPORARY, FlagKind
from flags.rules import NAME_MAX, OWNER_MAX, PURPOSE_MAX
from rupaya.core.text import REASON_MAX

_SEEN = "[^[:space:]]"
_CONTROL = "[[:cntrl:]]"


class FlagManager(models.Manager["Flag"]):
    """Waffle's own would ask Valkey at each creation."""

    def get_by_natural_key(self, name: str) -> Flag:
        """What fixtures look flags up by."""
        return self.get(name=name)


class Flag(AbstractUserFlag):
    """A switch: for everyone, or for its audience, within its time.

    Of waffle's fields those are gone that a browser can turn, or that turn a flag on unasked. Waffle's own questions
    (`waffle.flag_is_active`, its template tags and decorators) get the same answer as everyone's, and no cache.
    """

    testing = superusers = authenticated = languages = rollout = note = None  # type: ignore[assignment]  # Django takes fields away so

    name = models.CharField(max_length=NAME_MAX, unique=True, help_text="Small letters, digits and _.")
    everyone = models.BooleanField(
        null=True, blank=True, help_text="Yes: on for everyone. No: off for everyone. Unknown: as said below."
    )
    staff = models.BooleanField(default=False, db_default=False, help_text="On for staff.")
    percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="On for that many of a hundred people, always the same ones.",
    )
    starts_at = models.DateTimeField(null=True, blank=True, help_text="Before this it is off for everyone.")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="From then on it is off for everyone.")
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in FlagKind])
    owner = models.CharField(max_length=OWNER_MAX, help_text="Who is asked about it: a team or a person.")
    purpose = models.CharField(max_length=PURPOSE_MAX)
    remove_on = models.DateField(
        "remove by", null=True, blank=True, help_text="Release and experiment flags have one."
    )

    objects: ClassVar[FlagManager] = FlagManager()  # type: ignore[assignment]  # not waffle's

    class Meta(AbstractUserFlag.Meta):
        """What a flag can't be."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(name__regex="^[a-z][a-z0-9_]*$"),
                name="flags_flag_name_is_word",
                violation_error_message="A name is small letters, digits and _, and begins with a letter.",
            ),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__gte=0, percent__lte=100),
                name="flags_flag_percent_is_one",
                violation_error_message="A percentage is from 0 to 100.",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True)
                | Q(expires_at__isnull=True)
                | Q(expires_at__gt=F("starts_at")),
                name="flags_flag_ends_after_start",
                violation_error_message="It must end after it begins.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in FlagKind]), name="flags_flag_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(owner__regex=_SEEN) & ~Q(owner__regex=_CONTROL), name="flags_flag_has_owner"
            ),
            models.CheckConstraint(
                condition=Q(purpose__regex=_SEEN) & ~Q(purpose__regex=_CONTROL), name="flags_flag_has_purpose"
            ),
            models.CheckConstraint(
                condition=Q(remove_on__isnull=False) | ~Q(kind__in=[kind.value for kind in TEMPORARY]),
                name="flags_flag_goes_some_day",
                violation_error_message="A release or experiment flag needs the day by which it is removed.",
            ),
        ]

    @classmethod
    def get(cls, name: str) -> Flag:
        """What waffle looks a flag up by. Not read here: `is_active` asks."""
        return cls(name=name)

    @classmethod
    def get_all(cls) -> list[Flag]:
        """What waffle lists flags by."""
        return list(cls.objects.order_by("name"))

    def flush(self) -> None:
        """Waffle's cache holds nothing of ours."""

    def is_active(self, request: Any, read_only: bool = False) -> bool:  # noqa: ARG002, FBT001, FBT002  # waffle's
        """What waffle's helpers give: what everyone is told, whatever cookies or parameters a request has."""
        return evaluate(self.name, user=getattr(request, "user", None)).value

    def is_active_for_user(self, user: Any) -> bool:
        """The same for a person."""
        return evaluate(self.name, user=user).value


class FlagChange(models.Model):
    """That a flag changed, and why; written by the tables' triggers, append-only.

    `changes`: of a new or removed flag its fields, else `{field: [before, after]}`, or `{"users": {"added": [id]}}`.
    The newest id is what processes compare to know that nothing has changed.
    """

    flag_name = models.CharField(max_length=NAME_MAX)
    changes = models.JSONField()
    reason = models.CharField(max_length=REASON_MAX)
    changed_by = models.UUIDField(null=True)
    actor_kind = models.CharField(max_length=20)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        """A flag's history, newest first."""

        db_table = "flags_change"
        indexes: ClassVar = [models.Index(fields=["flag_name", "-id"], name="flags_change_of_flag")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(reason__regex=_SEEN) & ~Q(reason__regex=_CONTROL), name="flags_change_has_reason"
            ),
        ]


class FlagUse(models.Model):
    """When code last asked for a flag, to the hour."""

    flag = models.OneToOneField(Flag, on_delete=models.CASCADE, primary_key=True, related_name="use")
    last_evaluated_at = models.DateTimeField()

    class Meta:
        """One row a flag."""

        db_table = "flags_use"
