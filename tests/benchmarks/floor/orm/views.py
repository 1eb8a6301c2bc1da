"""Django REST framework from models, as its tutorial teaches."""

from __future__ import annotations

from typing import Any, ClassVar

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
        fields = "__all__"

    def create(self, validated_data: dict[str, Any]) -> Transaction:
        """Will insert the header and then its legs."""
        legs = validated_data.pop("postings")
        with atomic():
            made = Transaction.objects.create(**validated_data)
            Posting.objects.bulk_create(
                [Posting(transaction=made, book_id=made.book_id, date=made.date, **leg) for leg in legs]
            )
        return made


class Pages(CursorPagination):
    """Newest first, 50 a page."""

    page_size = 50
    ordering = ("-date", "-id")


class TransactionViewSet(viewsets.ModelViewSet[Transaction]):
    """List and create."""

    queryset = Transaction.objects.all()
    serializer_class = TransactionSerializer
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Transaction]:
        """A book's transactions with everything that is shown of them, in three queries."""
        found = super().get_queryset().select_related("account").prefetch_related("postings__account")
        return found.filter(book_id=self.request.headers["X-Book"])
