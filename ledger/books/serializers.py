"""What `/v1/books` and `/v1/invitations` take and give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final
from uuid import UUID

from rest_framework import serializers

from accounts.rules import EMAIL_MAX, email_validate
from accounts.serializers import EmailField
from ledger.books.rules import (
    LAST_DAY,
    MONTH_START_DAY_MAX,
    NAME_MAX,
    TOKEN_CHARACTERS_MAX,
    name_read,
    time_zones,
)
from rupaya.core.api import DateField, Input
from rupaya.core.errors import Invalid
from rupaya.core.money import CURRENCY_PLACES

if TYPE_CHECKING:  # queries live in selectors
    from ledger.books.models import Invitation, Member
    from ledger.books.selectors import BookView

ROLES: Final = ("owner", "editor", "viewer")
LEVELS: Final = ("full", "read", "hidden")
LAST: Final = "last"


class NameField(serializers.CharField):
    """A book's name: one line, white space folded."""

    def to_internal_value(self, data: Any) -> str:
        """Will fold white space; refuses what is too long or can't be seen."""
        try:
            return name_read(super().to_internal_value(data))
        except Invalid as error:
            raise serializers.ValidationError(error.message, "invalid") from error


class CurrencyField(serializers.CharField):
    """A currency that RUPAYA knows, by its ISO 4217 code in either case."""

    def to_internal_value(self, data: Any) -> str:
        """Will read the code."""
        code = super().to_internal_value(data).upper()
        if code not in CURRENCY_PLACES:
            raise serializers.ValidationError(
                f"Write one of {', '.join(sorted(CURRENCY_PLACES))}.", "currency_unknown"
            )
        return code


class TimeZoneField(serializers.CharField):
    """A time zone by its IANA name."""

    def to_internal_value(self, data: Any) -> str:
        """Will read the name."""
        name = super().to_internal_value(data)
        if name not in time_zones():
            raise serializers.ValidationError(
                "There is no such time zone; write its IANA name, for example Asia/Kolkata.",
                "time_zone_unknown",
            )
        return name


class MonthStartField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """The day on which a household's month starts: 1 to 28, or `"last"`, which is 31 inside."""

    json_schema: ClassVar = {
        "oneOf": [{"type": "integer", "minimum": 1, "maximum": MONTH_START_DAY_MAX}, {"const": LAST}]
    }

    def to_internal_value(self, data: Any) -> int:
        """Will read the day."""
        if data == LAST:
            return LAST_DAY
        if type(data) is not int or not 1 <= data <= MONTH_START_DAY_MAX:
            raise serializers.ValidationError(
                f'Write a day from 1 to {MONTH_START_DAY_MAX}, or "{LAST}" for the last day of each month.',
                "invalid",
            )
        return data

    def to_representation(self, value: int) -> int | str:
        """The day as it is taken."""
        return month_start_out(value)


class _Settings(Input):
    time_zone = TimeZoneField(max_length=40, required=False)
    fiscal_year_start_month = serializers.IntegerField(min_value=1, max_value=12, required=False)
    month_start_day = MonthStartField(required=False)
    base_currency = CurrencyField(max_length=3, required=False)


class BookIn(_Settings):
    """What makes a book. Its `name` is enough: rupees, Asia/Kolkata, a year from April, months from the 1st."""

    example: ClassVar = {"name": "Asha's household"}

    name = NameField(max_length=4 * NAME_MAX)


class BookChangeIn(_Settings):
    """What of a book can change; what is absent stays."""

    example: ClassVar = {"month_start_day": 25, "closed_until": "2026-03-31"}

    name = NameField(max_length=4 * NAME_MAX, required=False)
    closed_until = DateField(required=False)


class MemberIn(Input):
    """A member's new role."""

    example: ClassVar = {"role": "viewer"}

    role = serializers.ChoiceField(choices=ROLES)


class OwnershipIn(Input):
    """To whom the book goes."""

    example: ClassVar = {"user_id": "019ab1c2-5d70-7a11-8000-0123456789ab"}

    user_id = serializers.UUIDField()


class InvitationIn(Input):
    """Whom to invite, and as what."""

    example: ClassVar = {"email": "bala@example.in", "role": "editor"}

    email = EmailField(max_length=EMAIL_MAX, validators=[email_validate])
    role = serializers.ChoiceField(choices=ROLES)


class AcceptIn(Input):
    """The last part of the link in the letter."""

    example: ClassVar = {"token": "u3Zt0wQmJ5hVb1Yc"}

    token = serializers.CharField(max_length=TOKEN_CHARACTERS_MAX)


class VisibilityIn(Input):
    """What a member sees of an account."""

    example: ClassVar = {"visibility": "read"}

    visibility = serializers.ChoiceField(choices=LEVELS)


def month_start_out(day: int) -> int | str:
    """The day on which a month starts, as the API writes it."""
    return LAST if day == LAST_DAY else day


def book_out(view: BookView) -> dict[str, Any]:
    """A book, with the reader's own role in it."""
    book = view.book
    return {
        "id": book.pk,
        "name": book.name,
        "role": view.role,
        "base_currency": book.base_currency,
        "time_zone": book.time_zone,
        "fiscal_year_start_month": book.fiscal_year_start_month,
        "month_start_day": month_start_out(book.month_start_day),
        "closed_until": book.closed_until,
        "members_count": view.members_count,
        "created_at": book.created_at,
    }


def member_out(member: Member, *, reader_id: UUID) -> dict[str, Any]:
    """A member; `id` is the membership's, `user_id` stands in addresses."""
    return {
        "id": member.pk,
        "user_id": member.user_id,
        "full_name": member.user.full_name,
        "email": member.user.email,
        "role": member.role,
        "is_you": member.user_id == reader_id,
        "joined_at": member.created_at,
    }


def invitation_out(invitation: Invitation) -> dict[str, Any]:
    """An open invitation. Its token is in the letter alone."""
    return {
        "id": invitation.pk,
        "email": invitation.email,
        "role": invitation.role,
        "invited_by": invitation.invited_by.full_name,
        "created_at": invitation.created_at,
        "expires_at": invitation.expires_at,
    }
