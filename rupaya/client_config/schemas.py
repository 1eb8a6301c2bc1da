"""What the API's answer about clients looks like."""

from __future__ import annotations

from typing import ClassVar

from rest_framework import serializers

from rupaya.core.operations import Output


class MinimumVersionsOut(Output):
    """The least version of each app that this server still serves."""

    ios = serializers.CharField()
    android = serializers.CharField()
    web = serializers.CharField()


class ConfigOut(Output):
    """What an app must know before anybody signs in."""

    example: ClassVar = {
        "name": "RUPAYA",
        "version": "1.4.0",
        "api_base_url": "https://api.rupaya.com/v1",
        "sentry_dsn": None,
        "minimum_versions": {"ios": "1.2.0", "android": "1.2.0", "web": "0.0.0"},
        "flags": {},
    }
    name = serializers.CharField()
    version = serializers.CharField(help_text="This server's.")
    api_base_url = serializers.CharField()
    sentry_dsn = serializers.CharField(allow_null=True, help_text="Where apps report errors; null: nowhere.")
    minimum_versions = MinimumVersionsOut()
    flags = serializers.DictField(
        child=serializers.BooleanField(),
        help_text="Switches that anybody may know, as they are for everyone.",
    )
