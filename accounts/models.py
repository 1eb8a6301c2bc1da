"""People and their sign-ins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Length, Lower, Now
from django.db.models.lookups import Exact
from django.utils.crypto import salted_hmac

from accounts.rules import (
    EMAIL_MAX,
    FULL_NAME_MAX,
    email_normal,
    email_validate,
    full_name_normal,
    full_name_validate,
)
from rupaya.core.db import USER_AGENT_MAX
from rupaya.core.ids import uuid7

REFRESH_HASH_BYTES: Final = 32  # SHA-256


class UserManager(BaseUserManager["User"]):
    """Makes people, and finds them by an address in any case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Will insert a person; without a password nobody can sign in as them."""
        user = self.model(
            email=email_normal(email), full_name=full_name_normal(fields.pop("full_name", "")), **fields
        )
        user.set_password(password)
        user.save(using=self._db, force_insert=True)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Will insert a member of staff with every right; what `manage.py createsuperuser` calls."""
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})

    def by_email(self, email: str) -> models.QuerySet[User]:
        """Whoever has this address, in any case: none or one. The database lowers both sides alike."""
        return self.alias(email_lower=Lower("email")).filter(email_lower=Lower(Value(email_normal(email))))

    def get_by_natural_key(self, username: str | None) -> User:
        """What Django's own sign-in (the admin's) looks people up by."""
        return self.by_email(username or "").get()


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Their money is not here: it belongs to the books they are a member of.

    The table has no row-level security: it is read by e-mail address before anybody is known.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField("e-mail address", max_length=EMAIL_MAX)
    full_name = models.CharField(max_length=FULL_NAME_MAX, validators=[full_name_validate])
    is_active = models.BooleanField(default=True, db_default=True)
    is_staff = models.BooleanField(default=False, db_default=False)
    session_generation = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="Raised to end all of a person's web sessions."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_user_email_once",
                violation_error_message="There is already an account with this e-mail address.",
            ),
            models.CheckConstraint(
                condition=Q(email__regex=r"^[^[:space:]]+@[^[:space:]]+$"), name="accounts_user_email_is_one"
            ),
            models.CheckConstraint(
                condition=Q(full_name__regex="[^[:space:]]") & ~Q(full_name__regex="[[:cntrl:]]"),
                name="accounts_user_full_name_is_text",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """Will put the address and the name into their stored form; raises ValidationError."""
        self.email = email_normal(self.email)
        email_validate(self.email)
        self.full_name = full_name_normal(self.full_name)

    @property
    def short_name(self) -> str:
        """The first word of the name."""
        return self.full_name.split(maxsplit=1)[0] if self.full_name.strip() else ""

    def get_full_name(self) -> str:
        """What Django's admin greets with."""
        return self.full_name

    def get_short_name(self) -> str:
        """What Django's admin greets with."""
        return self.short_name

    def get_session_auth_hash(self) -> str:
        """What a web session is bound to: another password or generation ends it."""
        return self._web_session_hash()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same under each former key."""
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._web_session_hash(secret=secret)

    def _web_session_hash(self, secret: str | bytes | None = None) -> str:
        bound_to = f"{self.session_generation}:{self.password}"
        return salted_hmac(
            "accounts.User.web_session", bound_to, secret=secret, algorithm="sha256"
        ).hexdigest()


class RevokedReason(models.TextChoices):
    """Why a session ended before its time."""

    LOGOUT = "logout", "signed out"
    REPLAY = "replay", "an old refresh token was used again"
    PASSWORD_CHANGED = "password_changed", "the password was changed"
    DISABLED = "disabled", "ended by staff"


class Session(models.Model):
    """One sign-in of the API. The refresh token is not stored, only its hash.

    Seen and changed only by its own person (row-level security), and by staff who end it. A revoked
    session stays revoked, and whose it is and when it ends never changes: guards in the database.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sessions")
    refresh_hash = models.BinaryField(max_length=REFRESH_HASH_BYTES)
    counter = models.PositiveIntegerField(default=0, db_default=0, help_text="How often it was refreshed.")
    created_at = models.DateTimeField()
    rotated_at = models.DateTimeField(help_text="When the present refresh token was made.")
    last_used_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="No refresh outlives this.")
    user_agent = models.CharField(max_length=USER_AGENT_MAX, blank=True, default="")
    ip = models.GenericIPAddressField("address", null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=20, choices=RevokedReason, blank=True, default="")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Exact(Length("refresh_hash"), Value(REFRESH_HASH_BYTES)),
                name="accounts_session_hash_is_sha256",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="accounts_session_expires_later"
            ),
            models.CheckConstraint(
                condition=Q(rotated_at__gte=F("created_at"), last_used_at__gte=F("created_at")),
                name="accounts_session_used_after_start",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_reason="")
                | Q(revoked_at__isnull=False, revoked_reason__in=RevokedReason.values),
                name="accounts_session_revoked_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"Session {self.id}"
