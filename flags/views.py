"""A person's flags through the API."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from flags import schemas
from flags.selectors import flags_of
from rupaya.core.api import ApiView
from rupaya.core.operations import documented


class Flags(ApiView):
    """`flags`."""

    @documented("flags_get", "Show which features are on for you", gives=schemas.FlagsOut)
    def get(self, request: Request) -> Response:
        """Will say of every flag whether it is on for the person who asks; 200. One statement."""
        return Response({"flags": flags_of(user=request.user)})
