"""What the API's answers about books look like, and what naming a book may be refused for."""

from __future__ import annotations

from typing import ClassVar, Final

from rest_framework import serializers

from ledger.books.access import BookNotFound, BookReadOnly
from ledger.books.rules import MONEY_TYPES
from ledger.books.selectors import AccountNotInBook, InvitationNotFound, MemberNotFound
from ledger.books.serializers import LEVELS, ROLES, MonthStartField
from ledger.books.services import (
    AccountAlwaysShown,
    BookNeedsOwner,
    BooksTooMany,
    CurrencySettled,
    InvitationExpired,
    InvitationForAnother,
    InvitationRevoked,
    InvitationsTooMany,
    InvitationUsed,
    MemberAlready,
    MembersTooMany,
    OwnerSeesAll,
    OwnershipYours,
    PeriodNotOver,
    PeriodOnlyCloses,
    TimeZoneUnknown,
)
from rupaya.core.errors import Invalid
from rupaya.core.operations import UUID_SCHEMA, Ask, CurrencyCode, Output, Refusals, page_of_shape

BOOK_ASK: Final = Ask("book_id", "The book that is meant; without it the person's first.", UUID_SCHEMA)
READS_BOOK: Final[Refusals] = (Invalid, BookNotFound)
WRITES_BOOK: Final[Refusals] = (*READS_BOOK, BookReadOnly)
OPENS_BOOK: Final[Refusals] = (BooksTooMany, TimeZoneUnknown)
SETTLES: Final[Refusals] = (*WRITES_BOOK, CurrencySettled, PeriodNotOver, PeriodOnlyCloses, TimeZoneUnknown)
MEMBERSHIP: Final[Refusals] = (*WRITES_BOOK, MemberNotFound, BookNeedsOwner, BooksTooMany, OwnershipYours)
SHOWS: Final[Refusals] = (*WRITES_BOOK, MemberNotFound, AccountNotInBook, OwnerSeesAll, AccountAlwaysShown)
INVITES: Final[Refusals] = (*WRITES_BOOK, InvitationNotFound, InvitationsTooMany, MemberAlready)
ACCEPTS: Final[Refusals] = (
    BookNotFound,
    BooksTooMany,
    InvitationExpired,
    InvitationForAnother,
    InvitationNotFound,
    InvitationRevoked,
    InvitationUsed,
    MemberAlready,
    MembersTooMany,
)


class BookOut(Output):
    """A book, with the reader's own role in it."""

    example: ClassVar = {
        "id": "019ab1c2-5d70-7b00-8000-0123456789ab",
        "name": "Asha's household",
        "role": "owner",
        "base_currency": "INR",
        "time_zone": "Asia/Kolkata",
        "fiscal_year_start_month": 4,
        "month_start_day": 1,
        "closed_until": None,
        "members_count": 2,
        "created_at": "2026-11-23T04:30:00.123456Z",
    }
    id = serializers.UUIDField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=ROLES)
    base_currency = CurrencyCode()
    time_zone = serializers.CharField()
    fiscal_year_start_month = serializers.IntegerField(min_value=1, max_value=12)
    month_start_day = MonthStartField()
    closed_until = serializers.DateField(allow_null=True)
    members_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class MemberOut(Output):
    """A member; `id` is the membership's, `user_id` stands in addresses."""

    example: ClassVar = {
        "id": "019ab1c2-5d70-7c00-8000-0123456789ab",
        "user_id": "019ab1c2-5d70-7a10-8000-0123456789ab",
        "full_name": "Bala Rao",
        "email": "bala@example.in",
        "role": "editor",
        "is_you": False,
        "joined_at": "2026-11-23T04:30:00.123456Z",
    }
    id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    full_name = serializers.CharField()
    email = serializers.CharField()
    role = serializers.ChoiceField(choices=ROLES)
    is_you = serializers.BooleanField()
    joined_at = serializers.DateTimeField()


class AccountShownOut(Output):
    """What a member sees of one account."""

    example: ClassVar = {
        "id": "019ab1c2-5d70-7d00-8000-0123456789ab",
        "name": "HDFC savings",
        "type": "asset",
        "kind": "bank",
        "visibility": "read",
    }
    id = serializers.UUIDField()
    name = serializers.CharField()
    type = serializers.ChoiceField(choices=MONEY_TYPES)
    kind = serializers.CharField()
    visibility = serializers.ChoiceField(choices=LEVELS)


class InvitationOut(Output):
    """An open invitation. Its token is in the letter alone."""

    example: ClassVar = {
        "id": "019ab1c2-5d70-7e00-8000-0123456789ab",
        "email": "bala@example.in",
        "role": "editor",
        "invited_by": "Asha Rao",
        "created_at": "2026-11-23T04:30:00.123456Z",
        "expires_at": "2026-11-30T04:30:00.123456Z",
    }
    id = serializers.UUIDField()
    email = serializers.CharField()
    role = serializers.ChoiceField(choices=ROLES)
    invited_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


BookPage: Final = page_of_shape(BookOut)
MemberPage: Final = page_of_shape(MemberOut)
AccountShownPage: Final = page_of_shape(AccountShownOut)
InvitationPage: Final = page_of_shape(InvitationOut)
