"""`GET /v1/config`."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from flags.registry import PUBLIC_FLAGS
from flags.selectors import flag_is_on
from rupaya.client_config import schemas
from rupaya.core.api import ApiView
from rupaya.core.db import acting_as
from rupaya.core.operations import documented
from rupaya.core.web import actor_of

KEPT_S: Final = 300  # so long a change takes to reach everybody


class Config(ApiView):
    """`config`. For whoever asks: nothing in it is about anybody."""

    authentication_classes = ()
    permission_classes = ()

    @documented("config_get", "Show what an app must know first", gives=schemas.ConfigOut)
    def get(self, request: Request) -> Response:
        """Will give addresses, the least supported version of each app, and public flags; kept for five minutes."""
        body = {
            "name": settings.APP_NAME,
            "version": settings.APP_VERSION,
            "api_base_url": settings.API_BASE_URL,
            "sentry_dsn": settings.CLIENT_SENTRY_DSN or None,
            "minimum_versions": settings.CLIENT_MINIMUM_VERSIONS,
            "flags": _flags(request),
        }
        return Response(body, headers={"Cache-Control": f"public, max-age={KEPT_S}"})


def _flags(request: Request) -> dict[str, bool]:
    """One statement a flag; none, and no transaction, where no flag is public."""
    if not PUBLIC_FLAGS:
        return {}
    with acting_as(actor_of(request)):
        return {name: flag_is_on(name=name, user=None) for name in PUBLIC_FLAGS}
