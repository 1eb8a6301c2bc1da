"""Django REST framework from models, as its tutorial teaches."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.db.transaction import atomic
from rest_framework import serializers, viewsets
from rest_framework.pagination import CursorPagination

from tests.benchmarks.floor.orm.models import Posting, Transaction


class PostingSerializer(serializers.ModelSerializer[Posting]):
    """A leg with its account's name."""

    account_name = serializers.CharField(source="account.name", read_only=True)

    class Meta:
        """All that a leg says."""

        model = Posting
        fields: ClassVar = ["line", "account", "account_name", "amount_minor", "currency", "base_minor"]


class TransactionSerializer(serializers.ModelSerializer[Transaction]):
    """A header with its legs nested."""

    postings = PostingSerializer(many=True)
    account_name = serializers.CharField(source="account.name", read_only=True)

    class Meta:
        """All that a header says."""

        model = Transaction
        exclude: ClassVar = ["changed_by", "external_id"]

    def create(self, validated_data: dict[str, Any]) -> Transaction:
        """Will insert the header and then its legs."""
        legs = validated_data.pop("postings")
        with atomic():
            made = Transaction.objects.create(**validated_data)
            Posting.objects.bulk_create(
                [Posting(transaction=made, book_id=made.book_id, date=made.date, **leg) for leg in legs]
            )
        return made


class SplitSerializer(serializers.ModelSerializer[Posting]):
    """What of a transaction went to one category."""

    category_id = serializers.UUIDField(source="account_id")
    category = serializers.CharField(source="account.name")
    amount = serializers.SerializerMethodField()
    amount_minor = serializers.SerializerMethodField()

    class Meta:
        """As the product shows a part."""

        model = Posting
        fields: ClassVar = ["category_id", "category", "amount", "amount_minor", "currency"]

    def get_amount(self, leg: Posting) -> Decimal:
        """In major units."""
        return Decimal(abs(leg.amount_minor)) / 100

    def get_amount_minor(self, leg: Posting) -> int:
        """Without its sign."""
        return abs(leg.amount_minor)


class ShownSerializer(serializers.ModelSerializer[Transaction]):
    """A transaction with all that GET /v1/transactions says of one, read from its legs."""

    amount = serializers.SerializerMethodField()
    currency = serializers.CharField(source="own_leg.currency")
    base_amount = serializers.SerializerMethodField()
    base_amount_minor = serializers.SerializerMethodField()
    base_currency = serializers.SerializerMethodField()
    account_id = serializers.UUIDField()
    account = serializers.CharField(source="account.name")
    to_account_id = serializers.UUIDField()
    to_account = serializers.CharField(source="to_account.name", default=None)
    to_amount = serializers.SerializerMethodField()
    to_amount_minor = serializers.IntegerField(source="to_leg.amount_minor", default=None)
    to_currency = serializers.CharField(source="to_leg.currency", default=None)
    rate = serializers.SerializerMethodField()
    category_id = serializers.SerializerMethodField()
    category = serializers.SerializerMethodField()
    splits = serializers.SerializerMethodField()
    undo_token = serializers.UUIDField(source="change_id")

    class Meta:
        """As the product shows it, field by field."""

        model = Transaction
        fields: ClassVar = [
            "id", "book_id", "type", "origin", "status", "is_reconciled", "amount", "amount_minor", "currency",
            "base_amount", "base_amount_minor", "base_currency", "description", "payee", "notes", "tags",
            "date", "account_id", "account", "to_account_id", "to_account", "to_amount", "to_amount_minor",
            "to_currency", "rate", "category_id", "category", "splits", "external_id", "version", "undo_token",
            "created_at", "changed_at", "changed_by",
        ]  # fmt: skip

    def get_amount(self, shown: Transaction) -> Decimal:
        """In major units."""
        return Decimal(shown.amount_minor) / 100

    def get_base_amount(self, shown: Transaction) -> Decimal:
        """The same in the book's currency."""
        return Decimal(abs(shown.own_leg.base_minor)) / 100

    def get_base_amount_minor(self, shown: Transaction) -> int:
        """The same in minor units."""
        return abs(shown.own_leg.base_minor)

    def get_base_currency(self, shown: Transaction) -> str:
        """Every book of the bench is kept in rupees."""
        return "INR"

    def get_to_amount(self, shown: Transaction) -> Decimal | None:
        """What reached the other account."""
        return Decimal(shown.to_leg.amount_minor) / 100 if shown.to_leg else None

    def get_rate(self, shown: Transaction) -> Decimal | None:
        """Between two currencies."""
        if shown.to_leg is None or shown.to_leg.currency == shown.own_leg.currency:
            return None
        return round(Decimal(shown.to_leg.amount_minor) / shown.amount_minor, 8)

    def get_category_id(self, shown: Transaction) -> UUID | None:
        """Of an ordinary entry."""
        return shown.parts[0].account_id if len(shown.parts) == 1 else None

    def get_category(self, shown: Transaction) -> str:
        """What people read."""
        if shown.type == "transfer":
            return "Transfer"
        return shown.parts[0].account.name if len(shown.parts) == 1 else f"Split in {len(shown.parts)}"

    def get_splits(self, shown: Transaction) -> Any:
        """The parts of a split."""
        return SplitSerializer(shown.parts, many=True).data if len(shown.parts) > 1 else []


class Pages(CursorPagination):
    """Newest first, 50 a page."""

    page_size = 50
    ordering = ("-date", "-id")


class TransactionViewSet(viewsets.ModelViewSet[Transaction]):
    """List and create."""

    queryset = Transaction.objects.all()
    serializer_class = TransactionSerializer
    pagination_class = Pages

    def get_serializer_class(self) -> type[serializers.ModelSerializer[Transaction]]:
        """One for reading, one for writing."""
        return ShownSerializer if self.request.method == "GET" else TransactionSerializer

    def get_queryset(self) -> QuerySet[Transaction]:
        """A book's transactions with everything that is shown of them, in three queries."""
        found = (
            super()
            .get_queryset()
            .select_related("account", "to_account")
            .prefetch_related("postings__account")
        )
        return found.filter(book_id=self.request.headers["X-Book"])
