"""What a merge takes."""

from __future__ import annotations

from rest_framework import serializers

from rupaya.core.api import Input


class MergeIn(Input):
    """The account that the other one becomes part of."""

    into_id = serializers.UUIDField()
