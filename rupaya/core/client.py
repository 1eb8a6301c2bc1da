"""Where a request comes from, as far as it can be trusted."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The client's address: TRUSTED_PROXY_HOPS from the right of X-Forwarded-For, else the socket's.

    What stands further left was written by the client and means nothing. '' where there is no
    valid address (a Unix socket, or one with a zone, which PostgreSQL's inet does not know).
    """
    forwarded = request.headers.get("X-Forwarded-For", "")
    chain = [*(forwarded.split(",") if forwarded else ()), request.META.get("REMOTE_ADDR", "")]
    text = chain[-1 - min(settings.TRUSTED_PROXY_HOPS, len(chain) - 1)].strip()
    try:
        return "" if "%" in text else str(ip_address(text))
    except ValueError:
        return ""
