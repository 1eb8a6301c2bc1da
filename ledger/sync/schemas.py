"""What a page of changes looks like."""

from __future__ import annotations

from typing import ClassVar, Final

from rest_framework import serializers

from ledger.attachments.schemas import AttachmentOut
from ledger.books.schemas import BookOut
from ledger.sync.rules import CURSOR_CHARACTERS_MAX, ROWS_MAX, ROWS_USUAL
from rupaya.core.operations import Ask, Output

KINDS: Final = ("book", "member", "account", "category", "transaction")
ASKS: Final = (
    Ask(
        "limit",
        "How many changes to give at most.",
        {"type": "integer", "minimum": 1, "maximum": ROWS_MAX, "default": ROWS_USUAL},
        may_be_empty=True,
        example=20,
    ),
    Ask(
        "cursor",
        "From where to go on: the `cursor` of the last page. Without it everything is told as it stands.",
        {"type": "string", "maxLength": CURSOR_CHARACTERS_MAX},
        may_be_empty=True,
    ),
)


class AttachmentKeptOut(Output):
    """An attachment, for whoever keeps what they were told: without an address that soon leads nowhere."""

    example: ClassVar = {
        name: value for name, value in AttachmentOut.example.items() if name != "download_url"
    }
    id = serializers.UUIDField()
    book_id = serializers.UUIDField()
    transaction_id = serializers.UUIDField()
    name = serializers.CharField()
    content_type = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    created_by = serializers.UUIDField(allow_null=True)


class ObjectField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """The object as its own address gives it."""

    json_schema: ClassVar = {
        "anyOf": [{"$ref": f"#/components/schemas/{kind.capitalize()}"} for kind in KINDS],
    }


class ChangeOut(Output):
    """One object as it stands now; where `is_deleted` is true it is gone, and has no `object`."""

    example: ClassVar = {
        "kind": "book",
        "id": BookOut.example["id"],
        "book_id": BookOut.example["id"],
        "is_deleted": False,
        "object": BookOut.example,
    }
    kind = serializers.ChoiceField(choices=KINDS)
    id = serializers.UUIDField()
    book_id = serializers.UUIDField()
    is_deleted = serializers.BooleanField()
    object = ObjectField(required=False)
    attachments = AttachmentKeptOut(many=True, required=False)


class SyncOut(Output):
    """A page of changes. While `has_more` is true, ask on at once; then keep the cursor for the next time."""

    example: ClassVar = {"changes": [ChangeOut.example], "cursor": "eyJ2IjoxfQ", "has_more": False}
    changes = ChangeOut(many=True)
    cursor = serializers.CharField()
    has_more = serializers.BooleanField()
