"""What a merge takes."""

from __future__ import annotations

from typing import ClassVar

from rest_framework import serializers

from rupaya.core.api import Input


class MergeIn(Input):
    """The account that the other one becomes part of."""

    example: ClassVar = {"into_id": "019ab1c2-5d70-7d05-8000-0123456789ab"}

    into_id = serializers.UUIDField()
