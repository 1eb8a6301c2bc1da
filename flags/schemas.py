"""What the API's answer about flags looks like."""

from __future__ import annotations

from typing import ClassVar

from rest_framework import serializers

from rupaya.core.operations import Output


class FlagsOut(Output):
    """What is on for the person who asks: every flag by its name."""

    example: ClassVar = {"flags": {"export_transactions": True}}
    flags = serializers.DictField(child=serializers.BooleanField())
