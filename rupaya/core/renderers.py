"""Writing answers. Apart from `rupaya.core.api`, which the framework imports while it looks for this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

from rupaya.core.json import json_bytes


class OrjsonRenderer(BaseRenderer):
    """JSON by orjson; bytes that PostgreSQL or a selector already made pass through."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002
        renderer_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> bytes:
        """Will write the answer's body; nothing for an answer without one."""
        if data is None:
            return b""
        return data if isinstance(data, bytes) else json_bytes(data)
